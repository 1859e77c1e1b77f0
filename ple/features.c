#include <string.h>

#include "ple/features.h"
#include "ple/fixed.h"

#define COUNT_MAX 1000000u
#define TIMES_MAX 8 /* a count is cut off at so many times its mean */

/* So that the peak's 16 << value >> shift has twelve bits. */
static unsigned shift_of(uint32_t peak)
{
	unsigned bits = ple_log2(peak >> 4) + 1;

	return bits > 12 ? bits - 12 : 0;
}

static int16_t scaled(int32_t value, unsigned shift)
{
	return (int16_t)ple_clamp((int64_t)value * 16 >> shift, 0, PLE_FEATURE_MAX);
}

static uint8_t band_of(int32_t value, int32_t level)
{
	/* In quarters of the mean: 1/4, 3/4, 1 1/2, 3, 6. */
	static const uint8_t edge[] = { 1, 3, 6, 12, 24 };
	unsigned band = 1;

	if (value <= 10 * PLE_VALUE_US)
		return 0;
	while (band <= sizeof(edge) && 4 * value >= edge[band - 1] * level)
		band++;
	return (uint8_t)band;
}

static void sort_lags(int16_t sorted[PLE_LAGS], const int16_t *lags)
{
	for (int i = 0; i < PLE_LAGS; i++) {
		int at = i;

		for (; at > 0 && sorted[at - 1] > lags[i]; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = lags[i];
	}
}

static void summarise_lags(int16_t *x)
{
	int16_t sorted[PLE_LAGS];
	int32_t sum = 0, deviation = 0;

	sort_lags(sorted, x);
	for (unsigned i = 0; i < PLE_LAGS; i++)
		sum += x[i];
	for (unsigned i = 0; i < PLE_LAGS; i++)
		deviation += ple_distance(x[i], sum / PLE_LAGS);
	x[PLE_X_MAX] = sorted[PLE_LAGS - 1];
	x[PLE_X_MEAN] = (int16_t)(sum / PLE_LAGS);
	x[PLE_X_DEVIATION] = (int16_t)(deviation / PLE_LAGS);
	x[PLE_X_MEDIAN] = (int16_t)((sorted[3] + sorted[4]) / 2);
}

/* `count` against its mean (<< 8), in units of `level`. */
static int16_t relative(uint64_t count, uint32_t mean, int32_t level)
{
	if (mean == 0)
		return 0;
	if (count > COUNT_MAX)
		count = COUNT_MAX;
	uint64_t times = (count << 14) / mean; /* << 6 */

	if (times > TIMES_MAX << 6)
		times = TIMES_MAX << 6;
	return (int16_t)ple_clamp((int64_t)times * level >> 6, 0, PLE_FEATURE_MAX);
}

static void add_counts(const struct ple_history *h, const struct ple_window *window, int16_t *x)
{
	static const uint8_t place[PLE_COUNTS] = { PLE_X_PAGES, PLE_X_IO_OPS, PLE_X_IO_BYTES,
						   PLE_X_WAKEUPS, PLE_X_EXITS };
	uint64_t exits = 0;

	for (unsigned i = 0; i < PLE_EXIT_CLASSES; i++)
		exits += window->exits[i];

	const uint64_t counts[PLE_COUNTS] = { window->pages, window->io_ops, window->io_bytes >> 6,
					      window->wakeups, exits };

	for (unsigned i = 0; i < PLE_COUNTS; i++)
		x[place[i]] = relative(counts[i], h->count_mean[i], x[PLE_X_LEVEL]);
}

static int32_t max_of(const struct ple_history *h, unsigned windows)
{
	int32_t max = 0;

	for (unsigned i = 0; i < windows; i++)
		if (ple_history_value(h, i) > max)
			max = ple_history_value(h, i);
	return max;
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

void ple_features_make(const struct ple_history *h, const struct ple_window *window,
		       struct ple_features *f)
{
	int32_t level = (int32_t)(h->level >> 8), season = seasonal_value(h, 1);
	unsigned shift = shift_of(h->peak);
	int16_t *x = f->x;

	for (unsigned i = 0; i < PLE_LAGS; i++)
		x[i] = scaled(ple_history_value(h, i), shift);
	summarise_lags(x);
	x[PLE_X_LEVEL] = scaled(level, shift);
	add_counts(h, window, x);
	x[PLE_X_MEAN16] = scaled((int32_t)(h->mean16 >> 8), shift);
	x[PLE_X_SEASON] = scaled(season, shift);
	x[PLE_X_SEASON2] = scaled(seasonal_value(h, 2), shift);
	x[PLE_X_MAX32] = scaled(max_of(h, 32), shift);
	x[PLE_X_WAIT] = scaled(ple_value((int64_t)window->wait_us * PLE_VALUE_US), shift);
	x[PLE_X_PAST_SEASON] = scaled(ple_history_value(h, h->period % PLE_HISTORY), shift);
	f->shift = (uint8_t)shift;
	f->band = band_of(ple_history_value(h, 0), level);
	f->season_band = band_of(season, level);
	f->pages_band = x[PLE_X_LEVEL] ? band_of(x[PLE_X_PAGES] << shift >> 4, level) : 0;
	f->situation = situation_of(h, level);
}
