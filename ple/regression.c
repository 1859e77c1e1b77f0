#include "ple/regression.h"

#include "ple/fixed.h"

/*
 * 1024 times the length of a step over the spread of the gradient: 0.06 * 0.95 / 0.218 up and
 * 0.06 * 0.05 / 0.218 down at the quantile, 0.06 either way at the median.
 */
const ple_gains ple_unit_gains = { [PLE_POINT] = { -61, 61 }, [PLE_HIGH] = { -14, 268 } };

void ple_gains_make(ple_gains gains, int32_t rate)
{
	for (unsigned level = 0; level < PLE_LEVELS; level++)
		for (unsigned above = 0; above < 2; above++)
			gains[level][above] =
				(int16_t)ple_saturate16(ple_unit_gains[level][above] * rate >> 9);
}

int32_t ple_rate(uint32_t energy)
{
	return (int32_t)((1u << 26) / ple_sqrt((uint64_t)(energy | PLE_ENERGY_FIRST) << 8));
}

static int16_t stored_rate(uint32_t energy)
{
	return (int16_t)ple_saturate16(ple_rate(energy) >> PLE_RATE_SHIFT);
}

void ple_rates_init(struct ple_rates *rates)
{
	for (unsigned i = 0; i < PLE_FEATURES; i++) {
		rates->energy[i] = PLE_ENERGY_FIRST;
		rates->rate[i] = stored_rate(PLE_ENERGY_FIRST);
	}
	rates->next = 0;
}

/* One rate at a time: it takes a root and a division, and energies change slowly. */
void ple_rates_follow(struct ple_rates *rates, const int16_t *x, const struct ple_kernels *kernels)
{
	unsigned at = rates->next;

	kernels->energies(rates->energy, x);
	rates->rate[at] = stored_rate(rates->energy[at]);
	rates->next = (uint8_t)(at + 1 == PLE_FEATURES ? 0 : at + 1);
}

/* A dot product is Q12; this is Q4, above the last value, in units of 16 << value >> shift. */
static inline int32_t absolute(int32_t sum, const struct ple_features *f)
{
	return (sum >> 8) + f->last * 16;
}

void ple_regression_forecast(const int32_t *weights, const int16_t *x, unsigned count,
			     const struct ple_view *view, uint16_t *said)
{
	const struct ple_features *now = view->now;

	view->kernels->forecast(said, weights, x, count, now->last,
				PLE_VALUE_MAX * 256 >> now->shift, now->shift);
}

/* Is the truth above what the weights say of then? */
static void compare(bool above[PLE_LEVELS], const int32_t *weights, const int16_t *x,
		    unsigned count, const struct ple_lesson *lesson,
		    const struct ple_kernels *kernels)
{
	int32_t sum[PLE_LEVELS], actual = lesson->actual * 256 >> lesson->then->shift;

	kernels->dots(sum, weights, x, count);
	for (unsigned level = 0; level < PLE_LEVELS; level++)
		above[level] = actual > absolute(sum[level], lesson->then);
}

/*
 * The same for one window ahead: the weights are those that said it. A forecast of 0 may have been
 * cut off: it counts as too low, or it would sink without end.
 */
static void recall(bool above[PLE_LEVELS], const struct ple_lessons *lessons)
{
	for (unsigned level = 0; level < PLE_LEVELS; level++) {
		int32_t said = ple_was_said(lessons, PLE_10MS, level);

		above[level] = lessons->of[PLE_10MS].actual > said || said == 0;
	}
}

void ple_regression_learn(int32_t *weights, const int16_t *x, const int16_t *change,
			  const ple_gains gains, unsigned count, const struct ple_lessons *lessons,
			  unsigned horizon)
{
	bool above[PLE_LEVELS];

	if (horizon == PLE_10MS)
		recall(above, lessons);
	else
		compare(above, weights, x, count, &lessons->of[horizon], lessons->kernels);

	const int16_t gain[PLE_LEVELS] = { gains[PLE_POINT][above[PLE_POINT]],
					   gains[PLE_HIGH][above[PLE_HIGH]] };

	lessons->kernels->steps(weights, change, gain, count);
}
