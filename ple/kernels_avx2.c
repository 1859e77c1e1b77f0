/* The inner loops with AVX2: eight 32-bit or sixteen 16-bit numbers at a time. */
#include <immintrin.h>

#include "ple/kernels.h"

#define AVX2 __attribute__((target("avx2")))

AVX2 static inline __m256i load(const void *from)
{
	return _mm256_loadu_si256(from);
}

AVX2 static inline void store(void *to, __m256i x)
{
	_mm256_storeu_si256(to, x);
}

AVX2 static inline __m256i widen(const int16_t *x)
{
	return _mm256_cvtepi16_epi32(_mm_loadu_si128((const __m128i *)x));
}

/* Sixteen values, then eight; of the two shifts one is by nothing. */
AVX2 static void scale(int16_t *x, const uint16_t *value, unsigned shift, int16_t last)
{
	__m128i left = _mm_cvtsi32_si128(shift < 4 ? 4 - (int)shift : 0);
	__m128i right = _mm_cvtsi32_si128(shift > 4 ? (int)shift - 4 : 0);
	__m256i zero = _mm256_set1_epi16(last);
	__m256i v = _mm256_srl_epi16(_mm256_sll_epi16(load(value), left), right);
	__m128i w = _mm_loadu_si128((const __m128i *)(value + 16));

	store(x, _mm256_sub_epi16(v, zero));
	w = _mm_srl_epi16(_mm_sll_epi16(w, left), right);
	_mm_storeu_si128((__m128i *)(x + 16), _mm_sub_epi16(w, _mm256_castsi256_si128(zero)));
}

/* One row's sums in eight lanes. */
AVX2 static inline __m256i row_sum(const int32_t *weight, const __m256i *x, unsigned blocks)
{
	__m256i sum = _mm256_mullo_epi32(_mm256_srai_epi32(load(weight), 8), x[0]);

#pragma GCC unroll 4
	for (unsigned i = 1; i < blocks; i++)
		sum = _mm256_add_epi32(
			sum, _mm256_mullo_epi32(_mm256_srai_epi32(load(weight + 8 * i), 8), x[i]));
	return sum;
}

AVX2 static inline void widen_all(__m256i *wide, const int16_t *x, unsigned blocks)
{
#pragma GCC unroll 4
	for (unsigned i = 0; i < blocks; i++)
		wide[i] = widen(x + 8 * i);
}

/* The sums of two rows, in the two lower lanes and again in the others. */
AVX2 static inline __m128i two_sums(const int32_t *weight, const __m256i *x, unsigned blocks)
{
	__m256i both = _mm256_hadd_epi32(row_sum(weight, x, blocks),
					 row_sum(weight + 8 * blocks, x, blocks));
	__m128i half =
		_mm_add_epi32(_mm256_castsi256_si128(both), _mm256_extracti128_si256(both, 1));

	return _mm_hadd_epi32(half, half);
}

/* Here and below, `blocks` is known where a function is called: no loop is left. */
AVX2 static inline void dots_of(int32_t *sum, const int32_t *weight, const int16_t *x,
				unsigned blocks)
{
	__m256i wide[PLE_LSTM_HIDDEN / 8];

	widen_all(wide, x, blocks);
	_mm_storel_epi64((__m128i *)sum, two_sums(weight, wide, blocks));
}

AVX2 static void dots(int32_t *sum, const int32_t *weight, const int16_t *x, unsigned count)
{
	if (count == PLE_FEATURES)
		dots_of(sum, weight, x, PLE_FEATURES / 8);
	else
		dots_of(sum, weight, x, PLE_LSTM_HIDDEN / 8);
}

