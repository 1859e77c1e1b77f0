/*
 * From windows to features: the recent past of a vCPU (struct ple_history) and a vector of 24
 * numbers that describes it (struct ple_features).
 *
 * Features are relative: a demand of the vCPU's decaying peak is between 2048 and 4095, so that
 * weights mean the same for a vCPU that needs 50 us a window and for one that needs all of it.
 * |x| <= PLE_FEATURE_MAX always.
 */
#ifndef PLE_FEATURES_H
#define PLE_FEATURES_H

#include <stdint.h>

#include "ple/window.h"

#define PLE_FEATURES	24
#define PLE_FEATURE_MAX 4095
#define PLE_LAGS	8
#define PLE_HISTORY	64 /* windows remembered; a power of two */
#define PLE_BANDS	7  /* coarse sizes of a demand, against its own mean: 0 idle .. 6 huge */

enum ple_feature {
	PLE_X_LAST, /* and the seven values before it */
	PLE_X_MAX = PLE_LAGS,
	PLE_X_MEAN,
	PLE_X_DEVIATION,
	PLE_X_MEDIAN,
	PLE_X_LEVEL, /* mean over about 64 windows */
	PLE_X_PAGES, /* these four: relative to their own mean, in units of PLE_X_LEVEL */
	PLE_X_IO_OPS,
	PLE_X_IO_BYTES,
	PLE_X_WAKEUPS,
	PLE_X_MEAN16,
	PLE_X_SEASON,  /* the value one period before the window to come */
	PLE_X_SEASON2, /* two periods before */
	PLE_X_MAX32,
	PLE_X_WAIT,
	PLE_X_EXITS,
	PLE_X_PAST_SEASON, /* the value one period before this window */
};

#define PLE_COUNTS 5 /* pages, I/O operations, bytes, wake-ups, exits */

struct ple_features {
	int16_t x[PLE_FEATURES];
	uint8_t shift;	     /* x = value * 16 >> shift */
	uint8_t band;	     /* of the last value */
	uint8_t season_band; /* of PLE_X_SEASON */
	uint8_t pages_band;
	uint8_t situation; /* 0 .. PLE_SITUATIONS - 1: which weights the mixture uses */
};

#define PLE_SITUATION_SIZES 3 /* idle, low, busy now; each after a low or a busy window */
#define PLE_SITUATIONS	    (2 * PLE_SITUATION_SIZES)

struct ple_history {
	uint16_t value[PLE_HISTORY];	/* ring of values */
	uint16_t mismatch[PLE_HISTORY]; /* by lag: decaying mean of |value - value that long ago| */
	uint32_t windows;		/* observed so far */
	uint32_t peak;			/* value << 8, decays by 1/1024 a window */
	uint32_t level;			/* mean, value << 8 */
	uint32_t mean16;		/* value << 8 */
	uint32_t count_mean[PLE_COUNTS]; /* << 8 */
	uint8_t period;			 /* windows; 1: none found */
};

void ple_history_init(struct ple_history *history);

/* Takes one more window in. */
void ple_history_add(struct ple_history *history, const struct ple_window *window);

/* The value `ago` windows ago (0: the last one); before the beginning it is 0. */
static inline int32_t ple_history_value(const struct ple_history *history, unsigned ago)
{
	return history->value[(history->windows - 1 - ago) % PLE_HISTORY];
}

/* The mean over the last `windows` values, rounded. */
int32_t ple_history_mean(const struct ple_history *history, unsigned windows);

/* Describes the history after ple_history_add() of this window. */
void ple_features_make(const struct ple_history *history, const struct ple_window *window,
		       struct ple_features *features);

#endif
