/*
 * Where members of a core wait under credit and the policies built on it, inline for the reason
 * that sched/decide.h gives: boosted, UNDER, OVER, for the rest of a turn, aside after a yield, or
 * parked at a cap (sched/credit_caps.c). Only sched/credit.c includes this, through
 * sched/credit_choose.h. `shares` stands for credit_config.by_share, a constant in both decisions.
 */
#ifndef SCHED_CREDIT_QUEUES_H
#define SCHED_CREDIT_QUEUES_H

#include "sched/credit_internal.h"
#include "sched/decide.h"

/* Kept out of line, so that the common case in its caller saves no registers for it. */
#define APART __attribute__((noinline, unused))

#define RECLASSIFY_MAX 2 /* entities that change between UNDER and OVER in one decision */

static inline bool by_share(const struct sched_core *core)
{
	return credit_config(core)->by_share;
}

/*
 * By virtual time; in order of shares, by that in the middle of its next slice. By the start of the
 * slice, light entities would get ahead at the cost of heavy ones, by its end the other way round.
 */
SCHED_INLINE void queue_over(struct sched_core *core, struct sched_entity *entity, bool shares,
			     bool first)
{
	uint64_t key = first ? 0 : credit_state(entity)->share.time;

	if (shares)
		key += credit_state(entity)->half;
	credit_state(entity)->queue = CREDIT_OVER;
	sched_calendar_insert(&credit_of(core)->over, entity, key);
}

static inline uint64_t usual_boost_key(struct sched_core *core, const struct sched_entity *entity)
{
	const struct credit_ticks *t = credit_ticks(core);

	if (t->first)
		return entity->burst / t->first + 1;
	if (!t->later)
		return entity->burst + 1;
	return credit_state(entity)->arrived + entity->burst / t->boost * t->later;
}

/* The order of those boosted by class. */
static inline uint64_t boost_key(struct sched_core *core, const struct sched_entity *entity)
{
	const struct credit_config *config = credit_config(core);

	return config->boost_key ? config->boost_key(core, entity) : usual_boost_key(core, entity);
}

static inline void queue_in_list(struct sched_list *list, struct sched_entity *entity, bool first)
{
	if (first)
		sched_list_add_head(list, &entity->link);
	else
		sched_list_add_tail(list, &entity->link);
}

static APART void queue_boost(struct sched_core *core, struct sched_entity *entity, bool first)
{
	struct credit_core *credit = credit_of(core);

	credit_state(entity)->queue = CREDIT_BOOST;
	if (credit->config->by_share)
		sched_heap_insert(&credit->boost, &entity->node,
				  first ? 0 : boost_key(core, entity));
	else
		queue_in_list(&credit->boosts, entity, first);
}

SCHED_INLINE void unqueue_boost(struct credit_core *credit, struct sched_entity *entity,
				bool shares)
{
	if (shares)
		sched_heap_remove(&credit->boost, &entity->node);
	else
		sched_list_remove(&entity->link);
}

static inline void queue_under(struct sched_core *core, struct sched_entity *entity, bool first)
{
	credit_state(entity)->queue = CREDIT_UNDER;
	queue_in_list(&credit_of(core)->under, entity, first);
}

/*
 * A sibling spins, most likely for a lock that this one holds or is next to get. In order of shares
 * nothing else would cut a running slice short, so all siblings would spin until that is over.
 */
static inline bool is_wanted(const struct sched_entity *entity)
{
	return entity->called == SCHED_WHY_DIRECTED;
}

SCHED_INLINE void queue_by_credit(struct sched_core *core, struct sched_entity *entity, bool shares,
				  bool first)
{
	if (credit_state(entity)->boosted && credit_under(core, entity))
		queue_boost(core, entity, first);
	else if (shares && first && is_wanted(entity) && credit_under(core, entity))
		queue_under(core, entity, false);
	else if (shares)
		queue_over(core, entity, true, first && credit_under(core, entity));
	else if (credit_under(core, entity))
		queue_under(core, entity, first);
	else
		queue_over(core, entity, false, false);
}

/* What is left of a slice must be worth an entry to the guest and an exit: more than 1/64 of it. */
static inline bool worth_the_rest(const struct sched_core *core, const struct sched_entity *entity)
{
	uint64_t slice = credit_slice(entity);

	return entity->slice_used + core->sched->grain + slice / 64 < slice;
}

/* True if an entity that could go on has something left of its slice. */
static inline bool unfinished(const struct sched_core *core, const struct sched_entity *entity)
{
	if (credit_of_const(core)->book.creditor == entity && credit_of_const(core)->book.owed)
		return true;
	return worth_the_rest(core, entity);
}

/* Waits for the rest of its slice; whoever runs before it meanwhile owes it that time. */
static APART void queue_turn(struct sched_core *core, struct sched_entity *entity)
{
	struct credit_core *credit = credit_of(core);

	credit_state(entity)->queue = CREDIT_TURN;
	credit->turn = entity;
	sched_book_open(&credit->book, entity,
			sched_slice_left(core, entity, credit_slice(entity)));
}

static APART bool may_boost(struct sched_core *core, const struct sched_entity *entity)
{
	const struct credit_config *config = credit_config(core);

	return config->boost && credit_under(core, entity) &&
	       (!config->by_share || entity->class == SCHED_LATENCY) && !credit_lead_spent(core) &&
	       (!config->may_boost || config->may_boost(core, entity));
}

