#include <string.h>

#include "ple/mixture.h"

void ple_mixture_vacate(struct ple_mixture *m, unsigned seat)
{
	for (unsigned target = 0; target < PLE_TARGETS; target++) {
		for (unsigned s = 0; s < PLE_SITUATIONS; s++)
			m->regret[s][target][seat] = 0;
		for (unsigned size = 0; size < PLE_SITUATION_SIZES; size++)
			m->magnitude[size][target][seat] = 0;
	}
}

static uint32_t least_magnitude(const uint32_t *magnitude, uint32_t seats)
{
	uint32_t least = UINT32_MAX;

	for (; seats; seats &= seats - 1) {
		unsigned s = (unsigned)__builtin_ctz(seats);

		least = magnitude[s] < least ? magnitude[s] : least;
	}
	return least;
}

/* Regret over magnitude, cut off at one; the other factor of 1 / magnitude is against the least. */
static uint32_t worth_of(uint32_t regret, uint32_t magnitude, uint32_t least)
{
	uint64_t worth = ((uint64_t)regret << 16) / (magnitude | 1);

	if (worth > 1 << 16)
		worth = 1 << 16;
	return (uint32_t)(worth * least / (magnitude | 1));
}

/* Shares in proportion to the worths of `seats`; what rounding leaves goes to the first. */
static void divide(uint16_t *share, const uint32_t *worth, uint32_t seats, uint32_t total)
{
	uint32_t unit = (1u << 30) / total, left = PLE_SHARE_ONE;
	unsigned first = (unsigned)__builtin_ctz(seats);

	memset(share, 0, PLE_SEATS * sizeof(*share));
	for (; seats; seats &= seats - 1) {
		unsigned s = (unsigned)__builtin_ctz(seats);

		share[s] = (uint16_t)((uint64_t)worth[s] * unit >> 16);
		left -= share[s];
	}
	share[first] = (uint16_t)(share[first] + left);
}

/*
 * What a seat was worth in this situation, and a little of what it was worth in the others: the one
 * of the same size counts a quarter, the rest a sixteenth.
 */
static inline void renew(struct ple_mixture *m, unsigned situation, unsigned target, uint32_t open,
			 const struct ple_kernels *kernels)
{
	int32_t regret[PLE_SEATS];
	uint32_t magnitude[PLE_SEATS], worth[PLE_SEATS], total = 0, seats, least;

	seats = open & kernels->pool(regret, magnitude, &m->regret[0][target],
				     &m->magnitude[0][target], situation);
	least = least_magnitude(magnitude, seats);
	for (uint32_t rest = seats; rest; rest &= rest - 1) {
		unsigned s = (unsigned)__builtin_ctz(rest);

		worth[s] = worth_of((uint32_t)regret[s], magnitude[s], least);
		total += worth[s];
	}
	if (total == 0) {
		seats = open;
		for (unsigned s = 0; s < PLE_SEATS; s++)
			total += worth[s] = open >> s & 1;
	}
	divide(m->share[situation][target], worth, seats, total);
}

void ple_mixture_renew(struct ple_mixture *m, unsigned situation, unsigned horizon, uint32_t open,
		       const struct ple_kernels *kernels)
{
#pragma GCC unroll 2
	for (unsigned level = 0; level < PLE_LEVELS; level++)
		renew(m, situation, horizon * PLE_LEVELS + level, open, kernels);
}
