/*
 * Fair shares by virtual time, for the entities that want one core. An entity's virtual time
 * advances by ran / weight while it runs; the clock of the core shows the weighted average of the
 * virtual times of all members (those that run or wait). An entity behind the clock has had less
 * than its share, one ahead of it has had more, and the weighted sum of all differences is zero,
 * exactly: nothing is rounded away.
 *
 * Virtual time is in units of 1/256 tick at weight 1, so at the default weight of 256 it advances
 * by one a tick.
 *
 * I. Stoica, H. Abdel-Wahab, "Earliest eligible virtual deadline first", 1995 (the idea of lag).
 */
#ifndef SCHED_SHARE_H
#define SCHED_SHARE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Other cores read time, weight and offset when they compare clocks and when an entity moves; what
 * they see may be a moment old.
 */
struct sched_share_clock {
	_Atomic uint64_t time;	 /* floor of the average */
	_Atomic uint64_t weight; /* of all members */
	_Atomic uint64_t offset; /* time + offset is comparable between cores */
	uint64_t rest;		 /* the average is time + rest / weight, rest < weight */
	uint64_t latest;	 /* virtual time of whoever has left with most, since... */
	uint64_t start;		 /* ...this time, before which there was nobody to share with */
};

struct sched_share {
	uint64_t time;	 /* virtual */
	uint32_t rest;	 /* of the division by weight, carried to the next charge */
	uint32_t weight; /* constant while a member */
	bool member;
};

#define SCHED_SHARE_UNIT 256 /* virtual time of a tick at weight 1 */

/* Virtual times start in the middle, so that they may be compared as unsigned numbers. */
#define SCHED_SHARE_START (1ull << 62)

static inline void sched_share_init(struct sched_share_clock *clock)
{
	atomic_store_explicit(&clock->time, SCHED_SHARE_START, memory_order_relaxed);
}

static inline uint64_t sched_share_time(const struct sched_share_clock *clock)
{
	return atomic_load_explicit(&clock->time, memory_order_relaxed);
}

static inline uint64_t sched_share_weight(const struct sched_share_clock *clock)
{
	return atomic_load_explicit(&clock->weight, memory_order_relaxed);
}

/* Virtual time behind the clock: positive or zero if the entity may claim its share now. */
static inline int64_t sched_share_lag(const struct sched_share_clock *clock,
				      const struct sched_share *share)
{
	return (int64_t)(sched_share_time(clock) - share->time);
}

/* The same in ticks of running time, rounded down. |lag| * weight must be below 2^63. */
int64_t sched_share_credit(const struct sched_share_clock *clock, const struct sched_share *share);

/*
 * Becomes a member. What it saved while it was none is limited to `saved` ticks of running time;
 * what it owes stays.
 */
void sched_share_join(struct sched_share_clock *clock, struct sched_share *share, uint64_t saved);

/*
 * There is no member, so nobody has had less than others while wanting more: all who have left are
 * even from now on.
 */
void sched_share_begin(struct sched_share_clock *clock);

/* A non-member claims nothing for the time before the clock began. */
static inline void sched_share_limit_to_start(const struct sched_share_clock *clock,
					      struct sched_share *share)
{
	if ((int64_t)(share->time - clock->start) < 0)
		share->time = clock->start;
}

/* Stops being a member; keeps its virtual time. */
void sched_share_leave(struct sched_share_clock *clock, struct sched_share *share);

/* What a non-member is behind virtual time `time` is limited to `saved` ticks of running time. */
void sched_share_limit(struct sched_share *share, uint64_t time, uint64_t saved);

/* It ran for `ran` ticks, at most 2^54; the clock of the members moves if it is one. */
static inline void sched_share_charge(struct sched_share_clock *clock, struct sched_share *share,
				      uint64_t ran)
{
	uint64_t amount = ran * SCHED_SHARE_UNIT + share->rest;
	uint64_t sum = clock->rest + amount;
	uint64_t weight = sched_share_weight(clock);

	share->time += amount / share->weight;
	share->rest = (uint32_t)(amount % share->weight);
	if (!share->member)
		return;
	sum -= share->rest;
	clock->rest = sum % weight;
	atomic_store_explicit(&clock->time, sched_share_time(clock) + sum / weight,
			      memory_order_relaxed);
}

/*
 * A non-member goes from one clock to another, as far behind or ahead of all others as it was; in
 * debt to the members there for at most `debt` ticks of its running time.
 */
void sched_share_move(const struct sched_share_clock *from, const struct sched_share_clock *to,
		      struct sched_share *share, uint64_t debt);

/* How far, in virtual time, the members of `other` are ahead of those of `clock`. */
int64_t sched_share_gap(const struct sched_share_clock *clock,
			const struct sched_share_clock *other);

/* Makes the members of the clock appear so much further ahead, in comparisons between cores. */
void sched_share_shift(struct sched_share_clock *clock, int64_t by);

#endif
