/*
 * Online linear quantile regression: six linear forecasts (targets) from one vector of inputs,
 * added to the last value, and learnt by subgradient steps on the pinball loss, each input with its
 * own rate (AdaGrad with a forgetting sum, J. Duchi et al. 2011).
 *
 * Inputs are int16, |x| <= 4096, `count` of them: PLE_FEATURES or PLE_LSTM_HIDDEN. Weights are Q20:
 * [PLE_TARGETS][count].
 */
#ifndef PLE_REGRESSION_H
#define PLE_REGRESSION_H

#include "ple/model.h"

/* Rates of the features, each from the sum of its squares. */
struct ple_rates {
	uint32_t energy[PLE_FEATURES]; /* decaying sum of x * x, >> 8 */
	int16_t rate[PLE_FEATURES];    /* ple_rate() of it, >> PLE_RATE_SHIFT */
	uint8_t next;		       /* input whose rate is renewed next */
};

#define PLE_ENERGY_FIRST 1024 /* as if one input of 512 had been seen */
#define PLE_RATE_SHIFT	 2

/* 2^26 / sqrt(256 energy), at most 2^17. */
int32_t ple_rate(uint32_t energy);

void ple_rates_init(struct ple_rates *rates);

/* Takes note of the inputs of a window: of every other, which is sample enough. */
void ple_rates_follow(struct ple_rates *rates, const int16_t *x, const struct ple_kernels *kernels);

/* Says the forecast for each target; `x` are the inputs of this window. */
void ple_regression_forecast(const int32_t *weights, const int16_t *x, unsigned count,
			     const struct ple_view *view, uint16_t *said);

/* Lengths of a step, for each level: forecast too high, too low. */
typedef int16_t ple_gains[PLE_LEVELS][2];

/* Those for inputs whose `change` is x times their rate >> 9. */
extern const ple_gains ple_unit_gains;

/* Those for inputs whose `change` is x itself. */
void ple_gains_make(ple_gains gains, int32_t rate);

/* One step for both levels of a horizon, whose weights these are; `x` are the inputs of then. */
void ple_regression_learn(int32_t *weights, const int16_t *x, const int16_t *change,
			  const ple_gains gains, unsigned count, const struct ple_lessons *lessons,
			  unsigned horizon);

#endif
