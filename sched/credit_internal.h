/*
 * Shared by the files that make up the credit family (sched/credit*.c); others need sched/credit.h
 * only.
 */
#ifndef SCHED_CREDIT_INTERNAL_H
#define SCHED_CREDIT_INTERNAL_H

#include "sched/credit.h"

static inline struct credit_core *credit_of(struct sched_core *core)
{
	return (struct credit_core *)core->data;
}

static inline const struct credit_core *credit_of_const(const struct sched_core *core)
{
	return (const struct credit_core *)core->data;
}

static inline struct credit_entity *credit_state(const struct sched_entity *entity)
{
	return (struct credit_entity *)entity->data;
}

static inline const struct credit_config *credit_config(const struct sched_core *core)
{
	return credit_of_const(core)->config;
}

static inline const struct credit_ticks *credit_ticks(const struct sched_core *core)
{
	return &credit_of_const(core)->ticks;
}

static inline uint64_t credit_us(const struct sched_core *core, uint64_t microseconds)
{
	return core->sched->ms * microseconds / 1000;
}

static inline uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t credit_slice(const struct sched_entity *entity)
{
	return credit_state(entity)->slice;
}

static inline bool credit_under(struct sched_core *core, const struct sched_entity *entity)
{
	return sched_share_lag(&credit_of(core)->clock, &credit_state(entity)->share) >= 0;
}

static inline struct sched_entity *credit_first_boosted(const struct credit_core *credit)
{
	struct sched_node *node = sched_heap_first(&credit->boost);

	if (node)
		return SCHED_ENTITY_OF(node, node);
	if (sched_list_empty(&credit->boosts))
		return NULL;
	return SCHED_ENTITY_OF(credit->boosts.next, link);
}

/* No member of any core, it takes part in sharing this one from now on. */
void credit_join(struct sched_core *core, struct sched_entity *entity);

/* It does so no longer; no effect on one that does not. */
void credit_part(struct sched_core *core, struct sched_entity *entity);

#endif
