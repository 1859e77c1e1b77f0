/*
 * What vCPUs of one VM do for each other.
 *
 * Directed yield: a vCPU that spins (pause-loop exit) most likely waits for a sibling that holds a
 * lock and was preempted. It gives the core away, and the first sibling found waiting, here or on
 * another core, moves to the front of its class in its queue; it gets no share it is not entitled
 * to. Under the policies of the credit family it interrupts who runs there, as long as it has had
 * less than its share: a lock with tickets waits for one certain vCPU, and while that one waits for
 * the end of another's slice, all its siblings spin. The idea is that of KVM's directed yield (R.
 * van Riel, 2011); ours asks the owner of the other queue.
 *
 * Gang hint: when a vCPU of a VM with this hint starts to run, its siblings that wait on other
 * cores move to the front of their class there, so that they run at the same time as far as shares
 * allow; at most once in GATHER_EVERY_US for each vCPU, as it costs kicks. A hint only: nobody
 * waits for the gang to be complete. (J. Ousterhout, "Scheduling techniques for concurrent
 * systems", 1982.)
 *
 * Locks: the registry lock, tried once. Cost: at most LOOKS siblings are looked at, in turn.
 */
#include "sched/internal.h"

#define LOOKS		8
#define GATHER_EVERY_US 1000

static struct sched_entity *waiting_sibling(struct sched_entity *entity)
{
	struct sched_list *l = entity->siblings.next;

	for (unsigned i = 0; i < LOOKS && l != &entity->siblings; i++, l = l->next)
		if (sched_state_of(SCHED_ENTITY_OF(l, siblings)) == SCHED_RUNNABLE)
			return SCHED_ENTITY_OF(l, siblings);
	return NULL;
}

void sched_yield_spinning(struct sched_core *core)
{
	struct sched *sched = core->sched;
	struct sched_entity *sibling;

	sched_yield_current(core);
	if (!core->current || !sched_try_lock_registry(sched))
		return;
	sibling = waiting_sibling(core->current);
	if (sibling)
		sched_post(core, sibling, SCHED_REQUEST_DIRECT);
	sched_unlock_registry(sched);
}

void sched_gather(struct sched_core *core, struct sched_entity *entity, uint64_t now)
{
	struct sched_list *l = entity->siblings.next;

	if (now - entity->gathered < core->sched->ms * GATHER_EVERY_US / 1000 ||
	    !sched_try_lock_registry(core->sched))
		return;
	entity->gathered = now;
	for (unsigned i = 0; i < LOOKS && l != &entity->siblings; i++, l = l->next) {
		struct sched_entity *sibling = SCHED_ENTITY_OF(l, siblings);

		if (sched_state_of(sibling) == SCHED_RUNNABLE &&
		    atomic_load(&sibling->core) != core->id)
			sched_post(core, sibling, SCHED_REQUEST_GATHER);
	}
	sched_unlock_registry(core->sched);
}
