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
#include "ple/quantile.h"

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

/* Lengths of a step, for each level: forecast too high, too low. */
typedef int16_t ple_gains[PLE_LEVELS][2];

/* Those for inputs whose `change` is x times their rate >> 9. */
extern const ple_gains ple_unit_gains;

/* Those for inputs whose `change` is x itself. */
void ple_gains_make(ple_gains gains, int32_t rate);

/*
 * What follows is inline: where it is called `count` and `horizon` are constants, and a model calls
 * it several times a window.
 */

/* Says the forecast for each target; `x` are the inputs of this window. */
static inline void ple_regression_forecast(const int32_t *weights, const int16_t *x, unsigned count,
					   const struct ple_view *view, uint16_t *said)
{
	const struct ple_features *now = view->now;

	view->kernels->forecast(said, weights, x, count, now->last,
				PLE_VALUE_MAX * 256 >> now->shift, now->shift);
}

/* Is the truth above what the weights say of then? Sums are Q12; the rest is Q4 of the units of x.
 */
static inline void ple_regression_compare(bool above[PLE_LEVELS], const int32_t *weights,
					  const int16_t *x, unsigned count,
					  const struct ple_lesson *lesson,
					  const struct ple_kernels *kernels)
{
	int32_t sum[PLE_LEVELS], actual = lesson->actual * 256 >> lesson->then->shift;

	kernels->dots(sum, weights, x, count);
	actual -= lesson->then->last * 16;
	above[PLE_POINT] = actual > sum[PLE_POINT] >> 8;
	above[PLE_HIGH] = actual > sum[PLE_HIGH] >> 8;
}

/*
 * The same for one window ahead: the weights are those that said it. A forecast of 0 may have been
 * cut off: it counts as too low, or it would sink without end.
 */
static inline void ple_regression_recall(bool above[PLE_LEVELS], const struct ple_lessons *lessons)
{
	for (unsigned level = 0; level < PLE_LEVELS; level++) {
		int32_t said = ple_was_said(lessons, PLE_10MS, level);

		above[level] = lessons->of[PLE_10MS].actual > said || said == 0;
	}
}

/* One step for both levels of a horizon, whose weights these are; `x` are the inputs of then. */
static inline void ple_regression_learn(int32_t *weights, const int16_t *x, const int16_t *change,
					const ple_gains gains, unsigned count,
					const struct ple_lessons *lessons, unsigned horizon)
{
	bool above[PLE_LEVELS];

	if (horizon == PLE_10MS)
		ple_regression_recall(above, lessons);
	else
		ple_regression_compare(above, weights, x, count, &lessons->of[horizon],
				       lessons->kernels);

	const int16_t gain[PLE_LEVELS] = {
		(int16_t)(gains[PLE_POINT][above[PLE_POINT]] * ple_overlap(horizon) >> 4),
		(int16_t)(gains[PLE_HIGH][above[PLE_HIGH]] * ple_overlap(horizon) >> 4),
	};

	lessons->kernels->steps(weights, change, gain, count);
}

#endif
