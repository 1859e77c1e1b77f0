/* The LSTM step with SSE2: sums four rows at a time, activations one by one. */
#include <emmintrin.h>

#include "ple/lstm_cell.h"

#define LANES 4
#define BLOCK 8 /* registers of sums */

static void sum_block(const struct ple_lstm_model *model, const int16_t *xh, unsigned row,
		      int32_t *sums)
{
	__m128i acc[BLOCK];

	for (unsigned j = 0; j < BLOCK; j++)
		acc[j] = _mm_load_si128((const __m128i *)&model->bias[row + j * LANES]);
	for (unsigned k = 0; k < PLE_LSTM_COLUMNS / 2; k++) {
		uint32_t two = (uint16_t)xh[2 * k] | (uint32_t)(uint16_t)xh[2 * k + 1] << 16;
		__m128i x = _mm_set1_epi32((int32_t)two);

#pragma GCC unroll 8
		for (unsigned j = 0; j < BLOCK; j++) {
			const void *w = model->pairs[k][row + j * LANES];

			acc[j] = _mm_add_epi32(acc[j], _mm_madd_epi16(_mm_load_si128(w), x));
		}
	}
	for (unsigned j = 0; j < BLOCK; j++)
		_mm_store_si128((__m128i *)&sums[row + j * LANES], acc[j]);
}

void ple_lstm_step_sse2(const struct ple_lstm_model *model, struct ple_lstm_state *state)
{
	_Alignas(16) int32_t sums[PLE_LSTM_ROWS];

	for (unsigned row = 0; row < PLE_LSTM_ROWS; row += BLOCK * LANES)
		sum_block(model, state->xh, row, sums);
	ple_lstm_cell(sums, state);
}
