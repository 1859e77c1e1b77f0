/*
 * The inner loops with SSE2: four 32-bit or eight 16-bit numbers at a time. There is no 32-bit
 * multiplication: numbers of 16 bits are multiplied, low and high halves apart.
 */
#include <emmintrin.h>

#include "ple/kernels.h"

static inline __m128i load(const void *from)
{
	return _mm_loadu_si128(from);
}

static inline void store(void *to, __m128i x)
{
	_mm_storeu_si128(to, x);
}

/* The products of eight int16, as twice four int32. */
static inline void multiply(__m128i a, __m128i b, __m128i product[2])
{
	__m128i low = _mm_mullo_epi16(a, b), high = _mm_mulhi_epi16(a, b);

	product[0] = _mm_unpacklo_epi16(low, high);
	product[1] = _mm_unpackhi_epi16(low, high);
}

/* Of the two shifts one is by nothing. */
static void scale(int16_t *x, const uint16_t *value, unsigned shift, int16_t last)
{
	__m128i left = _mm_cvtsi32_si128(shift < 4 ? 4 - (int)shift : 0);
	__m128i right = _mm_cvtsi32_si128(shift > 4 ? (int)shift - 4 : 0);
	__m128i zero = _mm_set1_epi16(last);

#pragma GCC unroll 3
	for (unsigned i = 0; i < PLE_FEATURES; i += 8)
		store(x + i,
		      _mm_sub_epi16(_mm_srl_epi16(_mm_sll_epi16(load(value + i), left), right),
				    zero));
}

/* One row's sums in four lanes; weights in Q12 have 15 bits. */
static inline __m128i row_sum(const int32_t *weight, const int16_t *x, unsigned count)
{
	__m128i sum = _mm_setzero_si128();

	for (unsigned i = 0; i < count; i += 8) {
		__m128i w = _mm_packs_epi32(_mm_srai_epi32(load(weight + i), 8),
					    _mm_srai_epi32(load(weight + i + 4), 8));

		sum = _mm_add_epi32(sum, _mm_madd_epi16(w, load(x + i)));
	}
	return sum;
}

/* Two sums of four lanes, in the two lower lanes. */
static inline __m128i add_lanes(__m128i a, __m128i b)
{
	__m128i two = _mm_add_epi32(_mm_unpacklo_epi32(a, b), _mm_unpackhi_epi32(a, b));

	return _mm_add_epi32(two, _mm_shuffle_epi32(two, 0x4e));
}

/* The sums of two rows, in the two lower lanes. */
static inline __m128i two_sums(const int32_t *weight, const int16_t *x, unsigned count)
{
	return add_lanes(row_sum(weight, x, count), row_sum(weight + count, x, count));
}

static void dots(int32_t *sum, const int32_t *weight, const int16_t *x, unsigned count)
{
	_mm_storel_epi64((__m128i *)sum, two_sums(weight, x, count));
}

/* The lower of a and b, where `lower` has ones if it is a. */
static inline __m128i choose(__m128i lower, __m128i a, __m128i b)
{
	return _mm_or_si128(_mm_and_si128(lower, a), _mm_andnot_si128(lower, b));
}

static void forecast(uint16_t *said, const int32_t *weight, const int16_t *x, unsigned count,
		     int32_t last, int32_t most, unsigned shift)
{
	const __m128i base = _mm_set1_epi32(last * 16), top = _mm_set1_epi32(most);

	for (unsigned t = 0; t < PLE_TARGETS; t += 2, weight += 2 * count) {
		__m128i y = _mm_add_epi32(_mm_srai_epi32(two_sums(weight, x, count), 8), base);

		y = _mm_andnot_si128(_mm_srai_epi32(y, 31), y);
		y = choose(_mm_cmplt_epi32(y, top), y, top);
		y = _mm_srli_epi32(_mm_sll_epi32(y, _mm_cvtsi32_si128((int)shift)), 8);
		said[t * PLE_SEATS] = (uint16_t)_mm_extract_epi16(y, 0);
		said[(t + 1) * PLE_SEATS] = (uint16_t)_mm_extract_epi16(y, 2);
	}
}

static void inputs(int16_t *x, const int16_t *hidden)
{
#pragma GCC unroll 4
	for (unsigned i = 0; i < PLE_LSTM_HIDDEN; i += 8)
		store(x + i, _mm_srai_epi16(load(hidden + i), 3));
}

