#include "ple/features.h"

#include <string.h>

#include "ple/fixed.h"
#include "ple/kernels.h"

#define TIMES_MAX 8 /* a count is cut off at so many times its mean */
#define WAIT_MAX  (PLE_VALUE_MAX / PLE_VALUE_US)

/*
 * So that the peak's 16 << value >> shift has twelve bits. An eighth is added because the peak has
 * decayed: values of the last 64 windows, and their means, may be above it, but by less than that.
 */
static unsigned shift_of(uint32_t peak)
{
	unsigned bits = ple_log2((peak + (peak >> 3)) >> 4) + 1;

	return bits > 12 ? bits - 12 : 0;
}

static inline int16_t scaled(int32_t value, unsigned shift)
{
	return (int16_t)(value * 16 >> shift);
}

/* The band of so many quarters of the mean: one more at each of 1, 3, 6, 12, 24. */
#define QUARTERS 24
static const uint8_t bands[QUARTERS + 1] = { 1, 2, 2, 3, 3, 3, 4, 4, 4, 4, 4, 4, 5,
					     5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 6 };

static inline unsigned band_at(uint32_t quarters)
{
	return bands[quarters < QUARTERS ? quarters : QUARTERS];
}

static uint8_t band_of(int32_t value, int32_t level)
{
	if (value <= 10 * PLE_VALUE_US)
		return 0;
	return (uint8_t)(level ? band_at((uint32_t)(4 * value / level)) : PLE_BANDS - 1);
}

/* The same for a count that is `times` its mean, << 6. */
static uint8_t count_band(int32_t times)
{
	return (uint8_t)(times > 0 ? band_at((uint32_t)times >> 4) : 0);
}

/* `count` over its mean (<< 8), << 6. */
static int32_t times_of(uint32_t count, uint32_t mean)
{
	uint32_t ratio;

	if (mean == 0)
		return 0;
	ratio = (uint32_t)(((uint64_t)count << 14) / mean);
	return ratio < TIMES_MAX << 6 ? (int32_t)ratio : TIMES_MAX << 6;
}

static void add_counts(const struct ple_history *h, struct ple_features *f)
{
	int32_t deviation = f->x[PLE_X_DEVIATION];

#pragma GCC unroll 5
	for (unsigned i = 0; i < PLE_COUNTS; i++) {
		int32_t times = times_of(h->count[i], h->count_mean[i]);
		int32_t x = (times - 64) * deviation >> 6;

		f->x[PLE_X_COUNTS + i] = (int16_t)(x < PLE_FEATURE_MAX ? x : PLE_FEATURE_MAX);
		if (i == PLE_COUNT_PAGES)
			f->pages_band = count_band(times);
		if (i == PLE_COUNT_IO_OPS)
			f->io_band = count_band(times);
	}
}

/* Idle, low or busy now, and whether it was busy the window before. */
static uint8_t situation_of(const struct ple_history *h, int32_t level)
{
	int32_t now = ple_history_value(h, 0), before = ple_history_value(h, 1);
	unsigned size = 10 * now < level ? 0 : now < level ? 1 : 2;

	return (uint8_t)(2 * size + (2 * before > level));
}

static int32_t seasonal_value(const struct ple_history *h, unsigned periods)
{
	unsigned ago = periods * h->period - 1;

	return ple_history_value(h, ago < PLE_HISTORY ? ago : h->period - 1u);
}

static uint16_t max_of_blocks(const struct ple_history *h)
{
	uint16_t max = h->block_max[0];

#pragma GCC unroll 4
	for (unsigned i = 1; i < PLE_BLOCKS; i++)
		max = h->block_max[i] > max ? h->block_max[i] : max;
	return max;
}

static int32_t deviation_of(const struct ple_history *h)
{
	int32_t mean = (int32_t)(h->sum / PLE_LAGS), sum = 0;

#pragma GCC unroll 8
	for (unsigned i = 0; i < PLE_LAGS; i++)
		sum += ple_distance(h->sorted[i], mean);
	return sum / PLE_LAGS;
}

/* What is a value becomes its distance from the last one; the rest is overwritten later. */
static void add_values(const struct ple_history *h, const struct ple_kernels *kernels,
		       struct ple_features *f)
{
	uint16_t value[PLE_FEATURES] = {
		[PLE_X_MAX] = h->sorted[PLE_LAGS - 1],
		[PLE_X_MEAN] = (uint16_t)(h->sum / PLE_LAGS),
		[PLE_X_MEDIAN] = (uint16_t)((h->sorted[3] + h->sorted[4]) / 2),
		[PLE_X_MIN] = h->sorted[0],
		[PLE_X_LEVEL] = (uint16_t)(h->level >> 8),
		[PLE_X_MEAN16] = (uint16_t)(h->mean16 >> 8),
		[PLE_X_MAX32] = max_of_blocks(h),
		[PLE_X_SEASON] = (uint16_t)seasonal_value(h, 1),
		[PLE_X_SEASON2] = (uint16_t)seasonal_value(h, 2),
		[PLE_X_PAST_SEASON] = (uint16_t)ple_history_value(h, h->period),
	};

	memcpy(value, &h->value[h->newest - (PLE_LAGS - 1)], PLE_LAGS * sizeof(value[0]));
	kernels->scale(f->x, value, f->shift, f->last);
}

void ple_features_make(const struct ple_history *h, const struct ple_window *window,
		       const struct ple_kernels *kernels, struct ple_features *f)
{
	int32_t level = (int32_t)(h->level >> 8), now = ple_history_value(h, 0);
	int32_t wait = window->wait_us < WAIT_MAX ? (int32_t)window->wait_us : WAIT_MAX;

	f->shift = (uint8_t)shift_of(h->peak);
	f->last = scaled(now, f->shift);
	add_values(h, kernels, f);
	f->x[PLE_X_DEVIATION] = scaled(deviation_of(h), f->shift);
	f->x[PLE_X_WAIT] = scaled(wait * PLE_VALUE_US, f->shift);
	add_counts(h, f);
	f->band = band_of(now, level);
	f->season_band = band_of(seasonal_value(h, 1), level);
	f->situation = situation_of(h, level);
}