/* Six sums as 16-bit numbers of a vector. */
AVX2 static inline __m128i to_values(__m256i sums, int32_t last, int32_t most, unsigned shift)
{
	__m256i y = _mm256_add_epi32(_mm256_srai_epi32(sums, 8), _mm256_set1_epi32(last * 16));

	y = _mm256_max_epi32(y, _mm256_setzero_si256());
	y = _mm256_min_epi32(y, _mm256_set1_epi32(most));
	y = _mm256_srli_epi32(_mm256_sll_epi32(y, _mm_cvtsi32_si128((int)shift)), 8);
	return _mm_packus_epi32(_mm256_castsi256_si128(y), _mm256_extracti128_si256(y, 1));
}

AVX2 static inline void say(uint16_t *said, __m128i values)
{
	said[0 * PLE_SEATS] = (uint16_t)_mm_extract_epi16(values, 0);
	said[1 * PLE_SEATS] = (uint16_t)_mm_extract_epi16(values, 1);
	said[2 * PLE_SEATS] = (uint16_t)_mm_extract_epi16(values, 2);
	said[3 * PLE_SEATS] = (uint16_t)_mm_extract_epi16(values, 3);
	said[4 * PLE_SEATS] = (uint16_t)_mm_extract_epi16(values, 4);
	said[5 * PLE_SEATS] = (uint16_t)_mm_extract_epi16(values, 5);
}

AVX2 static inline void forecast_of(uint16_t *said, const int32_t *weight, const int16_t *x,
				    unsigned blocks, int32_t last, int32_t most, unsigned shift)
{
	__m256i wide[PLE_LSTM_HIDDEN / 8];
	__m128i first, second, third;

	widen_all(wide, x, blocks);
	first = two_sums(weight, wide, blocks);
	second = two_sums(weight + 16 * blocks, wide, blocks);
	third = two_sums(weight + 32 * blocks, wide, blocks);
	first = _mm_unpacklo_epi64(first, second);
	say(said, to_values(_mm256_set_m128i(third, first), last, most, shift));
}

AVX2 static void forecast(uint16_t *said, const int32_t *weight, const int16_t *x, unsigned count,
			  int32_t last, int32_t most, unsigned shift)
{
	if (count == PLE_FEATURES)
		forecast_of(said, weight, x, PLE_FEATURES / 8, last, most, shift);
	else
		forecast_of(said, weight, x, PLE_LSTM_HIDDEN / 8, last, most, shift);
}

AVX2 static void inputs(int16_t *x, const int16_t *hidden)
{
	store(x, _mm256_srai_epi16(load(hidden), 3));
	store(x + 16, _mm256_srai_epi16(load(hidden + 16), 3));
}

AVX2 static void changes(int16_t *change, const int16_t *x, const int16_t *rate)
{
#pragma GCC unroll 3
	for (unsigned i = 0; i < PLE_FEATURES; i += 8) {
		__m256i product = _mm256_mullo_epi32(widen(x + i), widen(rate + i));

		product = _mm256_srai_epi32(product, 7);
		_mm_storeu_si128((__m128i *)(change + i),
				 _mm_packs_epi32(_mm256_castsi256_si128(product),
						 _mm256_extracti128_si256(product, 1)));
	}
}

AVX2 static inline void add_bounded(int32_t *weight, __m256i change, __m256i gain)
{
	__m256i w = _mm256_srai_epi32(_mm256_mullo_epi32(change, gain), 7);

	w = _mm256_add_epi32(w, load(weight));
	w = _mm256_max_epi32(w, _mm256_set1_epi32(-PLE_WEIGHT_MAX));
	store(weight, _mm256_min_epi32(w, _mm256_set1_epi32(PLE_WEIGHT_MAX)));
}

AVX2 static inline void steps_of(int32_t *weight, const int16_t *change, const int16_t *gain,
				 unsigned blocks)
{
	const __m256i first = _mm256_set1_epi32(gain[0]), second = _mm256_set1_epi32(gain[1]);
	int32_t *other = weight + 8 * blocks;

#pragma GCC unroll 4
	for (unsigned i = 0; i < 8 * blocks; i += 8) {
		__m256i wide = widen(change + i);

		add_bounded(weight + i, wide, first);
		add_bounded(other + i, wide, second);
	}
}

