/*
 * Credit scheduling after Xen: 30 ms slices, weights, caps, BOOST on wake-up.
 *
 * Who has had at most its weighted share of the core is UNDER, who has had more is OVER. UNDER
 * comes before OVER; inside UNDER it is first come, first served; inside OVER whoever is least
 * over. An entity that wakes up while UNDER is boosted: it comes first and preempts, for at
 * most 10 ms. A cap holds an entity back after each run until its average is down to the cap.
 *
 * Xen counts credit in samples of 10 ms and hands it out every 30 ms in a loop over all vCPUs;
 * here the same credit is kept exactly and continuously as virtual time (sched/share.h), which
 * costs O(log n) a decision, has no loop over vCPUs and cannot be cheated by sleeping at the tick.
 * Credit that can be saved by sleeping is limited, as in Xen, to one slice.
 *
 * Fairness: among entities that always want the core, received and entitled time differ by at
 * most one slice plus what was saved up. Source: E. Ackaouy, "The Xen credit CPU scheduler", 2006;
 * Xen, docs/misc/sched-credit.
 * Locks: none. Cost: O(log n); two divisions a charge.
 */
#include "sched/credit.h"

#include <stdio.h>

#include "sched/policies.h"

#define CAP_WINDOW_US  30000 /* a capped entity runs at most cap percent of this at once */
#define RECLASSIFY_MAX 2     /* entities that change between UNDER and OVER in one decision */
#define SURPLUS_LOOKS  4

static struct credit_core *credit_of(struct sched_core *core)
{
	return (struct credit_core *)core->data;
}

static struct credit_entity *state_of(const struct sched_entity *entity)
{
	return (struct credit_entity *)entity->data;
}

static const struct credit_config *config_of(const struct sched_core *core)
{
	return core->sched->ops->config;
}

static uint64_t us(const struct sched_core *core, uint64_t microseconds)
{
	return core->sched->ms * microseconds / 1000;
}

static bool under(struct sched_core *core, const struct sched_entity *entity)
{
	return sched_share_lag(&credit_of(core)->clock, &state_of(entity)->share) >= 0;
}

static uint64_t slice_of(const struct sched_core *core, const struct sched_entity *entity)
{
	const struct credit_config *config = config_of(core);
	const struct sched_params *p = &entity->params;
	uint64_t slice = us(core, config->slice_us);

	if (!config->own_slices)
		return slice;
	if (p->slice)
		return p->slice;
	if (p->slice_max && slice > p->slice_max)
		return p->slice_max;
	return slice < p->slice_min ? p->slice_min : slice;
}

static void credit_core_init(struct sched_core *core, uint64_t now)
{
	struct credit_core *credit = credit_of(core);

	(void)now;
	sched_list_init(&credit->boost);
	sched_list_init(&credit->under);
}

static void credit_entity_init(struct sched_core *core, struct sched_entity *entity, uint64_t now)
{
	struct credit_entity *state = state_of(entity);

	state->share.time = sched_share_time(&credit_of(core)->clock);
	state->clock = core->id;
	state->cap_until = now;
}

/* Takes part in sharing this core from now on. */
static void join(struct sched_core *core, struct sched_entity *entity)
{
	struct credit_entity *state = state_of(entity);
	struct sched_core *from = core->sched->core[state->clock];

	if (state->share.member)
		return;
	if (from != core)
		sched_share_move(&credit_of(from)->clock, &credit_of(core)->clock, &state->share);
	state->clock = core->id;
	state->share.weight = entity->params.weight;
	sched_share_join(&credit_of(core)->clock, &state->share,
			 us(core, config_of(core)->saved_us));
}

static void part(struct sched_core *core, struct sched_entity *entity)
{
	if (state_of(entity)->share.member)
		sched_share_leave(&credit_of(core)->clock, &state_of(entity)->share);
}

