/* The LSTM step with AVX2: sums and activations of eight rows at a time. */
#include <immintrin.h>

#include "ple/activation.h"
#include "ple/lstm.h"

#define AVX2  __attribute__((target("avx2")))
#define LANES 8
#define BLOCK 8 /* registers of sums */

AVX2 static inline void sum_block(const struct ple_lstm_model *model, const int16_t *xh,
				  unsigned row, int32_t *sums)
{
	__m256i acc[BLOCK];

#pragma GCC unroll 8
	for (unsigned j = 0; j < BLOCK; j++)
		acc[j] = _mm256_load_si256((const __m256i *)&model->bias[row + j * LANES]);
#pragma GCC unroll 4
	for (unsigned k = 0; k < PLE_LSTM_COLUMNS / 2; k++) {
		int32_t two;

		__builtin_memcpy(&two, &xh[2 * k], sizeof(two));
		__m256i x = _mm256_set1_epi32(two);

#pragma GCC unroll 8
		for (unsigned j = 0; j < BLOCK; j++) {
			const void *w = model->pairs[k][row + j * LANES];

			acc[j] = _mm256_add_epi32(acc[j],
						  _mm256_madd_epi16(_mm256_load_si256(w), x));
		}
	}
#pragma GCC unroll 8
	for (unsigned j = 0; j < BLOCK; j++)
		_mm256_store_si256((__m256i *)&sums[row + j * LANES], acc[j]);
}

/* Eight times ple_sigmoid() or ple_tanh(): `half` is the range, `shift` the size of a step. */
AVX2 static inline __m256i activate(__m256i x, const int32_t *table, int32_t half, int shift)
{
	__m256i at = _mm256_add_epi32(x, _mm256_set1_epi32(half));
	__m256i entry, slope, fraction;

	at = _mm256_max_epi32(at, _mm256_setzero_si256());
	at = _mm256_min_epi32(at, _mm256_set1_epi32(2 * half - 1));
	entry = _mm256_i32gather_epi32(table, _mm256_srli_epi32(at, shift), 4);
	fraction = _mm256_and_si256(at, _mm256_set1_epi32((1 << shift) - 1));
	slope = _mm256_mullo_epi32(_mm256_srai_epi32(entry, 16), fraction);
	entry = _mm256_srai_epi32(_mm256_slli_epi32(entry, 16), 16);
	return _mm256_add_epi32(entry, _mm256_srai_epi32(slope, shift));
}

AVX2 static inline __m256i sigmoid_of(const int32_t *sum)
{
	__m256i x = _mm256_srai_epi32(_mm256_load_si256((const __m256i *)sum), 10);

	return activate(x, ple_sigmoid_table, 32768, 7);
}

AVX2 static inline __m256i tanh_of(__m256i x)
{
	return activate(x, ple_tanh_table, 16384, 6);
}

/* Packs to int16 with saturation and stores eight. */
AVX2 static inline void store_eight(int16_t *to, __m256i x)
{
	__m128i packed = _mm_packs_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));

	_mm_storeu_si128((__m128i *)to, packed);
}

AVX2 static inline __m256i load_eight(const int16_t *from)
{
	return _mm256_cvtepi16_epi32(_mm_loadu_si128((const __m128i *)from));
}

AVX2 static inline void cell_block(const int32_t *sums, struct ple_lstm_state *state, unsigned u)
{
	__m256i in = sigmoid_of(sums + u);
	__m256i forget = sigmoid_of(sums + PLE_LSTM_HIDDEN + u);
	const void *cell_sum = sums + 2 * PLE_LSTM_HIDDEN + u;
	__m256i cell = tanh_of(_mm256_srai_epi32(_mm256_load_si256(cell_sum), 10));
	__m256i out = sigmoid_of(sums + 3 * PLE_LSTM_HIDDEN + u);
	__m256i kept = _mm256_mullo_epi32(forget, load_eight(state->c + u));
	__m256i added = _mm256_mullo_epi32(in, cell);
	__m256i c = _mm256_add_epi32(_mm256_srai_epi32(kept, 15), _mm256_srai_epi32(added, 19));
	__m256i h;

	store_eight(state->c + u, c);
	h = _mm256_mullo_epi32(out, tanh_of(load_eight(state->c + u)));
	store_eight(state->xh + PLE_LSTM_INPUTS + u, _mm256_srai_epi32(h, 15));
}

AVX2 void ple_lstm_step_avx2(const struct ple_lstm_model *model, struct ple_lstm_state *state)
{
	_Alignas(32) int32_t sums[PLE_LSTM_ROWS];

	for (unsigned row = 0; row < PLE_LSTM_ROWS; row += BLOCK * LANES)
		sum_block(model, state->xh, row, sums);
	for (unsigned u = 0; u < PLE_LSTM_HIDDEN; u += LANES)
		cell_block(sums, state, u);
}
