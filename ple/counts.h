/*
 * Forecasts of memory activity and I/O operations, from cheap members: the last amount, an
 * exponentially weighted mean with tracked error quantiles, and a table of quantiles by the size of
 * the last amount. Each target is said by the member that has lost least lately.
 *
 * Inside, amounts are in halves, so that the mean of five windows is not all or nothing.
 */
#ifndef PLE_COUNTS_H
#define PLE_COUNTS_H

#include "ple/cell.h"
#include "ple/features.h"
#include "ple/forecast.h"

#define PLE_COUNTS_PAST 8 /* windows remembered; a power of two above the longest horizon */

enum ple_count_member { PLE_COUNT_LAST, PLE_COUNT_EWMA, PLE_COUNT_TABLE, PLE_COUNT_MEMBERS };

struct ple_count {
	uint16_t past[PLE_COUNTS_PAST]; /* ring of amounts */
	uint16_t said[PLE_COUNTS_PAST]; /* the weighted mean after each of them */
	uint8_t band[PLE_COUNTS_PAST];	/* the cell of each */
	uint32_t windows;
	int32_t mean;				       /* << 8 */
	int32_t spread[PLE_HORIZONS];		       /* mean |error| of the mean, << 8 */
	int32_t error[PLE_TARGETS];		       /* quantiles of that error, << 8 */
	uint32_t loss[PLE_TARGETS][PLE_COUNT_MEMBERS]; /* decaying mean */
	struct ple_cell cell[PLE_BANDS];
	uint8_t seen[PLE_BANDS];
	uint8_t leader[PLE_TARGETS]; /* enum ple_count_member */
	uint16_t dither;
};

void ple_count_init(struct ple_count *count);

/*
 * Takes in one window's amount (cut off at PLE_AMOUNT_MAX), whose size is `band`, and forecasts.
 * `horizon` is the one that is learnt from in this window, each in turn, and `ago` where its
 * forecast is found: ple_steady_lesson().
 */
void ple_count_observe(struct ple_count *count, uint32_t amount, unsigned band, unsigned horizon,
		       unsigned ago, struct ple_expectation out[PLE_HORIZONS]);

/* One more window with the last amount, and the engine rests. */
void ple_count_rest(struct ple_count *count);

#endif
