/*
 * The steps of a decision that all policies have in common, inline, because together they are most
 * of what a decision costs. sched/sched.c puts a policy's functions between them; a policy that
 * wants its own compiled into them does the same in a function of its own (sched_ops.decide):
 *
 *	put = core->current;
 *	ran = sched_account(core, put, now);		and charge it, if there is one
 *	how = sched_put(core, put, now);		and enqueue it, likewise
 *	put = sched_take_in(core, put, now);
 *	choose the next one, take it from the queue, set until and reason of core->decision
 *	sched_start(core, put, next, now);
 */
#ifndef SCHED_DECIDE_H
#define SCHED_DECIDE_H

#include <assert.h>

#include "sched/classify.h"
#include "sched/internal.h"

/* For inline functions that have to be, because their callers differ in constants. */
#define SCHED_INLINE static inline __attribute__((always_inline))

/* Attributes the time up to now to the current entity; NULL: to idle time. Returns how much. */
SCHED_INLINE uint64_t sched_account(struct sched_core *core, struct sched_entity *entity,
				    uint64_t now)
{
	uint64_t ran = now - core->stamp;

	assert(now >= core->stamp);
	core->stamp = now;
	if (!entity) {
		core->idle += ran;
		return ran;
	}
	core->run += ran;
	entity->stats.run += ran;
	entity->slice_used += ran;
	entity->burst += ran;
	return ran;
}

static inline void sched_end_wait(struct sched_entity *entity, uint64_t now)
{
	entity->stats.wait += now - entity->since;
}

/*
 * The current entity stops being current, and waits; the caller enqueues it. It is counted as
 * waiting by sched_start() only.
 *
 * The new state is stored without a barrier. All that another core does to what runs or waits here
 * is to leave a note in the state of a running one (claim_wake() in sched/sched.c), and a note that
 * this store overwrites is not missed: one that waits looks at its events when it starts.
 */
SCHED_INLINE enum sched_enqueue sched_put(struct sched_core *core, struct sched_entity *entity,
					  uint64_t now)
{
	core->current = NULL;
	entity->ran_last = now;
	entity->since = now;
	if (sched_classify_busy(entity))
		sched_trace(core, SCHED_TRACE_CLASS, entity, entity->class, 0, now);
	atomic_store_explicit(&entity->state, SCHED_RUNNABLE, memory_order_release);
	if (__builtin_expect(!core->yielding, 1))
		return SCHED_ENQUEUE_PUT;
	core->yielding = false;
	return SCHED_ENQUEUE_YIELD;
}

/* For sched_take_in(). */
struct sched_entity *sched_take_in_some(struct sched_core *core, struct sched_entity *put,
					uint64_t now);

/*
 * What other cores sent; with it everything that asked for this decision is seen to. `put` is who
 * has just been put back, or NULL; returns it, or NULL if it does not wait here any more.
 */
SCHED_INLINE struct sched_entity *sched_take_in(struct sched_core *core, struct sched_entity *put,
						uint64_t now)
{
	if (__builtin_expect(atomic_load_explicit(&core->inbox, memory_order_relaxed) != NULL, 0))
		put = sched_take_in_some(core, put, now);
	core->resched = false;
	return put;
}

/* What is seldom to be done when an entity starts: see enum sched_note. */
void sched_heed_notes(struct sched_core *core, struct sched_entity *entity, uint64_t now);

SCHED_INLINE void sched_make_current(struct sched_core *core, struct sched_entity *entity,
				     uint64_t now)
{
	sched_end_wait(entity, now);
	core->current = entity;
	/* Orders this store before the caller's look at the entity's pending events. */
	atomic_store(&entity->state, SCHED_RUNNING);
	if (entity->notes)
		sched_heed_notes(core, entity, now);
	if (entity == core->previous)
		return;
	core->previous = entity;
	core->switches++;
	entity->stats.switches++;
}

/*
 * The entity, which the policy has just taken from its queue, becomes current. NULL: idle. `put` is
 * what sched_take_in() returned.
 */
SCHED_INLINE void sched_start(struct sched_core *core, struct sched_entity *put,
			      struct sched_entity *entity, uint64_t now)
{
	core->decision.next = entity;
	core->decisions++;
	if (__builtin_expect(entity != NULL, 1))
		sched_make_current(core, entity, now);
	else
		core->waiting++;
	if (!put)
		core->waiting--;
	else if (put != entity)
		put->stats.preemptions++;
	sched_trace(core, SCHED_TRACE_PICK, entity, core->decision.until, core->decision.reason,
		    now);
	sched_balance(core, now);
}

#endif
