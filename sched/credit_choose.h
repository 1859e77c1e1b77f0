/*
 * Who of those that wait runs next, and for how long, under credit and the policies built on it;
 * inline as sched/credit_queues.h is. Whoever is chosen has left its queue, and the core's decision
 * holds until when and why it runs.
 */
#ifndef SCHED_CREDIT_CHOOSE_H
#define SCHED_CREDIT_CHOOSE_H

#include "sched/credit_queues.h"

/* The tick at which a policy that only reacts notices that a boosted entity waits; 0: now. */
static inline uint64_t notice_at(struct sched_core *core)
{
	struct sched_node *node = sched_heap_first(&credit_of(core)->boost);
	uint64_t interval = credit_ticks(core)->notice;
	uint64_t since;

	if (!interval || !node)
		return 0;
	since = SCHED_ENTITY_OF(node, node)->woken_at;
	return since == SCHED_NEVER ? 0 : (since / interval + 2) * interval;
}

/*
 * The entity, of which the caller knows the queue, leaves it and may run for `run` ticks or,
 * however little is left, for as long as it takes to be worth an entry.
 */
SCHED_INLINE struct sched_entity *grant(struct sched_core *core, struct sched_entity *entity,
					uint64_t run, enum sched_reason reason, uint64_t now)
{
	struct sched_decision *decision = &core->decision;
	uint64_t grain = credit_ticks(core)->grain;

	if (run < grain)
		run = grain;
	if (entity->params.cap)
		run = least(run, credit_ticks(core)->cap_window * entity->params.cap / 100);
	credit_state(entity)->queue = CREDIT_NONE;
	decision->until = now + run;
	decision->reason = entity == core->previous ? SCHED_WHY_CONTINUE : reason;
	return entity;
}

static inline uint64_t rest_of_slice(const struct sched_entity *entity)
{
	uint64_t slice = credit_slice(entity), used = entity->slice_used;

	return slice > used ? slice - used : 0;
}

/* Of several boosted by class, each one runs for a while only; one alone is interrupted rarely. */
SCHED_INLINE uint64_t may_run_boosted(struct sched_core *core, const struct sched_entity *entity,
				      bool shares)
{
	uint64_t run = rest_of_slice(entity), boost = credit_ticks(core)->boost;

	if (shares)
		return credit_lead_limit(core, sched_heap_single(&credit_of(core)->boost)
						       ? most(run, 2 * boost)
						       : boost);
	if (run < credit_ticks(core)->grain)
		run = credit_ticks(core)->grain;
	return least(run, boost - entity->burst);
}

/*
 * If the others are as far behind as they may be, the boosted wait like everybody from now on.
 * Returns whether that is so.
 */
static APART bool end_boosts(struct sched_core *core)
{
	struct credit_core *credit = credit_of(core);
	struct sched_node *node = sched_heap_first(&credit->boost);

	if (!credit_lead_spent(core))
		return false;
	for (unsigned i = 0; i < RECLASSIFY_MAX && node; i++) {
		struct sched_entity *entity = SCHED_ENTITY_OF(node, node);

		unqueue_boost(credit, entity, true);
		credit_state(entity)->boosted = false;
		credit_forfeit(core, entity);
		queue_by_credit(core, entity, true, false);
		node = sched_heap_first(&credit->boost);
	}
	return true;
}

/* Several woke up at about the same moment: none is to wait for the whole burst of another. */
static inline bool others_have_not_begun(const struct credit_core *credit)
{
	const struct sched_node *node = sched_heap_first(&credit->boost);

	return credit->ticks.first && node && node->key == 1;
}

SCHED_INLINE struct sched_entity *take_boosted(struct sched_core *core, struct sched_entity *entity,
					       bool shares, uint64_t run, uint64_t now)
{
	struct credit_core *credit = credit_of(core);

	unqueue_boost(credit, entity, shares);
	if (others_have_not_begun(credit))
		run = least(run, credit->ticks.first);
	return grant(core, entity, run, SCHED_WHY_WAKE, now);
}

SCHED_INLINE struct sched_entity *take_turn(struct sched_core *core, uint64_t now)
{
	struct credit_core *credit = credit_of(core);
	struct sched_entity *entity = credit->turn;
	uint64_t run = rest_of_slice(entity);

	credit->turn = NULL;
	if (run <
	    credit->book.owed + credit->ticks.grain) /* the way into the guest repays nothing */
		run = credit->book.owed + credit->ticks.grain;
	return grant(core, entity, run, SCHED_WHY_REPAY, now);
}