AVX2 static void steps(int32_t *weight, const int16_t *change, const int16_t *gain, unsigned count)
{
	if (count == PLE_FEATURES)
		steps_of(weight, change, gain, PLE_FEATURES / 8);
	else
		steps_of(weight, change, gain, PLE_LSTM_HIDDEN / 8);
}

AVX2 static void energies(uint32_t *energy, const int16_t *x)
{
#pragma GCC unroll 3
	for (unsigned i = 0; i < PLE_FEATURES; i += 8) {
		__m256i wide = widen(x + i), e = load(energy + i);
		__m256i square = _mm256_srli_epi32(_mm256_mullo_epi32(wide, wide), 8);

		e = _mm256_sub_epi32(e, _mm256_srli_epi32(e, 11));
		store(energy + i, _mm256_add_epi32(e, square));
	}
}

AVX2 static inline void add_regrets(int32_t *regret, uint32_t *magnitude, const uint16_t *said,
				    uint16_t mixed, int16_t slope)
{
	__m128i halves = _mm_srli_epi16(_mm_loadu_si128((const __m128i *)said), 1);
	__m256i r = _mm256_sub_epi32(_mm256_set1_epi32(mixed >> 1), _mm256_cvtepi16_epi32(halves));
	__m256i sum = load(regret), size = load(magnitude);

	r = _mm256_srai_epi32(_mm256_mullo_epi32(r, _mm256_set1_epi32(slope)), 3);
	sum = _mm256_sub_epi32(sum, _mm256_srai_epi32(sum, 10));
	size = _mm256_sub_epi32(size, _mm256_srli_epi32(size, 10));
	store(regret, _mm256_add_epi32(sum, r));
	store(magnitude, _mm256_add_epi32(size, _mm256_abs_epi32(r)));
}

AVX2 static void regrets(int32_t regret[][PLE_SEATS], uint32_t magnitude[][PLE_SEATS],
			 const uint16_t said[][PLE_SEATS], const uint16_t *mixed, int32_t actual)
{
#pragma GCC unroll 2
	for (unsigned level = 0; level < PLE_LEVELS; level++)
		add_regrets(regret[level], magnitude[level], said[level], mixed[level],
			    ple_slope(level, mixed[level], actual));
}

AVX2 static uint32_t pool(int32_t *pooled, uint32_t *size, const int32_t regret[][PLE_SEATS],
			  const uint32_t magnitude[][PLE_SEATS], unsigned here)
{
	__m256i all = _mm256_setzero_si256(), sizes = _mm256_setzero_si256(), sum;
	__m256i now = load(regret[here * PLE_TARGETS]);
	__m256i sibling = load(regret[(here ^ 1) * PLE_TARGETS]);

#pragma GCC unroll 6
	for (unsigned s = 0; s < PLE_SITUATIONS; s++)
		all = _mm256_add_epi32(all, _mm256_srai_epi32(load(regret[s * PLE_TARGETS]), 4));
#pragma GCC unroll 3
	for (unsigned s = 0; s < PLE_SITUATION_SIZES; s++)
		sizes = _mm256_add_epi32(sizes,
					 _mm256_srli_epi32(load(magnitude[s * PLE_TARGETS]), 4));
	sum = _mm256_add_epi32(_mm256_srai_epi32(now, 1), _mm256_srai_epi32(sibling, 3));
	sum = _mm256_add_epi32(sum, _mm256_srai_epi32(all, 1));
	store(pooled, sum);
	now = _mm256_srli_epi32(load(magnitude[here / 2 * PLE_TARGETS]), 1);
	store(size, _mm256_add_epi32(now, _mm256_srli_epi32(sizes, 1)));
	sum = _mm256_cmpgt_epi32(sum, _mm256_setzero_si256());
	return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(sum));
}