static void queue_over(struct sched_core *core, struct sched_entity *entity)
{
	state_of(entity)->queue = CREDIT_OVER;
	sched_heap_insert(&credit_of(core)->over, &entity->node, state_of(entity)->share.time);
}

static void queue_list(struct sched_list *list, struct sched_entity *entity,
		       enum credit_queue queue, bool first)
{
	state_of(entity)->queue = queue;
	if (first)
		sched_list_add_head(list, &entity->link);
	else
		sched_list_add_tail(list, &entity->link);
}

static void queue_by_credit(struct sched_core *core, struct sched_entity *entity, bool first)
{
	if (!under(core, entity))
		queue_over(core, entity);
	else if (state_of(entity)->boosted)
		queue_list(&credit_of(core)->boost, entity, CREDIT_BOOST, first);
	else
		queue_list(&credit_of(core)->under, entity, CREDIT_UNDER, first);
}

static void park(struct sched_core *core, struct sched_entity *entity)
{
	part(core, entity);
	state_of(entity)->queue = CREDIT_PARKED;
	state_of(entity)->boosted = false;
	sched_heap_insert(&credit_of(core)->parked, &entity->node, state_of(entity)->cap_until);
}

/* True if the entity goes on with its slice, before others of its class. */
static bool unfinished(const struct sched_core *core, struct sched_entity *entity,
		       enum sched_enqueue how)
{
	if (how == SCHED_ENQUEUE_DIRECTED)
		return true;
	if (how == SCHED_ENQUEUE_PUT && sched_slice_left(core, entity, slice_of(core, entity)))
		return true;
	entity->slice_used = 0;
	return false;
}

static void update_boost(struct sched_core *core, struct sched_entity *entity,
			 enum sched_enqueue how)
{
	struct credit_entity *state = state_of(entity);
	const struct credit_config *config = config_of(core);

	if (how == SCHED_ENQUEUE_WAKE)
		state->boosted = config->boost && under(core, entity);
	else if (how == SCHED_ENQUEUE_YIELD ||
		 entity->burst + core->sched->grain >= us(core, config->boost_us))
		state->boosted = false;
}

static void credit_enqueue(struct sched_core *core, struct sched_entity *entity,
			   enum sched_enqueue how, uint64_t now)
{
	struct credit_entity *state = state_of(entity);
	bool first = unfinished(core, entity, how);

	if (entity->params.cap && state->cap_until > now) {
		park(core, entity);
		return;
	}
	join(core, entity);
	update_boost(core, entity, how);
	if (how == SCHED_ENQUEUE_YIELD) {
		state->queue = CREDIT_ASIDE;
		credit_of(core)->aside = entity;
		return;
	}
	queue_by_credit(core, entity, first);
}

static void unqueue(struct sched_core *core, struct sched_entity *entity)
{
	struct credit_core *credit = credit_of(core);
	enum credit_queue queue = state_of(entity)->queue;

	state_of(entity)->queue = CREDIT_NONE;
	if (queue == CREDIT_OVER)
		sched_heap_remove(&credit->over, &entity->node);
	else if (queue == CREDIT_PARKED)
		sched_heap_remove(&credit->parked, &entity->node);
	else if (queue == CREDIT_ASIDE)
		credit->aside = NULL;
	else
		sched_list_remove(&entity->link);
}

static void credit_dequeue(struct sched_core *core, struct sched_entity *entity, uint64_t now)
{
	(void)now;
	unqueue(core, entity);
	part(core, entity);
}

static void credit_leave(struct sched_core *core, struct sched_entity *entity, uint64_t now)
{
	(void)now;
	part(core, entity);
}

static void unpark(struct sched_core *core, uint64_t now)
{
	struct sched_node *node = sched_heap_first(&credit_of(core)->parked);

	while (node && node->key <= now) {
		struct sched_entity *entity = SCHED_ENTITY_OF(node, node);

		unqueue(core, entity);
		join(core, entity);
		queue_by_credit(core, entity, false);
		node = sched_heap_first(&credit_of(core)->parked);
	}
}

