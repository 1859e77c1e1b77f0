/*
 * The second half of an LSTM step, shared by the kernels without gather: from the sums of the four
 * gates to the new state.
 */
#ifndef PLE_LSTM_CELL_H
#define PLE_LSTM_CELL_H

#include "ple/activation.h"
#include "ple/fixed.h"
#include "ple/lstm.h"

/* The new cell of one unit, from its gates' activations (Q15). */
static inline int32_t ple_lstm_new_cell(int32_t c, int32_t in, int32_t forget, int32_t cell)
{
	return ple_saturate16((forget * c >> 15) + (in * cell >> 19));
}

static inline void ple_lstm_cell(const int32_t sums[PLE_LSTM_ROWS], struct ple_lstm_state *state)
{
	for (unsigned u = 0; u < PLE_LSTM_HIDDEN; u++) {
		int32_t in = ple_sigmoid(sums[u] >> 10);
		int32_t forget = ple_sigmoid(sums[PLE_LSTM_HIDDEN + u] >> 10);
		int32_t cell = ple_tanh(sums[2 * PLE_LSTM_HIDDEN + u] >> 10);
		int32_t out = ple_sigmoid(sums[3 * PLE_LSTM_HIDDEN + u] >> 10);
		int32_t c = ple_lstm_new_cell(state->c[u], in, forget, cell);

		state->c[u] = (int16_t)c;
		state->xh[PLE_LSTM_INPUTS + u] = (int16_t)(out * ple_tanh(c) >> 15);
	}
}

#endif
