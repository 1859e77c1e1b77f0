/*
 * A cell of a table of quantiles: follows the median and the 0.95 quantile of what came after
 * situations of one kind, for each horizon. Steps are in proportion to the mean error and shorten
 * with the visits, so that no scale is assumed.
 */
#ifndef PLE_CELL_H
#define PLE_CELL_H

#include "ple/forecast.h"

struct ple_cell {
	uint16_t quantile[PLE_HORIZONS][PLE_LEVELS];
	uint16_t spread[2]; /* mean |error| of the upper quantile, at 10 ms and at 50 ms */
};

#define PLE_CELL_SEEN 31 /* visits are counted so far */

/*
 * What came is known; `seen` visits ended before. `dither` belongs to the table: it rounds steps
 * below one up in the right share of cases.
 */
void ple_cell_learn(struct ple_cell *cell, unsigned seen, unsigned horizon, int32_t actual,
		    uint16_t *dither);

#endif
