#include <string.h>

#include "ple/features.h"
#include "ple/fixed.h"

#define COUNT_MAX 1000000u

void ple_history_init(struct ple_history *history)
{
	memset(history, 0, sizeof(*history));
	history->period = 1;
}

int32_t ple_history_mean(const struct ple_history *history, unsigned windows)
{
	int32_t sum = 0;

	for (unsigned i = 0; i < windows; i++)
		sum += ple_history_value(history, i);
	return (sum + (int32_t)windows / 2) / (int32_t)windows;
}

/* A mean with a memory of 2^shift windows, over fewer at the beginning. */
static uint32_t follow(uint32_t mean, uint32_t sample, unsigned shift, uint32_t windows)
{
	int64_t error = (int64_t)((uint64_t)sample << 8) - mean;

	if (windows < 1u << shift)
		return (uint32_t)(mean + error / (int64_t)(windows + 1));
	return (uint32_t)(mean + (error >> shift));
}

/*
 * The period is the lag at which the demand repeats itself best. A longer one must be better by an
 * eighth than the best shorter one, or multiples of the period would win by chance.
 */
static void find_period(struct ple_history *h, int32_t value)
{
	int32_t best = PLE_VALUE_MAX + 1;

	h->period = 1;
	for (unsigned lag = 1; lag < PLE_HISTORY; lag++) {
		int32_t error = ple_distance(value, ple_history_value(h, lag));
		int32_t mismatch = h->mismatch[lag];

		mismatch += (error - mismatch + (error > mismatch ? 63 : 0)) >> 6;
		h->mismatch[lag] = (uint16_t)mismatch;
		if (mismatch < best - (best >> 3)) {
			best = mismatch;
			h->period = (uint8_t)lag;
		}
	}
}

static void follow_counts(struct ple_history *h, const struct ple_window *window)
{
	uint64_t exits = 0;

	for (unsigned i = 0; i < PLE_EXIT_CLASSES; i++)
		exits += window->exits[i];

	const uint64_t counts[PLE_COUNTS] = { window->pages, window->io_ops, window->io_bytes >> 6,
					      window->wakeups, exits };

	for (unsigned i = 0; i < PLE_COUNTS; i++)
		h->count_mean[i] = follow(h->count_mean[i],
					  (uint32_t)ple_clamp((int64_t)counts[i], 0, COUNT_MAX), 6,
					  h->windows);
}

void ple_history_add(struct ple_history *h, const struct ple_window *window)
{
	uint64_t demand = (uint64_t)window->run_us + window->wait_us;
	int32_t value = ple_value((int64_t)(demand * PLE_VALUE_US));
	uint32_t grown = (uint32_t)value << 8;

	follow_counts(h, window);
	h->level = follow(h->level, (uint32_t)value, 6, h->windows);
	h->mean16 = follow(h->mean16, (uint32_t)value, 4, h->windows);
	h->peak -= h->peak >> 10;
	if (h->peak < grown)
		h->peak = grown;
	h->value[h->windows % PLE_HISTORY] = (uint16_t)value;
	h->windows++;
	find_period(h, value);
}
