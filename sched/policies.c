/*
 * The table of all policies, and changing from one to another while entities exist.
 */
#include "sched/policies.h"

#include <string.h>

#include "sched/internal.h"

/* In the order of the documentation: plain ones first. */
static const struct sched_ops *const policies[] = {
	&sched_rr,	&sched_credit,	    &sched_credit_plain, &sched_credit_slices,
	&sched_bvt,	&sched_edf,	    &sched_table,	 &sched_reactive,
	&sched_example, &sched_compensated, &sched_predictive,
};

const struct sched_ops *const *sched_policies(unsigned *count)
{
	*count = sizeof(policies) / sizeof(policies[0]);
	return policies;
}

const char *sched_policy_name(const struct sched_ops *ops)
{
	return ops->name;
}

const char *sched_policy_summary(const struct sched_ops *ops)
{
	return ops->summary;
}

bool sched_keeps_caps(const struct sched *sched)
{
	return sched->ops->caps;
}

static const struct sched_ops *find(const char *name, unsigned *index)
{
	for (*index = 0; *index < sizeof(policies) / sizeof(policies[0]); (*index)++)
		if (strcmp(policies[*index]->name, name) == 0)
			return policies[*index];
	return NULL;
}

static void use_ops(struct sched *sched, const struct sched_ops *ops)
{
	sched->ops = ops;
	sched->decide = ops->decide ? ops->decide : sched_decide;
}

enum error sched_init(struct sched *sched, const struct sched_port *port, uint64_t ticks_per_ms,
		      const char *policy)
{
	const struct sched_ops *ops;
	unsigned index;

	if (ticks_per_ms == 0)
		return ERR_INVALID;
	ops = find(policy, &index);
	if (!ops)
		return ERR_NOT_FOUND;
	use_ops(sched, ops);
	sched->port = port;
	sched->ms = ticks_per_ms;
	sched->migration_cost = ticks_per_ms / 2;
	sched->grain = ticks_per_ms / 50 + 1;
	sched_list_init(&sched->registry);
	atomic_flag_clear(&sched->registry_lock);
	return OK;
}

enum error sched_core_init(struct sched *sched, struct sched_core *core, unsigned node,
			   uint64_t now)
{
	if (sched->cores == SCHED_MAX_CORES)
		return ERR_LIMIT;
	core->sched = sched;
	core->id = sched->cores;
	core->node = node;
	core->start = now;
	core->stamp = now;
	sched->ops->core_init(core, now);
	sched_mask_add(&sched->online, core->id);
	sched->core[sched->cores++] = core;
	return OK;
}

/* Everything that waits, in the order of the registry, leaves the queues of the old policy. */
static void empty_queues(struct sched *sched, uint64_t now)
{
	for (struct sched_list *l = sched->registry.next; l != &sched->registry; l = l->next) {
		struct sched_entity *entity = SCHED_ENTITY_OF(l, registry);

		entity->fresh = true;
		entity->slice_used = 0;
		if (sched_state_of(entity) == SCHED_RUNNABLE)
			sched_dequeue(sched->core[atomic_load(&entity->core)], entity, now);
	}
}

static void stop_current(struct sched_core *core, uint64_t now)
{
	struct sched_entity *entity = core->current;

	if (now < core->stamp) /* its clock may be a little ahead of the caller's */
		now = core->stamp;
	sched_charge(core, now);
	core->resched = true;
	if (!entity)
		return;
	core->current = NULL;
	core->yielding = false;
	sched_enqueue(core, entity, SCHED_ENQUEUE_PUT, now);
}

/* An entity on its way between cores (WAKING, in an inbox) meets the new policy on arrival. */
static void fill_queues(struct sched *sched, uint64_t now)
{
	for (struct sched_list *l = sched->registry.next; l != &sched->registry; l = l->next) {
		struct sched_entity *entity = SCHED_ENTITY_OF(l, registry);

		if (sched_state_of(entity) == SCHED_RUNNABLE)
			sched_enqueue(sched->core[atomic_load(&entity->core)], entity,
				      SCHED_ENQUEUE_RESTORE, now);
	}
}

static void replace_ops(struct sched *sched, const struct sched_ops *ops, uint64_t now)
{
	use_ops(sched, ops);
	for (unsigned i = 0; i < sched->cores; i++) {
		memset(sched->core[i]->data, 0, sizeof(sched->core[i]->data));
		ops->core_init(sched->core[i], now);
	}
}

enum error sched_set_policy(struct sched *sched, const char *name, uint64_t now)
{
	unsigned index;
	const struct sched_ops *ops = find(name, &index);

	if (!ops)
		return ERR_NOT_FOUND;
	sched_lock_registry(sched);
	for (unsigned i = 0; i < sched->cores; i++)
		stop_current(sched->core[i], now);
	empty_queues(sched, now);
	replace_ops(sched, ops, now);
	fill_queues(sched, now);
	sched_unlock_registry(sched);
	sched_trace(sched->core[0], SCHED_TRACE_POLICY, NULL, index, 0, now);
	return OK;
}

static const char *name_of(const char *const names[], unsigned count, unsigned value)
{
	return value < count && names[value] ? names[value] : "unknown";
}

const char *sched_reason_name(enum sched_reason reason)
{
	static const char *const names[SCHED_REASONS] = {
		[SCHED_WHY_IDLE] = "idle",	   [SCHED_WHY_TURN] = "turn",
		[SCHED_WHY_CONTINUE] = "continue", [SCHED_WHY_WAKE] = "wake",
		[SCHED_WHY_SHARE] = "share",	   [SCHED_WHY_DEADLINE] = "deadline",
		[SCHED_WHY_TABLE] = "table",	   [SCHED_WHY_REPAY] = "repay",
		[SCHED_WHY_LEFTOVER] = "leftover", [SCHED_WHY_DIRECTED] = "directed",
		[SCHED_WHY_GANG] = "gang",
	};

	return name_of(names, SCHED_REASONS, reason);
}

const char *sched_state_name(enum sched_state state)
{
	static const char *const names[] = {
		[SCHED_GONE] = "gone",	     [SCHED_BLOCKED] = "blocked",
		[SCHED_WAKING] = "waking",   [SCHED_RUNNABLE] = "runnable",
		[SCHED_RUNNING] = "running", [SCHED_HELD] = "held",
	};

	return name_of(names, sizeof(names) / sizeof(names[0]), state);
}

void sched_dump(struct sched_core *core, void (*print)(void *arg, const char *line), void *arg)
{
	if (core->sched->ops->dump)
		core->sched->ops->dump(core, print, arg);
}
