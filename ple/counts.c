#include <string.h>

#include "ple/counts.h"

#define MEAN_SHIFT 2
#define LIMIT	   ((int32_t)PLE_AMOUNT_MAX * 256)

void ple_count_init(struct ple_count *count)
{
	memset(count, 0, sizeof(*count));
}

static int32_t mean_of_last(const struct ple_count *c, unsigned windows)
{
	int32_t sum = 0;

	for (unsigned i = 0; i < windows; i++)
		sum += c->past[(c->windows - 1 - i) % PLE_COUNTS_PAST];
	return sum * 256 / (int32_t)windows;
}

/* Steps of an eighth of the spread, up by the level's share and down by the rest; << 12. */
static void learn(struct ple_count *c, unsigned h, int32_t error)
{
	static const int16_t step[PLE_LEVELS][2] = {
		[PLE_POINT] = { -256, 256 }, [PLE_HIGH] = { -26, 486 }
	};
	int64_t spread = c->spread[h];

	spread += ((error < 0 ? -error : error) - spread) >> 5;
	c->spread[h] = (int32_t)spread;
	for (unsigned level = 0; level < PLE_LEVELS; level++) {
		int32_t *e = &c->error[h][level];

		*e = (int32_t)ple_clamp(*e + (spread * step[level][error > *e] >> 12), -LIMIT,
					LIMIT);
	}
}

static void learn_all(struct ple_count *c)
{
	for (unsigned h = 0; h < PLE_HORIZONS; h++) {
		unsigned n = ple_horizon_windows(h);
		int32_t said = c->said[(c->windows - 1 - n) % PLE_COUNTS_PAST] * 256;

		if (c->windows > n)
			learn(c, h, mean_of_last(c, n) - said);
	}
}

static uint16_t amount(int32_t fixed)
{
	return (uint16_t)ple_clamp((fixed + 128) >> 8, 0, PLE_AMOUNT_MAX);
}

void ple_count_observe(struct ple_count *c, uint32_t seen, struct ple_expectation out[PLE_HORIZONS])
{
	unsigned at = c->windows % PLE_COUNTS_PAST;
	int32_t value = seen < PLE_AMOUNT_MAX ? (int32_t)seen : (int32_t)PLE_AMOUNT_MAX;

	c->past[at] = (uint16_t)value;
	c->windows++;
	learn_all(c);
	c->mean += (value * 256 - c->mean) >> MEAN_SHIFT;
	c->said[at] = (uint16_t)(c->mean >> 8);
	for (unsigned h = 0; h < PLE_HORIZONS; h++) {
		out[h].mean = amount(c->mean);
		out[h].point = amount(c->mean + c->error[h][PLE_POINT]);
		out[h].high = amount(c->mean + c->error[h][PLE_HIGH]);
		if (out[h].high < out[h].point)
			out[h].high = out[h].point;
	}
}
