/*
 * Online linear quantile regression: six linear forecasts (targets) from one vector of inputs,
 * learnt by subgradient steps on the pinball loss, each input with its own rate (AdaGrad with a
 * forgetting sum, J. Duchi et al. 2011).
 *
 * Inputs are int16, |x| <= PLE_FEATURE_MAX, `count` of them, a multiple of 8 up to 32.
 */
#ifndef PLE_REGRESSION_H
#define PLE_REGRESSION_H

#include <stdbool.h>

#include "ple/model.h"

/* Rates of the inputs; the weights stand beside it, Q20: [PLE_TARGETS][count]. */
struct ple_rates {
	uint32_t energy[PLE_FEATURES]; /* decaying sum of x * x, >> 8 */
	int32_t rate[PLE_FEATURES];    /* ple_rate() of it */
	uint8_t next;		       /* input whose rate is renewed next */
};

#define PLE_ENERGY_FIRST 1024 /* as if one input of 512 had been seen */

/* 2^26 / sqrt(256 energy), at most 2^17. */
int32_t ple_rate(uint32_t energy);

/* Adds a square (>> 8) to an energy that remembers about 4096 windows. */
static inline uint32_t ple_energy_add(uint32_t energy, uint32_t square)
{
	return energy + square - (energy >> 12);
}

void ple_rates_init(struct ple_rates *rates);

/* Takes note of the inputs of this window. */
void ple_rates_follow(struct ple_rates *rates, const int16_t *x);

/* The forecast for each target, in values; `shift` as in struct ple_features. */
void ple_regression_forecast(const int32_t *weights, const int16_t *x, unsigned count,
			     unsigned shift, const struct ple_kernels *kernels,
			     struct ple_targets *out);

/* One step for both levels of the lesson's horizon; `x` are the inputs of then. */
void ple_regression_learn(int32_t *weights, const int32_t *rate, const int16_t *x, unsigned count,
			  const struct ple_lesson *lesson);

#endif
