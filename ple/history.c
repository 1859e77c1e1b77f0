#include <string.h>

#include "ple/fixed.h"
#include "ple/kernels.h"

void ple_history_init(struct ple_history *h)
{
	memset(h, 0, sizeof(*h));
	h->period = 1;
	h->newest = PLE_HISTORY - 1;
}

void ple_history_ends(const struct ple_history *h, int32_t mean[PLE_HORIZONS])
{
	int32_t one = ple_history_value(h, 0), two = one + ple_history_value(h, 1), five = two;

#pragma GCC unroll 3
	for (unsigned i = 2; i < 5; i++)
		five += ple_history_value(h, i);
	mean[PLE_10MS] = one;
	mean[PLE_20MS] = (two + 1) / 2;
	mean[PLE_50MS] = (five + 2) / 5;
}

/* A mean with a memory of 2^shift windows, over fewer at the beginning. */
static inline uint32_t follow(uint32_t mean, uint32_t sample, unsigned shift, uint32_t windows)
{
	int32_t error = (int32_t)(sample << 8) - (int32_t)mean;

	if (windows < 1u << shift)
		return mean + (uint32_t)(error / (int32_t)(windows + 1));
	return mean + (uint32_t)(error >> shift);
}

/*
 * Compares the value with those before it. A quarter of the lags in a window, in an order that
 * falls into step with no short period.
 */
static void compare(struct ple_history *h, uint16_t value, const struct ple_kernels *kernels)
{
	unsigned group = (h->windows + (h->windows >> 2) + (h->windows >> 4)) % PLE_GROUPS;
	unsigned first = group * PLE_KERNEL_LAGS;

	h->least[group] = kernels->mismatches(h->mismatch + first,
					      h->value + h->newest - PLE_PERIODS + first, value);
}

/*
 * The period is the shortest lag at which the demand repeats itself nearly best: an eighth is
 * allowed, or multiples of the period would win by chance.
 */
static void find_period(struct ple_history *h)
{
	unsigned best = PLE_VALUE_MAX, at = PLE_GROUPS - 1, slot;

#pragma GCC unroll 4
	for (unsigned g = 0; g < PLE_GROUPS; g++)
		best = h->least[g] < best ? h->least[g] : best;
	best += best >> 3;
	while (h->least[at] > best)
		at--;
	slot = (at + 1) * PLE_KERNEL_LAGS - 1;
	while (h->mismatch[slot] > best)
		slot--;
	h->period = (uint8_t)(PLE_PERIODS - slot);
}

_Static_assert(PLE_GROUPS *PLE_KERNEL_LAGS == PLE_PERIODS, "every lag is in a group");

static void follow_counts(struct ple_history *h, const struct ple_window *w)
{
	uint64_t exits = 0;

#pragma GCC unroll 5
	for (unsigned i = 0; i < PLE_EXIT_CLASSES; i++)
		exits += w->exits[i];

	const uint64_t counts[PLE_COUNTS] = {
		[PLE_COUNT_PAGES] = w->pages,
		[PLE_COUNT_IO_OPS] = w->io_ops,
		[PLE_COUNT_IO_BYTES] = w->io_bytes >> 6,
		[PLE_COUNT_WAKEUPS] = w->wakeups,
		[PLE_COUNT_EXITS] = exits,
	};

#pragma GCC unroll 5
	for (unsigned i = 0; i < PLE_COUNTS; i++) {
		h->count[i] = counts[i] < PLE_COUNT_MAX ? (uint32_t)counts[i] : PLE_COUNT_MAX;
		h->count_mean[i] = follow(h->count_mean[i], h->count[i], 6, h->windows);
	}
}

/* Takes the oldest of eight out and the new value in; everything between moves by one place. */
static void sort_in(uint16_t sorted[PLE_LAGS], uint16_t oldest, uint16_t value)
{
	unsigned at = 0;

	while (sorted[at] != oldest)
		at++;
	for (; at > 0 && sorted[at - 1] > value; at--)
		sorted[at] = sorted[at - 1];
	for (; at < PLE_LAGS - 1 && sorted[at + 1] < value; at++)
		sorted[at] = sorted[at + 1];
	sorted[at] = value;
}

static void append(struct ple_history *h, uint16_t value)
{
	uint16_t oldest = (uint16_t)ple_history_value(h, PLE_LAGS - 1);
	uint16_t *block = &h->block_max[h->windows / PLE_LAGS % PLE_BLOCKS];

	sort_in(h->sorted, oldest, value);
	h->sum += (uint32_t)value - oldest;
	if (h->windows % PLE_LAGS == 0 || *block < value)
		*block = value;
	if (h->newest == PLE_HISTORY + PLE_SLIDE - 1) {
		memmove(h->value, h->value + PLE_SLIDE, PLE_HISTORY * sizeof(h->value[0]));
		h->newest = PLE_HISTORY - 1;
	}
	h->value[++h->newest] = value;
}

int32_t ple_history_value_of(const struct ple_window *window)
{
	uint64_t demand = (uint64_t)window->run_us + window->wait_us;

	return ple_value((int64_t)(demand * PLE_VALUE_US));
}

void ple_history_add(struct ple_history *h, const struct ple_window *window,
		     const struct ple_kernels *kernels)
{
	uint32_t value = (uint32_t)ple_history_value_of(window);

	follow_counts(h, window);
	h->level = follow(h->level, value, 6, h->windows);
	h->mean16 = follow(h->mean16, value, 4, h->windows);
	h->peak -= h->peak >> 10;
	if (h->peak < value << 8)
		h->peak = value << 8;
	append(h, (uint16_t)value);
	h->windows++;
	compare(h, (uint16_t)value, kernels);
	find_period(h);
}
