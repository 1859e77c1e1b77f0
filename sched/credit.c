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
 * most one slice plus what was saved up. Between cores shares even out by migration, see
 * sched/credit_balance.c: with slices of 30 ms to within 25% of a second, without caps.
 *
 * Source: E. Ackaouy, "The Xen credit CPU scheduler", 2006; Xen, docs/misc/sched-credit.
 * Locks: none. Cost: O(1) for those who wait for their share; O(log n) of those who are parked at
 * their caps, boosted by class, or far behind in virtual time. Two divisions a charge.
 */
#include "sched/credit_internal.h"
#include "sched/decide.h"
#include "sched/policies.h"

/* Kept out of line, so that the common case in its caller saves no registers for it. */
#define APART __attribute__((noinline))

#define RECLASSIFY_MAX	  2 /* entities that change between UNDER and OVER in one decision */
#define BUCKETS_PER_SLICE 8

void credit_core_init(struct sched_core *core, uint64_t now)
{
	struct credit_core *credit = credit_of(core);
	const struct credit_config *config = core->sched->ops->config;

	(void)now;
	credit->config = config;
	sched_list_init(&credit->under);
	sched_list_init(&credit->boosts);
	sched_share_init(&credit->clock);
	credit->lead_most = INT64_MAX;
	credit->ticks = (struct credit_ticks) {
		.grain = core->sched->grain,
		.slice = credit_us(core, config->slice_us),
		.saved = credit_us(core, config->saved_us),
		.saved_latency = credit_us(core, config->saved_latency_us),
		.saved_most = credit_us(core, config->saved_most_us),
		.lead = credit_us(core, config->lead_us),
		.notice = credit_us(core, config->notice_us),
		.boost = credit_us(core, config->boost_us),
		.later = credit_us(core, config->later_us),
		.first = credit_us(core, config->first_us),
		.cap_window = credit_us(core, CREDIT_CAP_WINDOW_US),
	};
	sched_calendar_init(&credit->over, credit->ticks.slice / BUCKETS_PER_SLICE);
}

static bool by_share(const struct sched_core *core)
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

uint64_t credit_boost_key(struct sched_core *core, const struct sched_entity *entity)
{
	return usual_boost_key(core, entity);
}

/* The order of those boosted by class. */
static uint64_t boost_key(struct sched_core *core, const struct sched_entity *entity)
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

static bool may_boost(struct sched_core *core, const struct sched_entity *entity)
{
	const struct credit_config *config = credit_config(core);

	return config->boost && credit_under(core, entity) &&
	       (!config->by_share || entity->class == SCHED_LATENCY) && !credit_lead_spent(core) &&
	       (!config->may_boost || config->may_boost(core, entity));
}

static bool boost_lasted(const struct sched_core *core, const struct sched_entity *entity)
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

void credit_enqueue(struct sched_core *core, struct sched_entity *entity, enum sched_enqueue how,
		    uint64_t now)
{
	if (how == SCHED_ENQUEUE_PUT || how == SCHED_ENQUEUE_YIELD) {
		put_back(core, entity, by_share(core), how, now);
		return;
	}
	if (credit_capped(entity, now)) {
		credit_park(core, entity);
		return;
	}
	credit_join(core, entity, how);
	choose_queue(core, entity, by_share(core), how, now);
}

static inline void unqueue(struct sched_core *core, struct sched_entity *entity)
{
	struct credit_core *credit = credit_of(core);
	enum credit_queue queue = credit_state(entity)->queue;

	credit_state(entity)->queue = CREDIT_NONE;
	if (queue == CREDIT_OVER)
		sched_calendar_remove(&credit->over, entity);
	else if (queue == CREDIT_UNDER)
		sched_list_remove(&entity->link);
	else if (queue == CREDIT_TURN)
		credit->turn = NULL;
	else if (queue == CREDIT_BOOST)
		unqueue_boost(credit, entity, credit->config->by_share);
	else if (queue == CREDIT_ASIDE)
		credit->aside = NULL;
	else
		sched_heap_remove(&credit->parked, &entity->node);
}

void credit_dequeue(struct sched_core *core, struct sched_entity *entity, uint64_t now)
{
	(void)now;
	unqueue(core, entity);
	credit_part(core, entity);
	sched_book_close(&credit_of(core)->book, entity);
}

