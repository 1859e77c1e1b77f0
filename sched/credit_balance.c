/*
 * Which waiting entity of the credit family goes to another core: to an idle one, or to a busy one
 * whose members get ahead.
 */
#include "sched/credit_internal.h"

#define SURPLUS_LOOKS 4
#define UNEVEN_US     2000 /* cores differing by less are even */

struct sched_entity *credit_surplus(struct sched_core *core, const struct sched_core *to,
				    uint64_t now)
{
	struct credit_core *credit = credit_of(core);
	struct sched_entity *entity = sched_heap_allowed(&credit->boost, to);

	(void)now;
	if (!entity)
		entity = sched_list_allowed(&credit->boosts, to, SURPLUS_LOOKS);
	if (!entity)
		entity = sched_list_allowed(&credit->under, to, SURPLUS_LOOKS);
	if (!entity)
		entity = sched_calendar_allowed(&credit->over, to);
	return entity ? entity : sched_allowed(credit->turn, to);
}

/*
 * Members of a core that fewer share get ahead. The one most behind here goes over there; later
 * somebody comes back, and so all get the same in the end.
 */
struct sched_entity *credit_excess(struct sched_core *core, const struct sched_core *to,
				   uint64_t now)
{
	struct credit_core *credit = credit_of(core);
	const struct sched_share_clock *theirs = &credit_of_const(to)->clock;
	struct sched_entity *entity;
	int64_t unit, gap;

	if (sched_share_weight(theirs) >= sched_share_weight(&credit->clock))
		return NULL;
	entity = sched_list_allowed(&credit->under, to, SURPLUS_LOOKS);
	if (!entity)
		entity = sched_calendar_allowed(&credit->over, to);
	if (!entity)
		entity = sched_allowed(credit->turn, to);
	if (!entity)
		return NULL;
	unit = (int64_t)(credit_us(core, 1000) * SCHED_WEIGHT_DEFAULT / entity->params.weight);
	gap = sched_share_gap(&credit->clock, theirs,
			      unit * (UNEVEN_US + credit_config(core)->slice_us) / 1000);
	if (now - entity->ran_last < core->sched->migration_cost) /* its cache is still warm */
		gap -= unit * (int64_t)core->sched->migration_cost / (int64_t)credit_us(core, 1000);
	return gap > unit * UNEVEN_US / 1000 ? entity : NULL;
}
