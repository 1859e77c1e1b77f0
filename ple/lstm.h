/*
 * An LSTM layer in integers: 16 inputs, 32 hidden units, int8 weights, int16 state.
 *
 *	gates  = bias + (weight_x x + weight_h h)	i, f, g, o: 32 of each
 *	c      = sigmoid(f) c + sigmoid(i) tanh(g)
 *	h      = sigmoid(o) tanh(c)
 *
 * Formats: x and h are Q15 (1.0 is 32768, so they stay below 1), c is Q11 (+-16), weights are Q6
 * (+-2), sums and biases Q21. The arithmetic is exact and the same in every kernel:
 *   pre-activation   sum >> 10, saturated to int16: Q11
 *   sigmoid, tanh    ple/activation.h, from Q11 to Q15
 *   c                (f * c >> 15) + (i * g >> 19), saturated to int16
 *   h                o * tanh(c) >> 15
 * Nothing overflows, whatever the input and the weights: a sum has 48 terms of at most 2^7 * 2^15,
 * below 48 * 2^22 < 2^28, and the bias is within +-2^28, so |sum| < 2^29. Each product above is of
 *two int16: at most 2^30, and the one sum of two is of numbers below 2^15 and 2^11.
 */
#ifndef PLE_LSTM_H
#define PLE_LSTM_H

#include <stdint.h>

#include "ple/activation.h"

#define PLE_LSTM_INPUTS	  16
#define PLE_LSTM_HIDDEN	  32
#define PLE_LSTM_COLUMNS  (PLE_LSTM_INPUTS + PLE_LSTM_HIDDEN)
#define PLE_LSTM_GATES	  4 /* in the order input, forget, cell, output */
#define PLE_LSTM_ROWS	  (PLE_LSTM_GATES * PLE_LSTM_HIDDEN)
#define PLE_LSTM_BIAS_MAX (1 << 28)

/* As trained. Columns: the inputs, then the hidden state. */
struct ple_lstm_weights {
	int8_t weight[PLE_LSTM_ROWS][PLE_LSTM_COLUMNS];
	int32_t bias[PLE_LSTM_ROWS];
};

/* An entry of ple/activation.h taken apart: (base + slope * fraction) >> shift is the value. */
struct ple_line {
	int32_t base, slope;
};

/*
 * As the kernels want it; made once by ple_lstm_prepare() and shared by all vCPUs.
 * pairs: for each two columns, for each row, both weights side by side: what PMADDWD multiplies.
 * packed: for each unit twice two rows' weights in one number, input + forget * 2^32 and
 * cell + output * 2^32: one multiplication of general registers does both. packed_bias likewise
 * (see lstm_general.c for what is added).
 */
struct ple_lstm_model {
	_Alignas(32) int16_t pairs[PLE_LSTM_COLUMNS / 2][PLE_LSTM_ROWS][2];
	_Alignas(32) int32_t bias[PLE_LSTM_ROWS];
	int64_t packed[PLE_LSTM_HIDDEN][2][PLE_LSTM_COLUMNS];
	int64_t packed_bias[PLE_LSTM_HIDDEN][2];
	struct ple_line sigmoid[PLE_TABLE_SIZE], tanh[PLE_TABLE_SIZE];
};

/* Input of the next step and state of one sequence. */
struct ple_lstm_state {
	_Alignas(32) int16_t xh[PLE_LSTM_COLUMNS]; /* x, then h */
	int16_t c[PLE_LSTM_HIDDEN];
};

typedef void ple_lstm_step_fn(const struct ple_lstm_model *model, struct ple_lstm_state *state);

void ple_lstm_prepare(struct ple_lstm_model *model, const struct ple_lstm_weights *weights);
void ple_lstm_reset(struct ple_lstm_state *state);

/* One step: reads xh and c, writes c and the h part of xh. */
ple_lstm_step_fn ple_lstm_step_general;
ple_lstm_step_fn ple_lstm_step_sse2;
ple_lstm_step_fn ple_lstm_step_avx2;

#endif