static void changes(int16_t *change, const int16_t *x, const int16_t *rate)
{
#pragma GCC unroll 3
	for (unsigned i = 0; i < PLE_FEATURES; i += 8) {
		__m128i p[2];

		multiply(load(x + i), load(rate + i), p);
		store(change + i,
		      _mm_packs_epi32(_mm_srai_epi32(p[0], 7), _mm_srai_epi32(p[1], 7)));
	}
}

static inline void add_bounded(int32_t *weight, __m128i product)
{
	const __m128i most = _mm_set1_epi32(PLE_WEIGHT_MAX);
	const __m128i least = _mm_set1_epi32(-PLE_WEIGHT_MAX);
	__m128i w = _mm_add_epi32(load(weight), _mm_srai_epi32(product, 7));

	w = choose(_mm_cmplt_epi32(w, most), w, most);
	store(weight, choose(_mm_cmpgt_epi32(w, least), w, least));
}

static void steps(int32_t *weight, const int16_t *change, const int16_t *gain, unsigned count)
{
	for (unsigned row = 0; row < 2; row++, weight += count) {
		__m128i gains = _mm_set1_epi16(gain[row]);

		for (unsigned i = 0; i < count; i += 8) {
			__m128i p[2];

			multiply(load(change + i), gains, p);
			add_bounded(weight + i, p[0]);
			add_bounded(weight + i + 4, p[1]);
		}
	}
}

static inline void add_energy(uint32_t *energy, __m128i square)
{
	__m128i e = load(energy);

	e = _mm_sub_epi32(e, _mm_srli_epi32(e, 11));
	store(energy, _mm_add_epi32(e, _mm_srli_epi32(square, 8)));
}

static void energies(uint32_t *energy, const int16_t *x)
{
	for (unsigned i = 0; i < PLE_FEATURES; i += 8) {
		__m128i p[2];

		multiply(load(x + i), load(x + i), p);
		add_energy(energy + i, p[0]);
		add_energy(energy + i + 4, p[1]);
	}
}

static inline void add_regret(int32_t *regret, uint32_t *magnitude, __m128i product)
{
	__m128i r = _mm_srai_epi32(product, 3), sign = _mm_srai_epi32(r, 31);
	__m128i size = _mm_sub_epi32(_mm_xor_si128(r, sign), sign);
	__m128i sum = load(regret), m = load(magnitude);

	store(regret, _mm_add_epi32(r, _mm_sub_epi32(sum, _mm_srai_epi32(sum, 10))));
	store(magnitude, _mm_add_epi32(size, _mm_sub_epi32(m, _mm_srli_epi32(m, 10))));
}

static void regrets(int32_t regret[][PLE_SEATS], uint32_t magnitude[][PLE_SEATS],
		    const uint16_t said[][PLE_SEATS], const uint16_t *mixed, int32_t actual)
{
#pragma GCC unroll 2
	for (unsigned level = 0; level < PLE_LEVELS; level++) {
		__m128i slope = _mm_set1_epi16(ple_slope(level, mixed[level], actual));
		__m128i distance = _mm_sub_epi16(_mm_set1_epi16((int16_t)(mixed[level] >> 1)),
						 _mm_srli_epi16(load(said[level]), 1));
		__m128i p[2];

		multiply(distance, slope, p);
		add_regret(regret[level], magnitude[level], p[0]);
		add_regret(regret[level] + 4, magnitude[level] + 4, p[1]);
	}
}

/* Four seats from `seat` on. */
static inline uint32_t pool_four(int32_t *pooled, uint32_t *size, const int32_t regret[][PLE_SEATS],
				 const uint32_t magnitude[][PLE_SEATS], unsigned here,
				 unsigned seat)
{
	__m128i all = _mm_setzero_si128(), sizes = _mm_setzero_si128(), sum;
	__m128i now = load(regret[here * PLE_TARGETS] + seat);
	__m128i sibling = load(regret[(here ^ 1) * PLE_TARGETS] + seat);

#pragma GCC unroll 6
	for (unsigned s = 0; s < PLE_SITUATIONS; s++)
		all = _mm_add_epi32(all, _mm_srai_epi32(load(regret[s * PLE_TARGETS] + seat), 4));
#pragma GCC unroll 3
	for (unsigned s = 0; s < PLE_SITUATION_SIZES; s++)
		sizes = _mm_add_epi32(sizes,
				      _mm_srli_epi32(load(magnitude[s * PLE_TARGETS] + seat), 4));
	sum = _mm_add_epi32(_mm_srai_epi32(now, 1), _mm_srai_epi32(sibling, 3));
	sum = _mm_add_epi32(sum, _mm_srai_epi32(all, 1));
	store(pooled + seat, sum);
	now = _mm_srli_epi32(load(magnitude[here / 2 * PLE_TARGETS] + seat), 1);
	store(size + seat, _mm_add_epi32(now, _mm_srli_epi32(sizes, 1)));
	sum = _mm_cmpgt_epi32(sum, _mm_setzero_si128());
	return (uint32_t)_mm_movemask_ps(_mm_castsi128_ps(sum)) << seat;
}