void credit_leave(struct sched_core *core, struct sched_entity *entity, uint64_t now)
{
	(void)now;
	credit_part(core, entity);
	sched_book_close(&credit_of(core)->book, entity);
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

/* The tick at which a policy that only reacts notices that a boosted entity waits; 0: now. */
static uint64_t notice_at(struct sched_core *core)
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
static void end_by(struct sched_core *core, uint64_t tick)
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

/* Time that runs for the creditor pays it back, time of anybody else is lent by it. */
static APART void keep_book(struct sched_core *core, struct sched_entity *entity, uint64_t ran,
			    uint64_t now)
{
	struct sched_book *book = &credit_of(core)->book;
	uint64_t lent;

	if (book->creditor == entity) {
		sched_book_repay(book, ran);
		return;
	}
	lent = sched_book_lend(book, entity, ran);
	if (lent)
		sched_trace(core, SCHED_TRACE_DEBT, book->creditor, lent, entity->id, now);
}

SCHED_INLINE void charge(struct sched_core *core, struct sched_entity *entity, bool shares,
			 uint64_t ran, uint64_t now)
{
	struct credit_core *credit = credit_of(core);

	sched_share_charge(&credit->clock, &credit_state(entity)->share, ran);
	if (shares && credit_state(entity)->counted)
		credit_lead_charge(credit, ran);
	if (entity->params.cap)
		credit_cap_charge(core, entity, ran, now);
	if (shares && credit->book.creditor)
		keep_book(core, entity, ran, now);
}

void credit_charge(struct sched_core *core, struct sched_entity *entity, uint64_t ran, uint64_t now)
{
	charge(core, entity, by_share(core), ran, now);
}

struct sched_entity *credit_pick(struct sched_core *core, uint64_t now,
				 struct sched_decision *decision)
{
	(void)decision; /* is that of the core */
	return choose(core, by_share(core), now);
}

SCHED_INLINE void decide(struct sched_core *core, bool shares, uint64_t now)
{
	struct sched_entity *put = core->current;
	uint64_t ran = sched_account(core, put, now);

	if (put) {
		charge(core, put, shares, ran, now);
		put_back(core, put, shares, sched_put(core, put, now), now);
	}
	put = sched_take_in(core, put, now);
	sched_start(core, put, choose(core, shares, now), now);
}

void credit_decide(struct sched_core *core, uint64_t now)
{
	decide(core, false, now);
}

void credit_decide_by_share(struct sched_core *core, uint64_t now)
{
	decide(core, true, now);
}

/* The class that the running entity would have if it waited. */
static enum credit_queue class_of_current(struct sched_core *core)
{
	struct sched_entity *entity = core->current;

	if (credit_state(entity)->boosted && credit_under(core, entity))
		return CREDIT_BOOST;
	if (by_share(core))
		return CREDIT_TURN;
	return credit_under(core, entity) ? CREDIT_UNDER : CREDIT_OVER;
}

bool credit_preempts(struct sched_core *core, const struct sched_entity *entity, uint64_t now)
{
	enum credit_queue mine = credit_state(entity)->queue, current = class_of_current(core);

	(void)now;
	if (mine == CREDIT_BOOST && current == CREDIT_BOOST && by_share(core))
		return boost_key(core, entity) <
		       boost_key(core, core->current) + (credit_ticks(core)->first != 0);
	return mine < current;
}

uint64_t credit_next_event(struct sched_core *core, uint64_t now)
{
	(void)now;
	return credit_next_release(core);
}

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
	.decide = credit_decide,
	CREDIT_OPS,
};

const struct sched_ops sched_credit_plain = {
	.name = "credit-plain",
	.summary = "credit without BOOST",
	.config = &plain,
	.decide = credit_decide,
	CREDIT_OPS,
};

const struct sched_ops sched_credit_slices = {
	.name = "credit-slices",
	.summary = "credit with a slice (base, min, max) of each vCPU's own",
	.config = &slices,
	.decide = credit_decide,
	CREDIT_OPS,
};

_Static_assert(sizeof(struct credit_entity) <= SCHED_ENTITY_DATA, "must fit in sched_entity.data");
_Static_assert(sizeof(struct credit_core) <= SCHED_CORE_DATA, "must fit in sched_core.data");
