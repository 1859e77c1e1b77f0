/*
 * The LSTM step with general registers. One 64-bit multiplication serves two gates of a unit: with
 * the weights a + b * 2^32 the sum over the columns is A + B * 2^32. The bias adds 2^31 to A, so
 * that B is the upper half as it is, and to both what makes them places in the tables: 2^25 for
 * sigmoid, 2^24 for tanh. |A| and |B| stay below 2^30.
 */
#include <string.h>

#include "ple/lstm_cell.h"

static inline int64_t sum_two_gates(int64_t sum, const int64_t *packed, const int16_t *xh)
{
#pragma GCC unroll 48
	for (unsigned k = 0; k < PLE_LSTM_COLUMNS; k++)
		sum += packed[k] * xh[k];
	return sum;
}

static inline uint32_t low_of(int64_t both)
{
	return (uint32_t)((int32_t)((uint32_t)both - (1u << 31)) >> 10);
}

static inline uint32_t high_of(int64_t both)
{
	return (uint32_t)(both >> 42);
}

/* Here and below, `at` is the place in the table: x + 32768 or x + 16384. */
static inline int32_t sigmoid_at(const struct ple_lstm_model *model, uint32_t at)
{
	const struct ple_line *line;

	at = ple_within(at, 65535);
	line = &model->sigmoid[at >> 7];
	return ((int32_t)(at & 127) * line->slope + line->base) >> 7;
}

static inline int32_t tanh_at(const struct ple_lstm_model *model, uint32_t at)
{
	const struct ple_line *line;

	at = ple_within(at, 32767);
	line = &model->tanh[at >> 6];
	return ((int32_t)(at & 63) * line->slope + line->base) >> 6;
}

void ple_lstm_step_general(const struct ple_lstm_model *model, struct ple_lstm_state *state)
{
	int16_t xh[PLE_LSTM_COLUMNS];

	memcpy(xh, state->xh, sizeof(xh));
	for (unsigned u = 0; u < PLE_LSTM_HIDDEN; u++) {
		int64_t first = sum_two_gates(model->packed_bias[u][0], model->packed[u][0], xh);
		int64_t second = sum_two_gates(model->packed_bias[u][1], model->packed[u][1], xh);
		int32_t c = ple_lstm_new_cell(state->c[u], sigmoid_at(model, low_of(first)),
					      sigmoid_at(model, high_of(first)),
					      tanh_at(model, low_of(second)));

		state->c[u] = (int16_t)c;
		state->xh[PLE_LSTM_INPUTS + u] =
			(int16_t)(sigmoid_at(model, high_of(second)) *
					  tanh_at(model, (uint32_t)(c + 16384)) >>
				  15);
	}
}
