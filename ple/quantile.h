/* Following medians and quantiles at 0.95, and what a forecast of them costs. */
#ifndef PLE_QUANTILE_H
#define PLE_QUANTILE_H

#include <stdint.h>

#include "ple/fixed.h"
#include "ple/forecast.h"

/* Twenty times the pinball loss. */
static inline int32_t ple_loss(unsigned level, int32_t said, int32_t actual)
{
	static const int8_t slope[PLE_LEVELS][2] = {
		[PLE_POINT] = { 10, 10 }, [PLE_HIGH] = { 1, 19 }
	};

	return slope[level][actual > said] * ple_distance(actual, said);
}

/* The mean of |error| over about 32 errors; both below 2^24. */
static inline int32_t ple_spread(int32_t spread, int32_t error)
{
	return spread + (((error < 0 ? -error : error) - spread) >> 5);
}

/* So many 4096ths of the spread: four bits of its fraction make room for the product. */
static inline int32_t ple_part(int32_t spread, int32_t parts)
{
	return (spread >> 4) * parts >> 8;
}

/*
 * Lessons of the longer horizons overlap: so many in a row say the same thing. Steps of equal
 * length would follow their noise further than that of lessons which stand apart, by the root of
 * that number: they are so much shorter. In 16ths.
 */
static inline int32_t ple_overlap(unsigned horizon)
{
	static const int8_t sixteenths[PLE_HORIZONS] = { 16, 11, 7 };

	return sixteenths[horizon];
}

#endif
