/*
 * Borrowed virtual time. Each entity has an actual virtual time A that advances by ran / weight;
 * the one with the least effective virtual time E runs, where E is A, less a warp while the entity
 * is warped: it borrows from its future share to run early. Latency-sensitive entities are warped
 * when they wake up, until they have run for WARP_LIMIT_US or block. The running entity goes on
 * until its E is ahead of the next one by the context-switch allowance, so slices are about that
 * long. An entity that wakes up starts no earlier than the scheduler's virtual time, the least A
 * of all that want the core: sleeping saves nothing. Caps are ignored.
 * Across cores: no core idles while somebody waits for it; nothing is promised about shares.
 *
 * Whose E differ by less than half of the allowance run in order of arrival
 * (sched/calendar.h).
 *
 * Source: K. Duda, D. Cheriton, "Borrowed-virtual-time scheduling", SOSP 1999.
 * Locks: none. Cost: O(1) but for those whose E is far from that of the others.
 */
#include "sched/calendar.h"
#include "sched/policies.h"
#include "sched/share.h"

#define ALLOWANCE_US  5000  /* context-switch allowance, in running time at the entity's weight */
#define WARP_US	      50000 /* at the default weight */
#define WARP_LIMIT_US 5000
#define ALONE_US      30000 /* slice if nobody else waits */

struct bvt_entity {
	uint64_t actual; /* A, in the units of sched/share.h */
	uint32_t rest;
	bool warped;
	unsigned core; /* whose virtual time A is relative to */
};

/* The constants above in ticks. */
struct bvt_ticks {
	uint64_t allowance;
	uint64_t warp;
	uint64_t warp_limit;
	uint64_t alone;
	uint64_t width; /* of the calendar's buckets, at most */
};

struct bvt_core {
	struct sched_calendar queue; /* by E */
	struct bvt_ticks ticks;
	_Atomic uint64_t virtual_time;
};

static struct bvt_core *bvt_of(struct sched_core *core)
{
	return (struct bvt_core *)core->data;
}

static struct bvt_entity *state_of(const struct sched_entity *entity)
{
	return (struct bvt_entity *)entity->data;
}

static const struct bvt_ticks *ticks_of(const struct sched_core *core)
{
	return &((const struct bvt_core *)core->data)->ticks;
}

static uint64_t us(const struct sched_core *core, uint64_t microseconds)
{
	return core->sched->ms * microseconds / 1000;
}

static uint64_t virtual_time(struct sched_core *core)
{
	return atomic_load_explicit(&bvt_of(core)->virtual_time, memory_order_relaxed);
}

static uint64_t effective(const struct sched_core *core, const struct sched_entity *entity)
{
	const struct bvt_entity *state = state_of(entity);

	return state->actual - (state->warped ? ticks_of(core)->warp : 0);
}

static void bvt_core_init(struct sched_core *core, uint64_t now)
{
	struct bvt_core *bvt = bvt_of(core);

	(void)now;
	bvt->ticks = (struct bvt_ticks) {
		.allowance = us(core, ALLOWANCE_US),
		.warp = us(core, WARP_US),
		.warp_limit = us(core, WARP_LIMIT_US),
		.alone = us(core, ALONE_US),
		.width = us(core, ALLOWANCE_US) / 2,
	};
	sched_calendar_init(&bvt->queue, bvt->ticks.width);
	atomic_store_explicit(&bvt->virtual_time, SCHED_SHARE_START, memory_order_relaxed);
}

static void bvt_entity_init(struct sched_core *core, struct sched_entity *entity, uint64_t now)
{
	(void)now;
	state_of(entity)->actual = virtual_time(core);
	state_of(entity)->core = core->id;
}

/* A is as far from the virtual time of this core as it was from that of the core it comes from. */
static void translate(struct sched_core *core, struct bvt_entity *state)
{
	if (state->core == core->id)
		return;
	state->actual += virtual_time(core) - virtual_time(core->sched->core[state->core]);
	state->core = core->id;
}

static void bvt_enqueue(struct sched_core *core, struct sched_entity *entity,
			enum sched_enqueue how, uint64_t now)
{
	struct bvt_entity *state = state_of(entity);
	struct sched_calendar *queue = &bvt_of(core)->queue;
	const struct sched_entity *next;

