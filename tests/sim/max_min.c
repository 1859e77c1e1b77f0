#include "tests/sim/max_min.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>

#define OPEN (-1.0) /* rate of those whose rate is not settled yet */

/* Can run on no core outside the set. */
static bool confined(const struct claim *claim, unsigned set)
{
	return (claim->cores & ~set) == 0;
}

static bool competes(const struct claim *claim, unsigned set)
{
	return claim->rate == OPEN && confined(claim, set);
}

static double rate_at(const struct claim *claim, double level)
{
	double rate = claim->weight * level;

	return rate < claim->limit ? rate : claim->limit;
}

/* The level at which those below their limits share what the others leave of `capacity`. */
static double level_above(const struct claim *claims, unsigned count, unsigned set, double capacity,
			  double level)
{
	double weight = 0;

	for (unsigned i = 0; i < count; i++) {
		if (!competes(&claims[i], set))
			continue;
		if (rate_at(&claims[i], level) < claims[i].limit)
			weight += claims[i].weight;
		else
			capacity -= claims[i].limit;
	}
	return weight > 0 ? capacity / weight : INFINITY;
}

/* What is left of the set for those whose rates are open. */
static double left_of(const struct claim *claims, unsigned count, unsigned set)
{
	double capacity = __builtin_popcount(set);

	for (unsigned i = 0; i < count; i++)
		if (claims[i].rate != OPEN && confined(&claims[i], set))
			capacity -= claims[i].rate;
	return capacity > 0 ? capacity : 0;
}

/* The level at which the set is full, INFINITY: it never is. Rises to it from below. */
static double level_of(const struct claim *claims, unsigned count, unsigned set)
{
	double capacity = left_of(claims, count, set), level = 0, next;

	for (unsigned i = 0; i <= count; i++) {
		next = level_above(claims, count, set, capacity, level);
		if (next == INFINITY || next <= level)
			return next;
		level = next;
	}
	return level;
}

/* Its cores are all of use to those who compete for it: else a smaller set says as much. */
static bool matters(const struct claim *claims, unsigned count, unsigned set)
{
	unsigned wanted = 0;

	for (unsigned i = 0; i < count; i++)
		if (competes(&claims[i], set))
			wanted |= claims[i].cores;
	return wanted == set;
}

static unsigned fullest_set(const struct claim *claims, unsigned count, unsigned cores,
			    double *level)
{
	unsigned best = (1u << cores) - 1;

	*level = INFINITY;
	for (unsigned set = 1; set < 1u << cores; set++) {
		double this;

		if (!matters(claims, count, set))
			continue;
		this = level_of(claims, count, set);
		if (this >= *level)
			continue;
		*level = this;
		best = set;
	}
	return best;
}

void max_min_rates(struct claim *claims, unsigned count, unsigned cores)
{
	unsigned settled = 0;

	assert(cores <= MAX_MIN_CORES);
	for (unsigned i = 0; i < count; i++)
		claims[i].rate = OPEN;
	while (settled < count) {
		double level;
		unsigned set = fullest_set(claims, count, cores, &level);

		for (unsigned i = 0; i < count; i++) {
			if (!competes(&claims[i], set))
				continue;
			claims[i].rate = rate_at(&claims[i], level);
			settled++;
		}
	}
}
