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
