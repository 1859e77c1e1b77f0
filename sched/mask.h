/*
 * Sets of cores: one bit for each of up to SCHED_MAX_CORES. struct sched_mask has one writer,
 * struct sched_shared_mask may be changed by all cores at once.
 */
#ifndef SCHED_MASK_H
#define SCHED_MASK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define SCHED_MAX_CORES	 512
#define SCHED_MASK_WORDS (SCHED_MAX_CORES / 64)

struct sched_mask {
	uint64_t word[SCHED_MASK_WORDS];
};

struct sched_shared_mask {
	_Atomic uint64_t word[SCHED_MASK_WORDS];
};

static inline bool sched_mask_has(const struct sched_mask *mask, unsigned core)
{
	return core < SCHED_MAX_CORES && (mask->word[core / 64] >> (core % 64) & 1);
}

static inline void sched_mask_add(struct sched_mask *mask, unsigned core)
{
	mask->word[core / 64] |= 1ull << (core % 64);
}

static inline void sched_mask_fill(struct sched_mask *mask)
{
	for (unsigned i = 0; i < SCHED_MASK_WORDS; i++)
		mask->word[i] = UINT64_MAX;
}

static inline bool sched_shared_mask_has(const struct sched_shared_mask *mask, unsigned core)
{
	return atomic_load_explicit(&mask->word[core / 64], memory_order_relaxed) >> (core % 64) &
	       1;
}

/* Sets or clears a bit; writes only on a change, so that the cache line stays shared otherwise. */
static inline void sched_shared_mask_set(struct sched_shared_mask *mask, unsigned core, bool on)
{
	uint64_t bit = 1ull << (core % 64);

	if (sched_shared_mask_has(mask, core) == on)
		return;
	if (on)
		atomic_fetch_or(&mask->word[core / 64], bit);
	else
		atomic_fetch_and(&mask->word[core / 64], ~bit);
}

#endif