static uint32_t pool(int32_t *pooled, uint32_t *size, const int32_t regret[][PLE_SEATS],
		     const uint32_t magnitude[][PLE_SEATS], unsigned here)
{
	return pool_four(pooled, size, regret, magnitude, here, 0) |
	       pool_four(pooled, size, regret, magnitude, here, 4);
}

/* Forecasts are made signed; what was subtracted comes back as 32768 * PLE_SHARE_ONE. */
static inline __m128i products(const uint16_t *share, const uint16_t *said)
{
	return _mm_madd_epi16(load(share), _mm_xor_si128(load(said), _mm_set1_epi16(-32768)));
}

static void combine(uint16_t *mixed, const uint16_t share[PLE_TARGETS][PLE_SEATS],
		    const uint16_t said[PLE_TARGETS][PLE_SEATS])
{
	const uint32_t back = (32768u << 14) + PLE_SHARE_ONE / 2;

	for (unsigned t = 0; t < PLE_TARGETS; t += 2) {
		__m128i two =
			add_lanes(products(share[t], said[t]), products(share[t + 1], said[t + 1]));
		uint64_t sums = (uint64_t)_mm_cvtsi128_si64(two);

		mixed[t] = (uint16_t)(((uint32_t)sums + back) >> 14);
		mixed[t + 1] = (uint16_t)(((uint32_t)(sums >> 32) + back) >> 14);
	}
}

static inline __m128i least_of(__m128i a, __m128i b)
{
	return _mm_sub_epi16(a, _mm_subs_epu16(a, b));
}

static inline __m128i follow_mismatch(__m128i m, __m128i then, __m128i now)
{
	const __m128i round = _mm_set1_epi16(31);
	__m128i error = _mm_or_si128(_mm_subs_epu16(now, then), _mm_subs_epu16(then, now));
	__m128i up = _mm_adds_epu16(_mm_subs_epu16(error, m), round);
	__m128i down = _mm_adds_epu16(_mm_subs_epu16(m, error), round);

	m = _mm_add_epi16(m, _mm_srli_epi16(up, 5));
	return _mm_sub_epi16(m, _mm_srli_epi16(down, 5));
}

static inline __m128i most_of(__m128i a, __m128i b)
{
	return _mm_add_epi16(_mm_subs_epu16(a, b), b);
}

/* See kernels_avx2.c. */
static void slide(uint16_t *sorted, uint16_t oldest, uint16_t value)
{
	__m128i all = load(sorted);
	__m128i next =
		_mm_or_si128(_mm_srli_si128(all, 2), _mm_setr_epi16(0, 0, 0, 0, 0, 0, 0, -1));
	__m128i moved = _mm_cmpeq_epi16(most_of(all, _mm_set1_epi16((int16_t)oldest)), all);
	__m128i rest = choose(moved, next, all);
	__m128i least = least_of(rest, _mm_set1_epi16((int16_t)value));

	store(sorted, most_of(least, _mm_slli_si128(rest, 2)));
}

static uint16_t mismatches(uint16_t *mismatch, const uint16_t *past, uint16_t value)
{
	const __m128i now = _mm_set1_epi16((int16_t)value);
	__m128i a = follow_mismatch(load(mismatch), load(past), now);
	__m128i b = follow_mismatch(load(mismatch + 8), load(past + 8), now);

	store(mismatch, a);
	store(mismatch + 8, b);
	a = least_of(a, b);
	a = least_of(a, _mm_shuffle_epi32(a, 0x4e));
	a = least_of(a, _mm_shuffle_epi32(a, 0xb1));
	a = least_of(a, _mm_srli_epi32(a, 16));
	return (uint16_t)_mm_extract_epi16(a, 0);
}

const struct ple_kernels ple_kernels_sse2 = {
	.name = "sse2",
	.lstm_step = ple_lstm_step_sse2,
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
