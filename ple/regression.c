#include "ple/regression.h"

#define RENEWED	 2	   /* rates computed anew in a window: a root and a division each */
#define STEP_MAX (1 << 24) /* and any that is so stale that x * rate exceeds a quarter */

/*
 * 1024 times the length of a step over the spread of the gradient: 0.06 * 0.95 / 0.218 up and
 * 0.06 * 0.05 / 0.218 down at the quantile, 0.06 either way at the median.
 */
static const int16_t gains[PLE_LEVELS][2] = {
	[PLE_POINT] = { -61, 61 }, [PLE_HIGH] = { -14, 268 }
};

int32_t ple_rate(uint32_t energy)
{
	return (int32_t)((1u << 26) / (ple_sqrt((uint64_t)(energy | PLE_ENERGY_FIRST) << 8)));
}

void ple_rates_init(struct ple_rates *rates)
{
	for (unsigned i = 0; i < PLE_FEATURES; i++) {
		rates->energy[i] = PLE_ENERGY_FIRST;
		rates->rate[i] = ple_rate(PLE_ENERGY_FIRST);
	}
	rates->next = 0;
}

void ple_rates_follow(struct ple_rates *rates, const int16_t *x)
{
	for (unsigned i = 0; i < PLE_FEATURES; i++) {
		rates->energy[i] = ple_energy_add(rates->energy[i], (uint32_t)(x[i] * x[i]) >> 8);
		if (x[i] * rates->rate[i] > STEP_MAX)
			rates->rate[i] = ple_rate(rates->energy[i]);
	}
	for (unsigned i = 0; i < RENEWED; i++) {
		unsigned at = rates->next;

		rates->rate[at] = ple_rate(rates->energy[at]);
		rates->next = (uint8_t)(at + 1u == PLE_FEATURES ? 0 : at + 1);
	}
}

/* A dot product is Q12 in units of 16 << value >> shift. */
static int64_t to_value(int32_t sum, unsigned shift)
{
	return ((int64_t)sum * (1 << shift)) >> 16;
}

void ple_regression_forecast(const int32_t *weights, const int16_t *x, unsigned count,
			     unsigned shift, const struct ple_kernels *kernels,
			     struct ple_targets *out)
{
	for (unsigned h = 0; h < PLE_HORIZONS; h++) {
		for (unsigned level = 0; level < PLE_LEVELS; level++, weights += count) {
			int32_t sum = kernels->dot(weights, x, count);

			out->of[h][level] = (uint16_t)ple_value(to_value(sum, shift));
		}
	}
}

void ple_regression_learn(int32_t *weights, const int32_t *rate, const int16_t *x, unsigned count,
			  const struct ple_lesson *lesson)
{
	const struct ple_kernels *kernels = lesson->kernels;
	int32_t *w = weights + lesson->horizon * PLE_LEVELS * count;

	for (unsigned level = 0; level < PLE_LEVELS; level++, w += count) {
		int32_t sum = kernels->dot(w, x, count);
		bool above = lesson->actual > to_value(sum, lesson->then->shift);

		kernels->step(w, x, rate, gains[level][above], count);
	}
}