SCHED_INLINE struct sched_entity *take_under(struct sched_core *core, uint64_t now)
{
	struct sched_entity *entity = SCHED_ENTITY_OF(credit_of(core)->under.next, link);

	sched_list_remove(&entity->link);
	return grant(core, entity, credit_slice(entity), SCHED_WHY_TURN, now);
}

/* Nobody else wants the core. */
static APART struct sched_entity *take_aside(struct sched_core *core, uint64_t now)
{
	struct sched_entity *entity = credit_of(core)->aside;

	if (!entity) {
		core->decision.until = SCHED_NEVER;
		core->decision.reason = SCHED_WHY_IDLE;
		return NULL;
	}
	credit_of(core)->aside = NULL;
	return grant(core, entity, credit_slice(entity), SCHED_WHY_LEFTOVER, now);
}

/* The entity is the first of those that are over, or NULL. */
SCHED_INLINE struct sched_entity *take_over(struct sched_core *core, struct sched_entity *entity,
					    enum sched_reason reason, uint64_t now)
{
	if (!entity)
		return take_aside(core, now);
	sched_calendar_remove_first(&credit_of(core)->over, entity);
	return grant(core, entity, credit_slice(entity), reason, now);
}

/* Boosted, whom siblings spin for, who waits for the rest of a turn, then by virtual time. */
SCHED_INLINE struct sched_entity *take_by_share(struct sched_core *core, uint64_t now)
{
	struct credit_core *credit = credit_of(core);
	struct sched_node *boosted = sched_heap_first(&credit->boost);

	if (boosted && !(credit->turn && notice_at(core) > now)) {
		struct sched_entity *entity = SCHED_ENTITY_OF(boosted, node);
		uint64_t run = may_run_boosted(core, entity, true);

		if (run > 2 * credit->ticks.grain || !end_boosts(core))
			return take_boosted(core, entity, true, run, now);
	}
	if (!sched_list_empty(&credit->under))
		return take_under(core, now);
	if (credit->turn)
		return take_turn(core, now);
	return take_over(core, sched_calendar_first(&credit->over), SCHED_WHY_SHARE, now);
}

/* BOOST, UNDER, OVER. */
SCHED_INLINE struct sched_entity *take_by_credit(struct sched_core *core, uint64_t now)
{
	struct credit_core *credit = credit_of(core);
	struct sched_entity *over = settle(core);

	if (!sched_list_empty(&credit->boosts)) {
		struct sched_entity *entity = SCHED_ENTITY_OF(credit->boosts.next, link);

		return take_boosted(core, entity, false, may_run_boosted(core, entity, false), now);
	}
	if (!sched_list_empty(&credit->under))
		return take_under(core, now);
	if (!over)
		over = sched_calendar_first(&credit->over);
	return take_over(core, over, SCHED_WHY_LEFTOVER, now);
}

/* Somebody else has been chosen: who yielded waits like all others again. */
SCHED_INLINE void bring_back(struct sched_core *core, bool shares)
{
	queue_by_credit(core, credit_of(core)->aside, shares, false);
	credit_of(core)->aside = NULL;
}

/* Lets the decision hold no longer than until that tick. */
static inline void end_by(struct sched_core *core, uint64_t tick)
{
	core->decision.until = least(core->decision.until, tick);
}

SCHED_INLINE struct sched_entity *choose_unparked(struct sched_core *core, bool shares,
						  uint64_t now)
{
	struct credit_core *credit = credit_of(core);
	struct sched_entity *entity;

	entity = shares ? take_by_share(core, now) : take_by_credit(core, now);
	if (credit->aside)
		bring_back(core, shares);
	if (shares && credit->ticks.notice && notice_at(core) > now)
		end_by(core, notice_at(core));
	return entity;
}

static APART struct sched_entity *choose_with_parked(struct sched_core *core, uint64_t now)
{
	struct sched_entity *entity;

	unpark(core, now);
	entity = choose_unparked(core, by_share(core), now);
	end_by(core, credit_next_release(core));
	return entity;
}

SCHED_INLINE struct sched_entity *choose(struct sched_core *core, bool shares, uint64_t now)
{
	if (__builtin_expect(sched_heap_first(&credit_of(core)->parked) != NULL, 0))
		return choose_with_parked(core, now);
	return choose_unparked(core, shares, now);
}

#endif
