/*
 * The recent past of one vCPU: its last 65 values, what is kept up to date about them from window
 * to window, and the period at which they repeat.
 */
#ifndef PLE_HISTORY_H
#define PLE_HISTORY_H

#include <stdint.h>

#include "ple/fixed.h"
#include "ple/forecast.h"
#include "ple/window.h"

#define PLE_HISTORY   65 /* windows remembered */
#define PLE_SLIDE     15 /* windows until they are moved to the front of the array again */
#define PLE_PERIODS   64 /* lags compared: 1 .. 64 */
#define PLE_GROUPS    4	 /* of lags; one a window */
#define PLE_LAGS      8
#define PLE_BLOCKS    4
#define PLE_COUNT_MAX 1000000u

/* What is counted beside the demand. */
enum ple_history_count {
	PLE_COUNT_PAGES,
	PLE_COUNT_IO_OPS,
	PLE_COUNT_IO_BYTES,
	PLE_COUNT_WAKEUPS,
	PLE_COUNT_EXITS,
	PLE_COUNTS
};

struct ple_kernels;

struct ple_history {
	uint16_t value[PLE_HISTORY + PLE_SLIDE]; /* the last one at `newest`, those before below */
	uint16_t mismatch[PLE_PERIODS];	 /* at 64 - lag: decaying mean of |value - value lag ago| */
	uint16_t least[PLE_GROUPS];	 /* mismatch of each group */
	uint16_t sorted[PLE_LAGS];	 /* the last eight, rising */
	uint16_t block_max[PLE_BLOCKS];	 /* of blocks of eight windows; ring */
	uint32_t sum;			 /* of the last eight */
	uint32_t windows;		 /* observed so far */
	uint32_t peak;			 /* value << 8, decays by 1/1024 a window */
	uint32_t level;			 /* mean, value << 8 */
	uint32_t mean16;		 /* value << 8 */
	uint32_t count[PLE_COUNTS];	 /* of the last window, cut off at PLE_COUNT_MAX */
	uint32_t count_mean[PLE_COUNTS]; /* << 8 */
	uint8_t period;			 /* windows; 1: none found */
	uint8_t newest;
};

void ple_history_init(struct ple_history *history);

/* Takes one more window in. */
void ple_history_add(struct ple_history *history, const struct ple_window *window,
		     const struct ple_kernels *kernels);

/* The demand of a window as a value. */
static inline int32_t ple_history_value_of(const struct ple_window *window)
{
	return ple_value(((int64_t)window->run_us + window->wait_us) * PLE_VALUE_US);
}

/* The value `ago` windows ago (0: the last one .. 64); before the beginning it is 0. */
static inline int32_t ple_history_value(const struct ple_history *history, unsigned ago)
{
	return history->value[history->newest - ago];
}

/* The largest of the last eight. */
static inline int32_t ple_history_max8(const struct ple_history *history)
{
	return history->sorted[PLE_LAGS - 1];
}

/* The mean of the last values over each horizon, rounded. */
static inline void ple_history_ends(const struct ple_history *h, int32_t mean[PLE_HORIZONS])
{
	int32_t one = ple_history_value(h, 0), two = one + ple_history_value(h, 1), five = two;

#pragma GCC unroll 3
	for (unsigned i = 2; i < 5; i++)
		five += ple_history_value(h, i);
	mean[PLE_10MS] = one;
	mean[PLE_20MS] = (two + 1) / 2;
	mean[PLE_50MS] = (five + 2) / 5;
}

#endif
