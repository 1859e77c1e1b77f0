/*
 * The LSTM step with general registers. One 64-bit multiplication serves two rows: with the weights
 * a + b * 2^32 the sum over the columns is A + B * 2^32, where |A| < 2^28, so that A is the
 * low half taken as signed and B what remains.
 */
#include "ple/lstm_cell.h"

static inline int64_t sum_two_rows(const int64_t *packed, const int16_t *xh)
{
	int64_t sum = 0;

#pragma GCC unroll 48
	for (unsigned k = 0; k < PLE_LSTM_COLUMNS; k++)
		sum += packed[k] * xh[k];
	return sum;
}

void ple_lstm_step_general(const struct ple_lstm_model *model, struct ple_lstm_state *state)
{
	int32_t sums[PLE_LSTM_ROWS];

	for (unsigned r = 0; r < PLE_LSTM_ROWS; r += 2) {
		int64_t both = sum_two_rows(model->packed[r / 2], state->xh);
		int32_t low = (int32_t)both;

		sums[r] = model->bias[r] + low;
		sums[r + 1] = model->bias[r + 1] + (int32_t)((both - low) >> 32);
	}
	ple_lstm_cell(sums, state);
}
