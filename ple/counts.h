/*
 * Forecasts of memory activity and I/O operations: an exponentially weighted mean, and a tracked
 * error for the median and for the 0.95 quantile, for each horizon.
 */
#ifndef PLE_COUNTS_H
#define PLE_COUNTS_H

#include "ple/fixed.h"
#include "ple/forecast.h"

#define PLE_COUNTS_PAST 8

struct ple_count {
	uint16_t past[PLE_COUNTS_PAST]; /* ring of amounts */
	uint16_t said[PLE_COUNTS_PAST]; /* the mean after each of them */
	uint32_t windows;
	int32_t mean;				 /* amount << 8 */
	int32_t spread[PLE_HORIZONS];		 /* mean |error|, amount << 8 */
	int32_t error[PLE_HORIZONS][PLE_LEVELS]; /* quantiles of the error, amount << 8 */
};

void ple_count_init(struct ple_count *count);

/* Takes in one window's amount (cut off at PLE_AMOUNT_MAX) and forecasts. */
void ple_count_observe(struct ple_count *count, uint32_t amount,
		       struct ple_expectation out[PLE_HORIZONS]);

#endif
