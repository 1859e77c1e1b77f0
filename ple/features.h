/*
 * From windows to features: a vector of 24 numbers that describes the recent past of a vCPU.
 *
 * Features are relative to the vCPU's decaying peak, which is between 2048 and 4095 units, so that
 * weights mean the same for a vCPU that needs 50 us a window and for one that needs all of it. They
 * are differences from the last value: a model that adds to the last value forecasts a demand that
 * stays at some height as well as one that stays at zero. |x| <= PLE_FEATURE_MAX always.
 */
#ifndef PLE_FEATURES_H
#define PLE_FEATURES_H

#include "ple/history.h"

#define PLE_FEATURES	24
#define PLE_FEATURE_MAX 4095
#define PLE_BANDS	7 /* coarse sizes of a demand, against its own mean: 0 idle .. 6 huge */

enum ple_feature {
	PLE_X_LAGS,		     /* the seven values before the last, rising in time */
	PLE_X_BEFORE = PLE_LAGS - 2, /* the value before the last one */
	PLE_X_DEVIATION,	     /* of the last eight: mean distance from their mean */
	PLE_X_MAX,		     /* these four: of the last eight values */
	PLE_X_MEAN,
	PLE_X_MEDIAN,
	PLE_X_MIN,
	PLE_X_LEVEL, /* mean over about 64 windows */
	PLE_X_MEAN16,
	PLE_X_MAX32,	   /* the largest of the last 25 to 32 */
	PLE_X_SEASON,	   /* the value one period before the window to come */
	PLE_X_SEASON2,	   /* two periods before */
	PLE_X_PAST_SEASON, /* the value one period before this window */
	PLE_X_WAIT,	   /* time runnable but not running, itself */
	PLE_X_COUNTS,	   /* these five: above their own mean, in units of PLE_X_DEVIATION */
	PLE_X_PAGES = PLE_X_COUNTS,
	PLE_X_IO_OPS,
	PLE_X_IO_BYTES,
	PLE_X_WAKEUPS,
	PLE_X_EXITS,
};

_Static_assert(PLE_X_EXITS == PLE_FEATURES - 1, "all are used");

struct ple_features {
	int16_t x[PLE_FEATURES];
	int16_t last;	     /* the last value, in the units of x */
	uint8_t shift;	     /* x = value * 16 >> shift */
	uint8_t band;	     /* of the last value */
	uint8_t season_band; /* of the value one period before the window to come */
	uint8_t pages_band;  /* of the count of pages, of I/O operations */
	uint8_t io_band;
	uint8_t situation; /* 0 .. PLE_SITUATIONS - 1: which weights the mixture uses */
};

#define PLE_SITUATION_SIZES 3 /* idle, low, busy now; each after a low or a busy window */
#define PLE_SITUATIONS	    (2 * PLE_SITUATION_SIZES)

/* Describes the history after ple_history_add() of this window. */
struct ple_kernels;
void ple_features_make(const struct ple_history *history, const struct ple_window *window,
		       const struct ple_kernels *kernels, struct ple_features *features);

#endif
