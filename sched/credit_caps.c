/*
 * Caps of the credit family: who has used more of a core than its cap allows waits apart until its
 * average is down to the cap again.
 */
#include "sched/credit_internal.h"

/* What it could not use lately it may still use: one window of it. */
void credit_cap_charge(struct sched_core *core, struct sched_entity *entity, uint64_t ran,
		       uint64_t now)
{
	struct credit_entity *state = credit_state(entity);

	if (state->cap_until + credit_ticks(core)->cap_window < now)
		state->cap_until = now - credit_ticks(core)->cap_window;
	state->cap_until += ran * 100 / entity->params.cap;
}

void credit_park(struct sched_core *core, struct sched_entity *entity)
{
	sched_book_close(&credit_of(core)->book, entity);
	credit_part(core, entity);
	credit_state(entity)->queue = CREDIT_PARKED;
	credit_state(entity)->boosted = false;
	entity->slice_used = 0;
	sched_heap_insert(&credit_of(core)->parked, &entity->node, credit_state(entity)->cap_until);
}

struct sched_entity *credit_unpark(struct sched_core *core, uint64_t now)
{
	struct sched_node *node = sched_heap_first(&credit_of(core)->parked);
	struct sched_entity *entity;

	if (!node || node->key > now)
		return NULL;
	entity = SCHED_ENTITY_OF(node, node);
	sched_heap_remove(&credit_of(core)->parked, node);
	credit_return(core, entity);
	return entity;
}

uint64_t credit_next_release(struct sched_core *core)
{
	struct sched_node *node = sched_heap_first(&credit_of(core)->parked);

	return node ? node->key : SCHED_NEVER;
}
