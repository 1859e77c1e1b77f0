#include <stdbool.h>
#include <string.h>

#include "ple/mixture.h"

#define FORGET_SHIFT 10

/* Slope of the pinball loss, << 4 + 8: forecast too low, forecast too high. */
static const int16_t slopes[PLE_LEVELS][2] = {
	[PLE_POINT] = { -128, 128 }, [PLE_HIGH] = { -243, 13 }
};

void ple_mixture_init(struct ple_mixture *mixture)
{
	memset(mixture, 0, sizeof(*mixture));
}

/*
 * What a round adds is below 2^20, and sums forget a part in 2^10: |regret| stays below 2^30. Both
 * situations of a size add to its magnitude, so that it bounds either regret.
 */
void ple_mixture_learn(struct ple_mixture *mixture, unsigned situation, unsigned level,
		       uint32_t members, const uint16_t *forecast, int32_t said, int32_t actual)
{
	int32_t slope = slopes[level][said >= actual];
	int32_t *sum = mixture->regret[situation];
	uint32_t *magnitude = mixture->magnitude[situation / 2];

	for (unsigned m = 0; m < PLE_MEMBERS; m++, forecast += PLE_TARGETS) {
		int32_t regret = slope * (said - *forecast) >> 4;

		if (!(members >> m & 1))
			continue;
		sum[m] += regret - (sum[m] >> FORGET_SHIFT);
		magnitude[m] -= magnitude[m] >> FORGET_SHIFT;
		magnitude[m] += (uint32_t)(regret < 0 ? -regret : regret);
	}
}

/* The least magnitude of the members that count: enabled, with a positive regret. */
static uint32_t least_magnitude(const int32_t *regret, const uint32_t *magnitude, uint32_t members)
{
	uint32_t least = UINT32_MAX;

	for (unsigned m = 0; m < PLE_MEMBERS; m++)
		if ((members >> m & 1) && regret[m] > 0 && magnitude[m] < least)
			least = magnitude[m];
	return least;
}

/* Regret over magnitude, cut off at one; the other factor of 1 / magnitude is against the least. */
static uint32_t weight_of(int32_t regret, uint32_t magnitude, uint32_t least)
{
	uint64_t worth = ((uint64_t)regret << 16) / magnitude;

	if (worth > 1 << 16)
		worth = 1 << 16;
	return (uint32_t)(worth * least / magnitude);
}

static void equal_weights(uint32_t members, uint32_t weight[PLE_MEMBERS])
{
	for (unsigned m = 0; m < PLE_MEMBERS; m++)
		weight[m] = members >> m & 1;
}

void ple_mixture_weights(const struct ple_mixture *mixture, unsigned situation, uint32_t members,
			 uint32_t weight[PLE_MEMBERS])
{
	const int32_t *regret = mixture->regret[situation];
	const uint32_t *magnitude = mixture->magnitude[situation / 2];
	uint32_t least = least_magnitude(regret, magnitude, members), any = 0;

	for (unsigned m = 0; m < PLE_MEMBERS; m++) {
		weight[m] = 0;
		if ((members >> m & 1) && regret[m] > 0)
			weight[m] = weight_of(regret[m], magnitude[m] | 1, least);
		any |= weight[m];
	}
	if (!any)
		equal_weights(members, weight);
}

int32_t ple_mixture_combine(const uint32_t weight[PLE_MEMBERS], const uint16_t *forecast)
{
	uint64_t sum = 0, total = 0;

	for (unsigned m = 0; m < PLE_MEMBERS; m++) {
		sum += (uint64_t)weight[m] * forecast[m * PLE_TARGETS];
		total += weight[m];
	}
	return (int32_t)((sum + total / 2) / total);
}