static inline bool boost_lasted(const struct sched_core *core, const struct sched_entity *entity)
{
	return !credit_config(core)->by_share &&
	       entity->burst + core->sched->grain >= credit_ticks(core)->boost;
}

/* A boost begins with a wake-up; it ends without credit or when it has lasted. */
static inline void update_boost(struct sched_core *core, struct sched_entity *entity,
				enum sched_enqueue how)
{
	struct credit_entity *state = credit_state(entity);

	if (how == SCHED_ENQUEUE_WAKE) {
		state->arrived = entity->woken_at;
		state->boosted = may_boost(core, entity);
	} else if (state->boosted && (boost_lasted(core, entity) || !may_boost(core, entity))) {
		state->boosted = false;
		credit_forfeit(core, entity);
	}
}

/* It gives way: whoever is chosen next, it is not this one, unless it is alone. */
SCHED_INLINE void set_aside(struct sched_core *core, struct sched_entity *entity, bool shares)
{
	credit_state(entity)->queue = CREDIT_ASIDE;
	credit_state(entity)->boosted = false;
	credit_of(core)->aside = entity;
	entity->slice_used = 0;
	if (shares)
		sched_book_close(&credit_of(core)->book, entity);
}

/*
 * An entity that comes because it is behind does not wait for the rest of a turn: by then the core
 * that sent it may have nothing to do, and ask for it back, instead of for whoever runs here.
 */
static APART bool end_turn(struct sched_core *core, const struct sched_entity *behind, uint64_t now)
{
	struct credit_core *credit = credit_of(core);
	struct sched_entity *turn = credit->turn;

	if (!turn || !credit_under(core, behind))
		return false;
	credit->turn = NULL;
	turn->slice_used = 0;
	sched_book_close(&credit->book, turn);
	queue_by_credit(core, turn, true, false);
	sched_even_out_soon(core, now);
	return true;
}

/* The queue of a member that can run and does not yield. */
SCHED_INLINE void choose_queue(struct sched_core *core, struct sched_entity *entity, bool shares,
			       enum sched_enqueue how, uint64_t now)
{
	bool goes_on = how == SCHED_ENQUEUE_PUT && unfinished(core, entity);
	bool was_boosted = credit_state(entity)->boosted, first;

	update_boost(core, entity, how);
	if (goes_on && shares && !was_boosted && !credit_of(core)->turn) {
		queue_turn(core, entity);
		return;
	}
	first = how == SCHED_ENQUEUE_DIRECTED ||
		(shares && how == SCHED_ENQUEUE_ARRIVE && end_turn(core, entity, now));
	queue_by_credit(core, entity, shares, first);
	if (!goes_on || !credit_state(entity)->boosted)
		entity->slice_used = 0;
	sched_book_close(&credit_of(core)->book, entity);
}

/* True if its cap holds it back. */
static APART bool put_back_capped(struct sched_core *core, struct sched_entity *entity,
				  uint64_t now)
{
	if (credit_capped(entity, now)) {
		credit_park(core, entity);
		return true;
	}
	if (!credit_state(entity)->share.member)
		credit_return(core, entity);
	return false;
}

/* The entity has just run, so it is a member, or comes back from its cap. */
SCHED_INLINE void put_back(struct sched_core *core, struct sched_entity *entity, bool shares,
			   enum sched_enqueue how, uint64_t now)
{
	if (entity->params.cap && put_back_capped(core, entity, now))
		return;
	if (how == SCHED_ENQUEUE_YIELD)
		set_aside(core, entity, shares);
	else
		choose_queue(core, entity, shares, SCHED_ENQUEUE_PUT, now);
}

/* Lets those go on whose caps allow it again. */
static APART void unpark(struct sched_core *core, uint64_t now)
{
	struct sched_entity *entity;

	while ((entity = credit_unpark(core, now)))
		queue_by_credit(core, entity, by_share(core), false);
}

/* Moves those that are over no longer, and those that are under no longer. */
static APART void reclassify(struct sched_core *core)
{
	struct credit_core *credit = credit_of(core);
	struct sched_entity *entity;

	for (unsigned i = 0; i < RECLASSIFY_MAX; i++) {
		entity = sched_calendar_first(&credit->over);
		if (!entity || !credit_under(core, entity))
			break;
		sched_calendar_remove(&credit->over, entity);
		queue_by_credit(core, entity, false, false);
	}
	for (unsigned i = 0; i < RECLASSIFY_MAX && !sched_list_empty(&credit->under); i++) {
		entity = SCHED_ENTITY_OF(credit->under.next, link);
		if (credit_under(core, entity))
			break;
		sched_list_remove(&entity->link);
		queue_over(core, entity, false, false);
	}
}

/*
 * The clock moves on, so the first of those that are over, or of those that are under, may be so no
 * longer. Returns the first that is over, NULL if it has to be looked for again.
 */
static inline struct sched_entity *settle(struct sched_core *core)
{
	struct credit_core *credit = credit_of(core);
	struct sched_entity *over = sched_calendar_first(&credit->over);
	const struct sched_list *first = credit->under.next;

	if ((!over || !credit_under(core, over)) &&
	    (first == &credit->under || credit_under(core, SCHED_ENTITY_OF(first, link))))
		return over;
	reclassify(core);
	return NULL;
}

#endif
