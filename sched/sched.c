/*
 * The loop's side of the scheduler: states of entities, time accounting and decisions. See
 * sched/sched.h for the contract and sched/inbox.c for what other cores may do.
 */
#include <string.h>

#include "sched/decide.h"

static void init_entity_data(struct sched_core *core, struct sched_entity *entity, uint64_t now)
{
	const struct sched_ops *ops = core->sched->ops;

	entity->fresh = false;
	memset(entity->data, 0, ops->entity_size);
	if (ops->entity_init)
		ops->entity_init(core, entity, now);
}

/* Who waits or runs here; written by the core itself only. */
static void count(struct sched_core *core, const struct sched_entity *entity, int step)
{
	unsigned load = atomic_load_explicit(&core->load, memory_order_relaxed);

	atomic_store_explicit(&core->load, load + (unsigned)step, memory_order_relaxed);
	if (entity->many_cores)
		core->movable += (unsigned)step;
}

void sched_enqueue(struct sched_core *core, struct sched_entity *entity, enum sched_enqueue how,
		   uint64_t now)
{
	if (entity->fresh)
		init_entity_data(core, entity, now);
	if (how == SCHED_ENQUEUE_WAKE || how == SCHED_ENQUEUE_ARRIVE)
		entity->stats.wait += now - entity->since; /* on the way here */
	entity->since = now;
	if (how != SCHED_ENQUEUE_PUT)
		count(core, entity, 1);
	core->waiting++;
	atomic_store_explicit(&entity->state, SCHED_RUNNABLE, memory_order_release);
	core->sched->ops->enqueue(core, entity, how, now);
}

void sched_dequeue(struct sched_core *core, struct sched_entity *entity, uint64_t now)
{
	core->sched->ops->dequeue(core, entity, now);
	sched_end_wait(entity, now);
	entity->since = now;
	core->waiting--;
	count(core, entity, -1);
	if (core->put == entity)
		core->put = NULL;
}

static inline void charge(struct sched_core *core, uint64_t now)
{
	const struct sched_ops *ops = core->sched->ops;
	struct sched_entity *entity = core->current;
	uint64_t ran = sched_account(core, entity, now);

	if (entity && ops->charge)
		ops->charge(core, entity, ran, now);
}

void sched_charge(struct sched_core *core, uint64_t now)
{
	charge(core, now);
}

static void note_wake_wait(struct sched_entity *entity, uint64_t now)
{
	uint64_t waited = now - entity->woken_at;

	entity->woken_at = SCHED_NEVER;
	entity->stats.wake_wait += waited;
	if (waited > entity->stats.wake_wait_max)
		entity->stats.wake_wait_max = waited;
}

static void note_migration(struct sched_core *core, struct sched_entity *entity, uint64_t now)
{
	sched_trace(core, SCHED_TRACE_MIGRATE, entity, entity->last_core, core->id, now);
	entity->stats.migrations++;
	entity->last_core = core->id;
}

void sched_heed_notes(struct sched_core *core, struct sched_entity *entity, uint64_t now)
{
	if (entity->woken_at != SCHED_NEVER)
		note_wake_wait(entity, now);
	if (entity->last_core != core->id)
		note_migration(core, entity, now);
	if (entity->called && entity != core->previous)
		core->decision.reason = (enum sched_reason)entity->called;
	entity->called = 0;
	if (entity->params.gang && entity != core->previous)
		sched_gather(core, entity, now);
	entity->notes = entity->params.gang ? SCHED_NOTE_GANG : 0;
}

struct sched_entity *sched_take_in_some(struct sched_core *core, struct sched_entity *put,
					uint64_t now)
{
	core->put = put;
	core->waiting += put != NULL;
	sched_drain(core, now);
	core->waiting -= core->put != NULL;
	put = core->put;
	core->put = NULL;
	return put;
}

void sched_decide(struct sched_core *core, uint64_t now)
{
	const struct sched_ops *ops = core->sched->ops;
	struct sched_entity *put = core->current, *next;

	charge(core, now);
	if (put)
		ops->enqueue(core, put, sched_put(core, put, now), now);
	put = sched_take_in(core, put, now);
	core->decision = (struct sched_decision) { .until = SCHED_NEVER };
	next = ops->pick(core, now, &core->decision);
	sched_start(core, put, next, now);
}

bool sched_idle_ok(const struct sched_core *core)
{
	return !core->resched && !atomic_load(&core->inbox);
}

uint64_t sched_next_event(struct sched_core *core, uint64_t now)
{
	const struct sched_ops *ops = core->sched->ops;

	return ops->next_event ? ops->next_event(core, now) : SCHED_NEVER;
}