/* The clock has moved on: some who were over are no longer, or the other way round. */
static void reclassify(struct sched_core *core)
{
	struct credit_core *credit = credit_of(core);

	for (unsigned i = 0; i < RECLASSIFY_MAX; i++) {
		struct sched_node *node = sched_heap_first(&credit->over);

		if (!node || !under(core, SCHED_ENTITY_OF(node, node)))
			break;
		unqueue(core, SCHED_ENTITY_OF(node, node));
		queue_by_credit(core, SCHED_ENTITY_OF(node, node), false);
	}
	for (unsigned i = 0; i < RECLASSIFY_MAX && !sched_list_empty(&credit->under); i++) {
		struct sched_entity *entity = SCHED_ENTITY_OF(credit->under.next, link);

		if (under(core, entity))
			break;
		unqueue(core, entity);
		queue_over(core, entity);
	}
}

static struct sched_entity *best(struct credit_core *credit)
{
	if (!sched_list_empty(&credit->boost))
		return SCHED_ENTITY_OF(credit->boost.next, link);
	if (!sched_list_empty(&credit->under))
		return SCHED_ENTITY_OF(credit->under.next, link);
	if (sched_heap_first(&credit->over))
		return SCHED_ENTITY_OF(sched_heap_first(&credit->over), node);
	return credit->aside;
}

