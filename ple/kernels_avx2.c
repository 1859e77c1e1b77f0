/* The regressions' inner loops, eight weights at a time. */
#include <immintrin.h>

#include "ple/kernels.h"

#define AVX2 __attribute__((target("avx2")))

AVX2 static inline __m256i load_features(const int16_t *x)
{
	return _mm256_cvtepi16_epi32(_mm_loadu_si128((const __m128i *)x));
}

AVX2 static int32_t add_lanes(__m256i sum)
{
	__m128i four = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));

	four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
	four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0xb1));
	return _mm_cvtsi128_si32(four);
}

AVX2 static int32_t dot(const int32_t *weight, const int16_t *x, unsigned count)
{
	__m256i sum = _mm256_setzero_si256();

	for (unsigned i = 0; i < count; i += 8) {
		__m256i w = _mm256_loadu_si256((const __m256i *)(weight + i));

		w = _mm256_mullo_epi32(_mm256_srai_epi32(w, 8), load_features(x + i));
		sum = _mm256_add_epi32(sum, w);
	}
	return add_lanes(sum);
}

AVX2 static void step(int32_t *weight, const int16_t *x, const int32_t *rate, int32_t gain,
		      unsigned count)
{
	const __m256i most = _mm256_set1_epi32(PLE_WEIGHT_MAX);
	const __m256i least = _mm256_set1_epi32(-PLE_WEIGHT_MAX);

	for (unsigned i = 0; i < count; i += 8) {
		__m256i *at = (__m256i *)(weight + i);
		__m256i change = _mm256_loadu_si256((const __m256i *)(rate + i));

		change = _mm256_srai_epi32(_mm256_mullo_epi32(change, load_features(x + i)), 12);
		change = _mm256_srai_epi32(_mm256_mullo_epi32(change, _mm256_set1_epi32(gain)), 4);
		change = _mm256_add_epi32(change, _mm256_loadu_si256(at));
		_mm256_storeu_si256(at, _mm256_min_epi32(most, _mm256_max_epi32(least, change)));
	}
}

const struct ple_kernels ple_kernels_avx2 = {
	.name = "avx2",
	.dot = dot,
	.step = step,
	.lstm_step = ple_lstm_step_avx2,
};