static enum sched_wake_result wake_here(struct sched_core *core, struct sched_entity *entity,
					uint64_t now)
{
	const struct sched_ops *ops = core->sched->ops;
	bool preempt;

	sched_charge(core, now);
	atomic_store(&entity->core, core->id);
	sched_enqueue(core, entity, SCHED_ENQUEUE_WAKE, now);
	preempt = !core->current || ops->preempts(core, entity, now);
	sched_trace(core, SCHED_TRACE_WAKE, entity, core->id, preempt, now);
	if (preempt) {
		core->resched = true;
		return SCHED_WAKE_PREEMPT;
	}
	sched_balance(core, now);
	return SCHED_WAKE_QUEUED;
}

/* Wins the right to place a blocked entity, or leaves a note that it was woken. */
static bool claim_wake(struct sched_entity *entity)
{
	unsigned state = atomic_load(&entity->state);

	for (;;) {
		bool blocked = state == SCHED_BLOCKED;
		bool note = state == SCHED_RUNNING || state == SCHED_HELD;

		if (!blocked && !note)
			return false;
		if (atomic_compare_exchange_weak(&entity->state, &state,
						 blocked ? SCHED_WAKING : state | SCHED_WOKEN))
			return blocked;
	}
}

static enum sched_wake_result place_woken(struct sched_core *here, struct sched_entity *entity,
					  uint64_t now)
{
	unsigned to = sched_place(here, entity);

	entity->woken_at = now;
	entity->notes |= SCHED_NOTE_WOKEN | SCHED_NOTE_MOVED;
	entity->since = now;
	entity->burst = 0;
	entity->moving = false;
	entity->stats.wakeups++;
	if (to == here->id)
		return wake_here(here, entity, now);
	sched_trace(here, SCHED_TRACE_WAKE, entity, to, 0, now);
	sched_send(here, entity, to);
	return SCHED_WAKE_QUEUED;
}

enum sched_wake_result sched_wake(struct sched_core *here, struct sched_entity *entity,
				  uint64_t now)
{
	/* The caller's event must be visible before we find the entity running. */
	atomic_thread_fence(memory_order_seq_cst);
	if (!claim_wake(entity))
		return SCHED_WAKE_IGNORED;
	return place_woken(here, entity, now);
}

bool sched_hold(struct sched_entity *entity)
{
	unsigned blocked = SCHED_BLOCKED;

	return atomic_compare_exchange_strong(&entity->state, &blocked, SCHED_HELD);
}

/* Blocks an entity that is exclusively ours in state `from`, unless it was woken meanwhile. */
static void let_go(struct sched_core *here, struct sched_entity *entity, unsigned from,
		   uint64_t now)
{
	if (atomic_compare_exchange_strong(&entity->state, &from, SCHED_BLOCKED))
		return;
	atomic_store(&entity->state, SCHED_WAKING);
	place_woken(here, entity, now);
}

void sched_release(struct sched_core *here, struct sched_entity *entity, uint64_t now)
{
	let_go(here, entity, SCHED_HELD, now);
}

/* Takes the current entity off the core; it is in no queue. */
static void leave_core(struct sched_core *core, uint64_t now)
{
	struct sched_entity *entity = core->current;
	const struct sched_ops *ops = core->sched->ops;

	if (ops->leave)
		ops->leave(core, entity, now);
	core->current = NULL;
	core->resched = true;
	core->yielding = false;
	count(core, entity, -1);
	entity->since = now;
	entity->ran_last = now;
	entity->slice_used = 0;
}

bool sched_block(struct sched_core *core, uint64_t now)
{
	struct sched_entity *entity = core->current;

	if (!entity)
		return true;
	if (atomic_load(&entity->state) & SCHED_WOKEN) {
		atomic_store(&entity->state, SCHED_RUNNING);
		return false;
	}
	sched_charge(core, now);
	sched_trace(core, SCHED_TRACE_BLOCK, entity, entity->burst, 0, now);
	if (sched_classify_block(entity))
		sched_trace(core, SCHED_TRACE_CLASS, entity, entity->class, 0, now);
	leave_core(core, now);
	if (entity->many_cores)
		core->sched->port->leave(entity);
	let_go(core, entity, SCHED_RUNNING, now);
	return true;
}

void sched_bury(struct sched_core *core, struct sched_entity *entity, uint64_t now)
{
	if (core->current == entity) {
		sched_charge(core, now);
		leave_core(core, now);
	} else if ((atomic_load(&entity->state) & ~SCHED_WOKEN) == SCHED_RUNNABLE) {
		sched_dequeue(core, entity, now);
	}
	sched_forget_here(core, entity);
	core->sched->port->leave(entity);
	atomic_store(&entity->state, SCHED_GONE);
}
