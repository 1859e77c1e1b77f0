/*
 * Directed yield: a vCPU that spins (pause-loop exit) most likely waits for a sibling that holds a
 * lock and was preempted. It gives the core away, and the first sibling found waiting, here or on
 * another core, moves to the front of its class in its queue; it gets no share it is not entitled
 * to. The idea is that of KVM's directed yield (R. van Riel, 2011); ours asks the owner of the
 * other queue.
 *
 * Locks: the registry lock, tried once. Cost: at most LOOKS siblings are looked at, in turn.
 */
#include "sched/internal.h"

#define LOOKS 8

static struct sched_entity *waiting_sibling(struct sched_entity *entity)
{
	struct sched_list *l = entity->siblings.next;

	for (unsigned i = 0; i < LOOKS && l != &entity->siblings; i++, l = l->next)
		if (sched_state_of(SCHED_ENTITY_OF(l, siblings)) == SCHED_RUNNABLE)
			return SCHED_ENTITY_OF(l, siblings);
	return NULL;
}

void sched_yield_spinning(struct sched_core *core, uint64_t now)
{
	struct sched *sched = core->sched;
	struct sched_entity *sibling;

	sched_yield_current(core, now);
	if (!core->current || !sched_try_lock_registry(sched))
		return;
	sibling = waiting_sibling(core->current);
	if (sibling)
		sched_post(core, sibling, SCHED_REQUEST_DIRECT);
	sched_unlock_registry(sched);
}
