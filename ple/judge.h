/*
 * Is the mixture worth listening to? Its loss over about 512 judgements beside that of the naive
 * forecast (the last value as the point, the largest of the last eight as the quantile), for each
 * target. And what is to be added to it: the mean error of its point, for the expected value, and
 * the 0.95 quantile of the error of its quantile, which a mixture need not hit even if its members
 * do.
 */
#ifndef PLE_JUDGE_H
#define PLE_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "ple/forecast.h"

#define PLE_JUDGED 1024 /* windows until it may say so */

struct ple_judge {
	uint32_t loss[PLE_TARGETS];   /* decaying mean pinball loss, twentieths of a value << 8 */
	uint32_t naive[PLE_TARGETS];  /* that of the naive forecast */
	int32_t bias[PLE_HORIZONS];   /* mean error of the point, value << 8 */
	int32_t offset[PLE_HORIZONS]; /* quantile of the quantile's error, value << 8 */
	int32_t spread[PLE_HORIZONS]; /* mean |error| of the quantile, value << 8 */
	uint8_t down;		      /* a bit for each target that stands down */
};

/*
 * A horizon ended: what the mixture and the naive forecast had said at both levels, values. Before
 * it both were right in so many `rested` windows, at most 15: what they lost is forgotten by as
 * much as if each had been judged.
 */
void ple_judge_learn(struct ple_judge *judge, unsigned horizon, const uint16_t mixed[PLE_LEVELS],
		     const uint16_t naive[PLE_LEVELS], int32_t actual, unsigned rested);

/* The mixture has been a sixteenth worse than the naive forecast. */
static inline bool ple_judge_stands_down(const struct ple_judge *judge, unsigned target)
{
	return judge->down >> target & 1;
}

#endif
