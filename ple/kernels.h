/*
 * The inner loops of the engine, each in a version for general registers, for SSE2 and for AVX2.
 * All versions give the same bits. Whoever calls the engine chooses by CPUID and, for the vector
 * versions, has saved the vector state of the guest before.
 */
#ifndef PLE_KERNELS_H
#define PLE_KERNELS_H

#include <stdint.h>

#include "ple/features.h"
#include "ple/lstm.h"

/*
 * weight: Q20 within +-PLE_WEIGHT_MAX; x: features, |x| <= PLE_FEATURE_MAX. Their count is a
 * multiple of 8, at most 32, so that sums stay below 2^31: 32 * 2^12 * 2^14 is 2^31, and the
 * largest weight and feature are each below their power of two.
 */
#define PLE_WEIGHT_MAX 4194048 /* 2^22 - 256: 2^14 - 1 once shifted to Q12 */

struct ple_kernels {
	const char *name;
	/* The sum of x * (weight >> 8). */
	int32_t (*dot)(const int32_t *weight, const int16_t *x, unsigned count);
	/*
	 * weight += ((x * rate >> 12) * gain) >> 4, kept within +-PLE_WEIGHT_MAX.
	 * rate <= 2^17, |gain| <= 1023.
	 */
	void (*step)(int32_t *weight, const int16_t *x, const int32_t *rate, int32_t gain,
		     unsigned count);
	ple_lstm_step_fn *lstm_step;
};

int32_t ple_dot_general(const int32_t *weight, const int16_t *x, unsigned count);
void ple_step_general(int32_t *weight, const int16_t *x, const int32_t *rate, int32_t gain,
		      unsigned count);

extern const struct ple_kernels ple_kernels_general;
extern const struct ple_kernels ple_kernels_sse2;
extern const struct ple_kernels ple_kernels_avx2;

#endif
