/*
 * What cores ask of each other. An entity carries a mask of requests; who sets the first bit also
 * pushes the entity onto the inbox of its owner, a lock-free stack that the owner empties at once
 * and reverses, so that entities come out in the order of pushing. Ownership may change between
 * the push and the pop: the popper then passes the entity on, requests untouched.
 *
 * Who may change an entity: in RUNNABLE and RUNNING only the core in entity->core; in WAKING
 * whoever made it so, until it posts ARRIVE; in BLOCKED whoever first changes the state to WAKING
 * or HELD.
 */
#include "sched/internal.h"

static void push(struct sched_core *here, struct sched_core *to, struct sched_entity *entity)
{
	struct sched_entity *head = atomic_load(&to->inbox);

	do
		entity->inbox_next = head;
	while (!atomic_compare_exchange_weak(&to->inbox, &head, entity));
	if (to == here)
		here->resched = true;
	else if (!head)
		here->sched->port->kick(to->id);
}

static struct sched_core *owner(const struct sched_entity *entity)
{
	return entity->sched->core[atomic_load(&entity->core)];
}

void sched_post(struct sched_core *here, struct sched_entity *entity, unsigned requests)
{
	if (!atomic_fetch_or(&entity->requests, requests))
		push(here, owner(entity), entity);
}

void sched_send(struct sched_core *here, struct sched_entity *entity, unsigned to)
{
	entity->notes |= SCHED_NOTE_MOVED;
	atomic_store(&entity->core, to);
	sched_post(here, entity, SCHED_REQUEST_ARRIVE);
}

/*
 * True if this core may change the entity now; a blocked one is held. Between its request and now
 * it may have run elsewhere and blocked there.
 */
static bool grasp(struct sched_core *core, struct sched_entity *entity, uint64_t now)
{
	unsigned state = atomic_load(&entity->state);

	if (state == SCHED_RUNNABLE)
		return atomic_load(&entity->core) == core->id;
	if (state != SCHED_BLOCKED || !sched_hold(entity))
		return false;
	if (atomic_load(&entity->core) == core->id)
		return true;
	sched_release(core, entity, now);
	return false;
}

/* The entity is in no queue and may not wait here any more. */
static void evict(struct sched_core *core, struct sched_entity *entity)
{
	sched_forget_here(core, entity);
	core->sched->port->leave(entity);
	entity->moving = true;
	atomic_store(&entity->state, SCHED_WAKING);
	sched_send(core, entity, sched_place(core, entity));
}

/* False if the entity has left for another core. */
static bool handle_update(struct sched_core *core, struct sched_entity *entity, uint64_t now)
{
	bool waits = sched_state_of(entity) == SCHED_RUNNABLE;

	if (waits)
		sched_dequeue(core, entity, now);
	sched_take_params(core, entity);
	if (!sched_mask_has(&entity->params.affinity, core->id)) {
		if (waits)
			evict(core, entity);
		else
			sched_forget_here(core, entity); /* it will wake up elsewhere */
		return !waits;
	}
	if (waits)
		sched_enqueue(core, entity, SCHED_ENQUEUE_RESTORE, now);
	return true;
}

static void handle_call(struct sched_core *core, struct sched_entity *entity, enum sched_reason why,
			uint64_t now)
{
	if (sched_state_of(entity) != SCHED_RUNNABLE)
		return;
	entity->called = (uint8_t)why;
	entity->notes |= SCHED_NOTE_CALLED;
	sched_dequeue(core, entity, now);
	sched_enqueue(core, entity, SCHED_ENQUEUE_DIRECTED, now);
}

/* The entity waits here or is held by us. */
static void handle(struct sched_core *core, struct sched_entity *entity, unsigned requests,
		   uint64_t now)
{
	if (requests & SCHED_REQUEST_REMOVE) {
		sched_bury(core, entity, now);
		return;
	}
	if ((requests & SCHED_REQUEST_UPDATE) && !handle_update(core, entity, now)) {
		if (requests & ~SCHED_REQUEST_UPDATE)
			sched_post(core, entity, requests & ~SCHED_REQUEST_UPDATE);
		return;
	}
	if (requests & SCHED_REQUEST_DIRECT)
		handle_call(core, entity, SCHED_WHY_DIRECTED, now);
	else if (requests & SCHED_REQUEST_GATHER)
		handle_call(core, entity, SCHED_WHY_GANG, now);
	if (sched_state_of(entity) == SCHED_HELD)
		sched_release(core, entity, now);
}

static void arrive(struct sched_core *core, struct sched_entity *entity, uint64_t now)
{
	core->arrivals += entity->moving;
	sched_enqueue(core, entity, entity->moving ? SCHED_ENQUEUE_ARRIVE : SCHED_ENQUEUE_WAKE,
		      now);
}

static void receive(struct sched_core *core, struct sched_entity *entity, uint64_t now)
{
	unsigned requests = atomic_exchange(&entity->requests, 0);

	if (requests & SCHED_REQUEST_ARRIVE)
		arrive(core, entity, now);
	requests &= ~SCHED_REQUEST_ARRIVE;
	if (!requests || sched_state_of(entity) == SCHED_GONE)
		return;
	if (grasp(core, entity, now))
		handle(core, entity, requests, now);
	else
		sched_post(core, entity, requests); /* it is on the move: ask again */
}

static struct sched_entity *reverse(struct sched_entity *list)
{
	struct sched_entity *done = NULL;

	while (list) {
		struct sched_entity *next = list->inbox_next;

		list->inbox_next = done;
		done = list;
		list = next;
	}
	return done;
}

void sched_drain(struct sched_core *core, uint64_t now)
{
	struct sched_entity *list;

	if (!atomic_load_explicit(&core->inbox, memory_order_relaxed))
		return;
	list = reverse(atomic_exchange(&core->inbox, NULL));
	while (list) {
		struct sched_entity *entity = list;

		list = list->inbox_next; /* read before the entity can be pushed again */
		if (owner(entity) == core)
			receive(core, entity, now);
		else
			push(core, owner(entity), entity);
	}
}
