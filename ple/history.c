#include <string.h>

#include "ple/fixed.h"
#include "ple/kernels.h"

void ple_history_init(struct ple_history *h)
{
	memset(h, 0, sizeof(*h));
	h->period = 1;
	h->newest = PLE_HISTORY - 1;
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

static void append(struct ple_history *h, uint16_t value, const struct ple_kernels *kernels)
{
	uint16_t oldest = (uint16_t)ple_history_value(h, PLE_LAGS - 1);
	uint16_t *block = &h->block_max[h->windows / PLE_LAGS % PLE_BLOCKS];

	kernels->slide(h->sorted, oldest, value);
	h->sum += (uint32_t)value - oldest;
	if (h->windows % PLE_LAGS == 0 || *block < value)
		*block = value;
	if (h->newest == PLE_HISTORY + PLE_SLIDE - 1) {
		memmove(h->value, h->value + PLE_SLIDE, PLE_HISTORY * sizeof(h->value[0]));
		h->newest = PLE_HISTORY - 1;
	}
	h->value[++h->newest] = value;
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
	append(h, (uint16_t)value, kernels);
	h->windows++;
	compare(h, (uint16_t)value, kernels);
	find_period(h);
}
