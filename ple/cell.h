/*
 * A cell of a table of quantiles: follows the median and the 0.95 quantile of what came after
 * situations of one kind, for each horizon. Steps are in proportion to the mean error and shorten
 * with the visits, so that no scale is assumed.
 */
#ifndef PLE_CELL_H
#define PLE_CELL_H

#include "ple/fixed.h"
#include "ple/forecast.h"

struct ple_cell {
	uint16_t quantile[PLE_HORIZONS][PLE_LEVELS];
	uint16_t spread[2]; /* mean |error| of the upper quantile, at 10 ms and at 50 ms */
};

#define PLE_CELL_SEEN 31 /* visits are counted so far */

/* A mean over the visits, later with a memory of 16, rounded away from zero. */
static inline uint16_t ple_cell_spread(int32_t spread, int32_t visits, int32_t distance)
{
	int32_t memory = visits < 16 ? visits : 16, error = distance - spread;

	return (uint16_t)(spread + (error + (error > 0 ? memory - 1 : 0)) / memory);
}

/*
 * What came is known; `seen` visits ended before. `dither` belongs to the table: it rounds steps
 * below one up in the right share of cases. The step is 2 (0.05 + 1 / (visits + 1)) of the spread:
 * at most 2^16 * 2^18, << 16. Inline: called six times a window, mostly with a constant horizon.
 */
static inline void ple_cell_learn(struct ple_cell *cell, unsigned seen, unsigned horizon,
				  int32_t actual, uint16_t *dither)
{
	/* What goes up and down at the two levels; << 10. The median's spread is smaller. */
	static const int16_t shares[PLE_LEVELS][2] = {
		[PLE_POINT] = { -256, 256 }, [PLE_HIGH] = { -51, 973 }
	};

	uint16_t *quantile = cell->quantile[horizon];
	uint16_t *spread = &cell->spread[horizon > PLE_10MS];
	uint16_t rest = *dither;
	int64_t step;

	if (seen == 0) {
		for (unsigned t = 0; t < PLE_TARGETS; t++)
			cell->quantile[t / PLE_LEVELS][t % PLE_LEVELS] = (uint16_t)actual;
		return;
	}
	if (horizon != PLE_20MS)
		*spread = ple_cell_spread(*spread, (int32_t)seen,
					  ple_distance(actual, quantile[PLE_HIGH]));
	step = (int64_t)*spread * (6554 + 131072 / seen);
#pragma GCC unroll 2
	for (unsigned level = 0; level < PLE_LEVELS; level++) {
		int64_t change = step * shares[level][actual > quantile[level]] >> 10;

		rest += 40503; /* 2^16 / golden ratio: spreads evenly */
		quantile[level] = (uint16_t)ple_value(quantile[level] + ((change + rest) >> 16));
	}
	*dither = rest;
}

#endif
