/*
 * The steps of a decision that all policies have in common, inline, because together they are most
 * of what a decision costs. sched/sched.c puts a policy's functions between them; a policy that
 * wants its own compiled into them does the same in a function of its own (sched_ops.decide):
 *
 *	ran = sched_account(core, core->current, now);	and charge the current entity, if any
 *	how = sched_put(core, core->current, now);	and enqueue it, if there is one
 *	sched_take_in(core, now);
 *	choose the next one, take it from the queue, set until and reason of core->decision
 *	sched_start(core, next, now);
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

static inline void sched_end_wait(struct sched_core *core, struct sched_entity *entity,
				  uint64_t now)
{
	core->waiting--;
	entity->stats.wait += now - entity->since;
	entity->since = now;
}

/*
 * The current entity stops being current, and waits; the caller enqueues it.
 *
 * The new state is stored without a barrier. All that another core does to what runs or waits here
 * is to leave a note in the state of a running one (claim_wake() in sched/sched.c), and a note that
 * this store overwrites is not missed: one that waits looks at its events when it starts.
 */
SCHED_INLINE enum sched_enqueue sched_put(struct sched_core *core, struct sched_entity *entity,
					  uint64_t now)
{
	core->put = entity;
	core->current = NULL;
	entity->ran_last = now;
	entity->since = now;
	if (sched_classify_busy(entity))
		sched_trace(core, SCHED_TRACE_CLASS, entity, entity->class, 0, now);
	core->waiting++;
	atomic_store_explicit(&entity->state, SCHED_RUNNABLE, memory_order_release);
	if (__builtin_expect(!core->yielding, 1))
		return SCHED_ENQUEUE_PUT;
	core->yielding = false;
	return SCHED_ENQUEUE_YIELD;
}

/* What other cores sent; with it everything that asked for this decision is seen to. */
SCHED_INLINE void sched_take_in(struct sched_core *core, uint64_t now)
{
	if (__builtin_expect(atomic_load_explicit(&core->inbox, memory_order_relaxed) != NULL, 0))
		sched_drain(core, now);
	core->resched = false;
}

static inline void sched_note_wake_wait(struct sched_entity *entity, uint64_t now)
{
	uint64_t waited = now - entity->woken_at;

	entity->woken_at = SCHED_NEVER;
	entity->stats.wake_wait += waited;
	if (waited > entity->stats.wake_wait_max)
		entity->stats.wake_wait_max = waited;
}

/* It comes from another core. */
void sched_note_migration(struct sched_core *core, struct sched_entity *entity, uint64_t now);

SCHED_INLINE void sched_make_current(struct sched_core *core, struct sched_entity *entity,
				     uint64_t now)
{
	sched_end_wait(core, entity, now);
	core->current = entity;
	/* Orders this store before the caller's look at the entity's pending events. */
	atomic_store(&entity->state, SCHED_RUNNING);
	if (entity->woken_at != SCHED_NEVER)
		sched_note_wake_wait(entity, now);
	if (__builtin_expect(entity->last_core != core->id, 0))
		sched_note_migration(core, entity, now);
	if (entity == core->previous)
		return;
	core->previous = entity;
	core->switches++;
	entity->stats.switches++;
	if (__builtin_expect(entity->params.gang, 0))
		sched_gather(core, entity, now);
}

/* The entity, which the policy has just taken from its queue, becomes current. NULL: idle. */
SCHED_INLINE void sched_start(struct sched_core *core, struct sched_entity *entity, uint64_t now)
{
	struct sched_entity *put = core->put;

	core->decision.next = entity;
	core->decisions++;
	if (__builtin_expect(entity != NULL, 1))
		sched_make_current(core, entity, now);
	if (put && put != entity)
		put->stats.preemptions++;
	sched_trace(core, SCHED_TRACE_PICK, entity, core->decision.until, core->decision.reason,
		    now);
	sched_balance(core, now);
}

#endif