static uint64_t next_release(struct sched_core *core)
{
	struct sched_node *node = sched_heap_first(&credit_of(core)->parked);

	return node ? node->key : SCHED_NEVER;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t may_run(struct sched_core *core, const struct sched_entity *entity,
			enum credit_queue queue)
{
	uint64_t run = slice_of(core, entity);

	run -= least(run, entity->slice_used);
	if (queue == CREDIT_BOOST)
		run = least(run, us(core, config_of(core)->boost_us) - entity->burst);
	if (entity->params.cap)
		run = least(run, us(core, CAP_WINDOW_US) * entity->params.cap / 100);
	return run;
}

static enum sched_reason reason_of(const struct sched_core *core, const struct sched_entity *entity,
				   enum credit_queue queue)
{
	static const uint8_t reasons[] = {
		[CREDIT_BOOST] = SCHED_WHY_WAKE,
		[CREDIT_UNDER] = SCHED_WHY_TURN,
		[CREDIT_OVER] = SCHED_WHY_LEFTOVER,
		[CREDIT_ASIDE] = SCHED_WHY_LEFTOVER,
	};

	return entity == core->previous ? SCHED_WHY_CONTINUE : reasons[queue];
}

static struct sched_entity *credit_pick(struct sched_core *core, uint64_t now,
					struct sched_decision *decision)
{
	struct credit_core *credit = credit_of(core);
	struct sched_entity *entity;
	enum credit_queue queue;

	unpark(core, now);
	reclassify(core);
	decision->until = next_release(core);
	entity = best(credit);
	if (!entity)
		return NULL;
	queue = state_of(entity)->queue;
	unqueue(core, entity);
	if (credit->aside) {
		queue_by_credit(core, credit->aside, false);
		credit->aside = NULL;
	}
	decision->until = least(decision->until, now + may_run(core, entity, queue));
	decision->reason = reason_of(core, entity, queue);
	return entity;
}

static void credit_charge(struct sched_core *core, struct sched_entity *entity, uint64_t ran,
			  uint64_t now)
{
	struct credit_entity *state = state_of(entity);

	sched_share_charge(&credit_of(core)->clock, &state->share, ran);
	if (!entity->params.cap)
		return;
	if (state->cap_until < now - ran)
		state->cap_until = now - ran;
	state->cap_until += ran * 100 / entity->params.cap;
}

/* The class that the running entity would have if it waited. */
static enum credit_queue class_of_current(struct sched_core *core)
{
	struct sched_entity *entity = core->current;

	if (!under(core, entity))
		return CREDIT_OVER;
	return state_of(entity)->boosted ? CREDIT_BOOST : CREDIT_UNDER;
}

static bool credit_preempts(struct sched_core *core, const struct sched_entity *entity,
			    uint64_t now)
{
	(void)now;
	return state_of(entity)->queue < class_of_current(core);
}

static uint64_t credit_next_event(struct sched_core *core, uint64_t now)
{
	(void)now;
	return next_release(core);
}

static struct sched_entity *credit_surplus(struct sched_core *core, const struct sched_core *to,
					   uint64_t now)
{
	struct credit_core *credit = credit_of(core);
	struct sched_node *over = sched_heap_first(&credit->over);
	struct sched_entity *entity = sched_list_allowed(&credit->boost, to, SURPLUS_LOOKS);

	(void)now;
	if (!entity)
		entity = sched_list_allowed(&credit->under, to, SURPLUS_LOOKS);
	if (!entity && over &&
	    sched_mask_has(&SCHED_ENTITY_OF(over, node)->params.affinity, to->id))
		entity = SCHED_ENTITY_OF(over, node);
	return entity;
}

static void dump_list(struct sched_core *core, const char *name, struct sched_list *list,
		      void (*print)(void *arg, const char *line), void *arg)
{
	char line[96];

	for (struct sched_list *l = list->next; l != list; l = l->next) {
		struct sched_entity *entity = SCHED_ENTITY_OF(l, link);

		snprintf(line, sizeof(line), "%s vcpu %u vm %u credit %lld", name, entity->id,
			 entity->vm,
			 (long long)sched_share_credit(&credit_of(core)->clock,
						       &state_of(entity)->share));
		print(arg, line);
	}
}

static void credit_dump(struct sched_core *core, void (*print)(void *arg, const char *line),
			void *arg)
{
	struct sched_node *over = sched_heap_first(&credit_of(core)->over);
	char line[96];

	dump_list(core, "boost", &credit_of(core)->boost, print, arg);
	dump_list(core, "under", &credit_of(core)->under, print, arg);
	if (!over)
		return;
	snprintf(line, sizeof(line), "over, first: vcpu %u", SCHED_ENTITY_OF(over, node)->id);
	print(arg, line);
}

/* The policies of the family differ in their constants only. */
#define CREDIT_OPS                                                                                 \
	.entity_size = sizeof(struct credit_entity), .core_size = sizeof(struct credit_core),      \
	.core_init = credit_core_init, .entity_init = credit_entity_init,                          \
	.enqueue = credit_enqueue, .dequeue = credit_dequeue, .pick = credit_pick,                 \
	.charge = credit_charge, .preempts = credit_preempts, .leave = credit_leave,               \
	.next_event = credit_next_event, .surplus = credit_surplus, .dump = credit_dump

static const struct credit_config xen = {
	.boost = true, .slice_us = 30000, .saved_us = 30000, .boost_us = 10000
};
static const struct credit_config plain = {
	.boost = false, .slice_us = 30000, .saved_us = 30000, .boost_us = 10000
};
static const struct credit_config slices = {
	.boost = true, .own_slices = true, .slice_us = 30000, .saved_us = 30000, .boost_us = 10000
};

const struct sched_ops sched_credit = {
	.name = "credit",
	.summary = "Xen's credit: weights, caps, BOOST on wake-up, 30 ms slices",
	.config = &xen,
	CREDIT_OPS,
};

const struct sched_ops sched_credit_plain = {
	.name = "credit-plain",
	.summary = "credit without BOOST",
	.config = &plain,
	CREDIT_OPS,
};

const struct sched_ops sched_credit_slices = {
	.name = "credit-slices",
	.summary = "credit with a slice (base, min, max) of each vCPU's own",
	.config = &slices,
	CREDIT_OPS,
};

_Static_assert(sizeof(struct credit_entity) <= SCHED_ENTITY_DATA, "must fit in sched_entity.data");
_Static_assert(sizeof(struct credit_core) <= SCHED_CORE_DATA, "must fit in sched_core.data");
