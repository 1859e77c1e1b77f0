/*
 * Round robin. One queue in order of arrival; each entity runs for a slice (its own, else 10 ms)
 * and goes to the end. Nothing preempts, weights and caps are ignored: the plainest baseline.
 * Across cores: no core idles while somebody waits for it; nothing is promised about shares.
 *
 * Source: L. Kleinrock, "Analysis of a time-shared processor", 1964.
 * Locks: none. Cost: O(1).
 */
#include "sched/policies.h"

#define DEFAULT_SLICE_MS 10
#define SURPLUS_LOOKS	 4

struct rr_core {
	struct sched_list queue;
};

static struct rr_core *rr_of(struct sched_core *core)
{
	return (struct rr_core *)core->data;
}

static uint64_t slice_of(const struct sched_core *core, const struct sched_entity *entity)
{
	return entity->params.slice ? entity->params.slice : DEFAULT_SLICE_MS * core->sched->ms;
}

static void rr_core_init(struct sched_core *core, uint64_t now)
{
	(void)now;
	sched_list_init(&rr_of(core)->queue);
}

static void rr_enqueue(struct sched_core *core, struct sched_entity *entity, enum sched_enqueue how,
		       uint64_t now)
{
	bool unfinished =
		how == SCHED_ENQUEUE_PUT && sched_slice_left(core, entity, slice_of(core, entity));

	(void)now;
	if (unfinished || how == SCHED_ENQUEUE_DIRECTED) {
		sched_list_add_head(&rr_of(core)->queue, &entity->link);
		return;
	}
	entity->slice_used = 0;
	sched_list_add_tail(&rr_of(core)->queue, &entity->link);
}

static void rr_dequeue(struct sched_core *core, struct sched_entity *entity, uint64_t now)
{
	(void)core;
	(void)now;
	sched_list_remove(&entity->link);
}

static struct sched_entity *rr_pick(struct sched_core *core, uint64_t now,
				    struct sched_decision *decision)
{
	struct sched_list *queue = &rr_of(core)->queue;
	struct sched_entity *entity;

	if (sched_list_empty(queue))
		return NULL;
	entity = SCHED_ENTITY_OF(queue->next, link);
	sched_list_remove(&entity->link);
	decision->until = now + slice_of(core, entity) - entity->slice_used;
	decision->reason = entity == core->previous ? SCHED_WHY_CONTINUE : SCHED_WHY_TURN;
	return entity;
}

static bool rr_preempts(struct sched_core *core, const struct sched_entity *entity, uint64_t now)
{
	(void)core;
	(void)entity;
	(void)now;
	return false;
}

static struct sched_entity *rr_surplus(struct sched_core *core, const struct sched_core *to,
				       uint64_t now)
{
	(void)now;
	return sched_list_allowed(&rr_of(core)->queue, to, SURPLUS_LOOKS);
}

const struct sched_ops sched_rr = {
	.name = "rr",
	.summary = "round robin, 10 ms slices",
	.core_size = sizeof(struct rr_core),
	.core_init = rr_core_init,
	.enqueue = rr_enqueue,
	.dequeue = rr_dequeue,
	.pick = rr_pick,
	.preempts = rr_preempts,
	.surplus = rr_surplus,
};

_Static_assert(sizeof(struct rr_core) <= SCHED_CORE_DATA, "must fit in sched_core.data");
