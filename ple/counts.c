#include "ple/counts.h"

#include <string.h>

#include "ple/quantile.h"

#define MEAN_SHIFT 2
#define LOSS_SHIFT 6
#define VALUE_MAX  ((int32_t)PLE_AMOUNT_MAX * 2)

void ple_count_init(struct ple_count *count)
{
	memset(count, 0, sizeof(*count));
}

/* Rounded up, lest a quantile between two amounts seem to be never exceeded. */
static int32_t mean_of_last(const struct ple_count *c, unsigned windows)
{
	uint32_t sum = windows - 1;

	for (unsigned i = 1; i <= windows; i++)
		sum += c->past[(c->windows - i) % PLE_COUNTS_PAST];
	return (int32_t)(sum / windows);
}

/* Steps of an eighth of the spread, up by the level's share and down by the rest. */
static void follow_errors(struct ple_count *c, unsigned h, int32_t error)
{
	static const int16_t parts[PLE_LEVELS][2] = {
		[PLE_POINT] = { -256, 256 }, [PLE_HIGH] = { -26, 486 }
	};
	int32_t *quantile = &c->error[h * PLE_LEVELS];

	c->spread[h] = ple_spread(c->spread[h], error);
#pragma GCC unroll 2
	for (unsigned level = 0; level < PLE_LEVELS; level++)
		quantile[level] += ple_part(c->spread[h], parts[level][error > quantile[level]]);
}

static inline int32_t said_by(const struct ple_count *c, unsigned member, unsigned slot,
			      unsigned target)
{
	int32_t said;

	if (member == PLE_COUNT_LAST)
		return c->past[slot];
	if (member == PLE_COUNT_EWMA)
		return (int32_t)ple_clamp(c->said[slot] + (c->error[target] >> 8), 0, VALUE_MAX);
	said = c->cell[c->band[slot]].quantile[target / PLE_LEVELS][target % PLE_LEVELS];
	return said < VALUE_MAX ? said : VALUE_MAX;
}

/* Follows everybody's loss and finds the leader. */
static void compare(struct ple_count *c, unsigned slot, unsigned target, int32_t actual)
{
	unsigned leader = 0;
	uint32_t least = UINT32_MAX;

#pragma GCC unroll 3
	for (unsigned m = 0; m < PLE_COUNT_MEMBERS; m++) {
		uint32_t loss = c->loss[target][m];
		int32_t said = said_by(c, m, slot, target);
		int32_t lost = ple_loss(target % PLE_LEVELS, said, actual);

		loss += (uint32_t)(lost - (int32_t)(loss >> LOSS_SHIFT));
		c->loss[target][m] = loss;
		if (loss < least) {
			least = loss;
			leader = m;
		}
	}
	c->leader[target] = (uint8_t)leader;
}

static void learn(struct ple_count *c, unsigned h, unsigned ago)
{
	unsigned windows = ple_horizon_windows(h);
	unsigned slot = (c->windows - 1 - ago) % PLE_COUNTS_PAST, band = c->band[slot];
	int32_t actual;

	if (ago == 0)
		return;
	actual = ago > windows ? c->past[(c->windows - 2) % PLE_COUNTS_PAST]
			       : mean_of_last(c, windows);
	compare(c, slot, h * PLE_LEVELS + c->windows % PLE_LEVELS, actual);
	follow_errors(c, h, (actual - c->said[slot]) * 256);
	ple_cell_learn(&c->cell[band], c->seen[band], h, actual, &c->dither);
	if (h == PLE_HORIZONS - 1 && c->seen[band] < PLE_CELL_SEEN)
		c->seen[band]++;
}

void ple_count_observe(struct ple_count *c, uint32_t amount, unsigned band, unsigned horizon,
		       unsigned ago, struct ple_expectation out[PLE_HORIZONS])
{
	unsigned at = c->windows % PLE_COUNTS_PAST;
	int32_t value = amount < PLE_AMOUNT_MAX ? (int32_t)amount * 2 : VALUE_MAX;

	c->past[at] = (uint16_t)value;
	c->band[at] = (uint8_t)band;
	c->windows++;
	learn(c, horizon, ago);
	c->mean += (value * 256 - c->mean) >> MEAN_SHIFT;
	c->said[at] = (uint16_t)(c->mean >> 8);
#pragma GCC unroll 3
	for (unsigned h = 0; h < PLE_HORIZONS; h++) {
		unsigned point = h * PLE_LEVELS + PLE_POINT, high = h * PLE_LEVELS + PLE_HIGH;

		out[h].mean = (uint16_t)((c->mean + 256) >> 9);
		out[h].point = (uint16_t)(said_by(c, c->leader[point], at, point) / 2);
		out[h].high = (uint16_t)((said_by(c, c->leader[high], at, high) + 1) / 2);
		if (out[h].high < out[h].point)
			out[h].high = out[h].point;
	}
}

void ple_count_rest(struct ple_count *c)
{
	unsigned at = c->windows % PLE_COUNTS_PAST;

	c->past[at] = c->past[(c->windows - 1) % PLE_COUNTS_PAST];
	c->windows++;
}