/* Products of two targets, added by pairs. Forecasts are made signed; see the rounding. */
AVX2 static inline __m256i two_targets(const uint16_t share[PLE_TARGETS][PLE_SEATS],
				       const uint16_t said[PLE_TARGETS][PLE_SEATS], unsigned t)
{
	return _mm256_madd_epi16(load(share[t]),
				 _mm256_xor_si256(load(said[t]), _mm256_set1_epi16(-32768)));
}

/* Three times two targets; what was subtracted from all comes back as 32768 * PLE_SHARE_ONE. */
AVX2 static void combine(uint16_t *mixed, const uint16_t share[PLE_TARGETS][PLE_SEATS],
			 const uint16_t said[PLE_TARGETS][PLE_SEATS])
{
	const __m256i back = _mm256_set1_epi32((32768 << 14) + PLE_SHARE_ONE / 2);
	__m256i first = _mm256_hadd_epi32(two_targets(share, said, 0), two_targets(share, said, 2));
	__m256i last = two_targets(share, said, 4);
	__m256i sum = _mm256_hadd_epi32(first, _mm256_hadd_epi32(last, last));
	__m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
	__m256i out;

	out = _mm256_srli_epi32(_mm256_add_epi32(sum, back), 14);
	out = _mm256_permutevar8x32_epi32(out, order);
	out = _mm256_packus_epi32(out, out);
	_mm_storel_epi64((__m128i *)mixed, _mm256_castsi256_si128(out));
	_mm_storeu_si32(mixed + 4, _mm256_extracti128_si256(out, 1));
}

/*
 * Lanes from the oldest on take their successor, the last one the largest number there is: seven
 * are left in order. A lane of the result is the value or, beside it, what was there.
 */
AVX2 static void slide(uint16_t *sorted, uint16_t oldest, uint16_t value)
{
	__m128i all = _mm_loadu_si128((const __m128i *)sorted);
	__m128i next = _mm_alignr_epi8(_mm_set1_epi16(-1), all, 2);
	__m128i moved = _mm_cmpeq_epi16(_mm_max_epu16(all, _mm_set1_epi16((int16_t)oldest)), all);
	__m128i rest = _mm_blendv_epi8(all, next, moved);
	__m128i least = _mm_min_epu16(rest, _mm_set1_epi16((int16_t)value));

	_mm_storeu_si128((__m128i *)sorted, _mm_max_epu16(least, _mm_slli_si128(rest, 2)));
}

AVX2 static uint16_t mismatches(uint16_t *mismatch, const uint16_t *past, uint16_t value)
{
	const __m256i round = _mm256_set1_epi16(31);
	__m256i now = _mm256_set1_epi16((int16_t)value), then = load(past), m = load(mismatch);
	__m256i error = _mm256_or_si256(_mm256_subs_epu16(now, then), _mm256_subs_epu16(then, now));
	__m256i up = _mm256_adds_epu16(_mm256_subs_epu16(error, m), round);
	__m256i down = _mm256_adds_epu16(_mm256_subs_epu16(m, error), round);

	m = _mm256_add_epi16(m, _mm256_srli_epi16(up, 5));
	m = _mm256_sub_epi16(m, _mm256_srli_epi16(down, 5));
	store(mismatch, m);
	return (uint16_t)_mm_extract_epi16(
		_mm_minpos_epu16(
			_mm_min_epu16(_mm256_castsi256_si128(m), _mm256_extracti128_si256(m, 1))),
		0);
}

const struct ple_kernels ple_kernels_avx2 = {
	.name = "avx2",
	.lstm_step = ple_lstm_step_avx2,
	.scale = scale,
	.dots = dots,
	.forecast = forecast,
	.inputs = inputs,
	.changes = changes,
	.steps = steps,
	.energies = energies,
	.regrets = regrets,
	.pool = pool,
	.combine = combine,
	.slide = slide,
	.mismatches = mismatches,
};