	(void)now;
	translate(core, state);
	if (how == SCHED_ENQUEUE_WAKE) {
		state->warped = entity->class == SCHED_LATENCY;
		if (state->actual < virtual_time(core))
			state->actual = virtual_time(core);
	} else if (entity->burst + core->sched->grain >= ticks_of(core)->warp_limit) {
		state->warped = false;
	}
	if (how == SCHED_ENQUEUE_YIELD && (next = sched_calendar_first(queue))) {
		state->warped = false;
		sched_calendar_insert(queue, entity, effective(core, next) + 1);
		return;
	}
	sched_calendar_insert(queue, entity, effective(core, entity));
}

static void bvt_dequeue(struct sched_core *core, struct sched_entity *entity, uint64_t now)
{
	(void)now;
	sched_calendar_remove(&bvt_of(core)->queue, entity);
}

/* How long the entity may run until it is ahead of the next one, if any, by the allowance. */
static uint64_t may_run(struct sched_core *core, const struct sched_entity *entity,
			const struct sched_entity *next)
{
	const struct bvt_ticks *ticks = ticks_of(core);
	uint64_t run = ticks->alone, lead;

	if (next) {
		int64_t gap = (int64_t)(effective(core, next) - effective(core, entity));

		lead = gap > 0 ? (uint64_t)gap : 0;
		lead = lead * entity->params.weight / SCHED_SHARE_UNIT + ticks->allowance;
		run = lead < run ? lead : run;
	}
	if (state_of(entity)->warped && run > ticks->warp_limit)
		run = ticks->warp_limit;
	return run;
}

/*
 * The virtual time is the least A of those that run or wait, or a little less: E is at most A, and
 * another one in the bucket of the next may have less by a width.
 */
static void advance(struct sched_core *core, const struct sched_entity *chosen,
		    const struct sched_entity *next)
{
	uint64_t least = state_of(chosen)->actual;

	if (next && effective(core, next) < least)
		least = effective(core, next);
	least -= next ? ticks_of(core)->width : 0;
	if (least > virtual_time(core))
		atomic_store_explicit(&bvt_of(core)->virtual_time, least, memory_order_relaxed);
}

static struct sched_entity *bvt_pick(struct sched_core *core, uint64_t now,
				     struct sched_decision *decision)
{
	struct sched_calendar *queue = &bvt_of(core)->queue;
	struct sched_entity *entity = sched_calendar_first(queue), *next;

	if (!entity)
		return NULL;
	sched_calendar_remove_first(queue, entity);
	next = sched_calendar_first(queue);
	advance(core, entity, next);
	decision->until = now + may_run(core, entity, next);
	decision->reason = state_of(entity)->warped   ? SCHED_WHY_WAKE
			   : entity == core->previous ? SCHED_WHY_CONTINUE
						      : SCHED_WHY_SHARE;
	return entity;
}

static void bvt_charge(struct sched_core *core, struct sched_entity *entity, uint64_t ran,
		       uint64_t now)
{
	struct bvt_entity *state = state_of(entity);
	uint64_t amount = ran * SCHED_SHARE_UNIT + state->rest;

	(void)core;
	(void)now;
	state->actual += amount / entity->params.weight;
	state->rest = (uint32_t)(amount % entity->params.weight);
}

static bool bvt_preempts(struct sched_core *core, const struct sched_entity *entity, uint64_t now)
{
	uint64_t allowance = ticks_of(core)->allowance * SCHED_SHARE_UNIT / entity->params.weight;

	(void)now;
	return effective(core, entity) + allowance < effective(core, core->current);
}

static struct sched_entity *bvt_surplus(struct sched_core *core, const struct sched_core *to,
					uint64_t now)
{
	(void)now;
	return sched_calendar_allowed(&bvt_of(core)->queue, to);
}

const struct sched_ops sched_bvt = {
	.name = "bvt",
	.summary = "borrowed virtual time: fair, latency-sensitive vCPUs are warped on wake-up",
	.entity_size = sizeof(struct bvt_entity),
	.core_size = sizeof(struct bvt_core),
	.core_init = bvt_core_init,
	.entity_init = bvt_entity_init,
	.enqueue = bvt_enqueue,
	.dequeue = bvt_dequeue,
	.pick = bvt_pick,
	.charge = bvt_charge,
	.preempts = bvt_preempts,
	.surplus = bvt_surplus,
};

_Static_assert(sizeof(struct bvt_entity) <= SCHED_ENTITY_DATA, "must fit in sched_entity.data");
_Static_assert(sizeof(struct bvt_core) <= SCHED_CORE_DATA, "must fit in sched_core.data");
