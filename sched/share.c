#include "sched/share.h"

#include <assert.h>

#define UNIT SCHED_SHARE_UNIT

static uint64_t offset_of(const struct sched_share_clock *clock)
{
	return atomic_load_explicit(&clock->offset, memory_order_relaxed);
}

static void set_weight(struct sched_share_clock *clock, uint64_t weight)
{
	atomic_store_explicit(&clock->weight, weight, memory_order_relaxed);
}

/* Adds weighted virtual time to the sum behind the average. */
static void shift(struct sched_share_clock *clock, int64_t weighted)
{
	int64_t weight = (int64_t)sched_share_weight(clock), sum, whole;

	if (weight == 0)
		return;
	sum = (int64_t)clock->rest + weighted;
	whole = sum / weight;
	if (whole * weight > sum)
		whole--;
	clock->rest = (uint64_t)(sum - whole * weight);
	atomic_store_explicit(&clock->time, sched_share_time(clock) + (uint64_t)whole,
			      memory_order_relaxed);
}

int64_t sched_share_credit(const struct sched_share_clock *clock, const struct sched_share *share)
{
	return sched_share_lag(clock, share) * (int64_t)share->weight / UNIT;
}

void sched_share_limit(struct sched_share *share, uint64_t time, uint64_t saved)
{
	uint64_t earliest = time - saved * UNIT / share->weight;

	if ((int64_t)(earliest - share->time) > 0)
		share->time = earliest;
}

void sched_share_join(struct sched_share_clock *clock, struct sched_share *share, uint64_t saved)
{
	assert(!share->member);
	sched_share_limit(share, sched_share_time(clock), saved);
	share->member = true;
	if (sched_share_weight(clock) == 0) {
		atomic_store_explicit(&clock->time, share->time, memory_order_relaxed);
		clock->rest = 0;
	}
	set_weight(clock, sched_share_weight(clock) + share->weight);
	shift(clock, -sched_share_lag(clock, share) * (int64_t)share->weight);
}

void sched_share_begin(struct sched_share_clock *clock)
{
	int64_t most = (int64_t)(clock->latest - sched_share_time(clock));

	assert(sched_share_weight(clock) == 0);
	if (most > 0) {
		atomic_store_explicit(&clock->time, clock->latest, memory_order_relaxed);
		sched_share_shift(clock, -most); /* to other cores nothing has changed */
	}
	clock->start = sched_share_time(clock);
	clock->latest = clock->start;
}

void sched_share_leave(struct sched_share_clock *clock, struct sched_share *share)
{
	int64_t weighted = sched_share_lag(clock, share) * (int64_t)share->weight;

	assert(share->member);
	share->member = false;
	if ((int64_t)(share->time - clock->latest) > 0)
		clock->latest = share->time;
	set_weight(clock, sched_share_weight(clock) - share->weight);
	if (sched_share_weight(clock) == 0)
		clock->rest = 0;
	shift(clock, weighted);
}

void sched_share_move(const struct sched_share_clock *from, const struct sched_share_clock *to,
		      struct sched_share *share, uint64_t debt)
{
	uint64_t latest = sched_share_time(to) + debt * UNIT / share->weight;

	assert(!share->member);
	share->time += offset_of(from) - offset_of(to);
	if (sched_share_weight(to) && (int64_t)(share->time - latest) > 0)
		share->time = latest;
}

int64_t sched_share_gap(const struct sched_share_clock *clock,
			const struct sched_share_clock *other)
{
	return (int64_t)(sched_share_time(other) + offset_of(other) - sched_share_time(clock) -
			 offset_of(clock));
}

void sched_share_shift(struct sched_share_clock *clock, int64_t by)
{
	atomic_store_explicit(&clock->offset, offset_of(clock) + (uint64_t)by,
			      memory_order_relaxed);
}
