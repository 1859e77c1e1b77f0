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
 * Locks: none. Cost: O(1) for those who wait for their share; O(log n) of those who are parked at
 * their caps, boosted by class, or far behind in virtual time. Two divisions a charge.
 */
#include "sched/credit.h"

#include <assert.h>
#include <stdio.h>

#include "sched/internal.h"
#include "sched/policies.h"

/* Kept out of line, so that the common case in its caller saves no registers for it. */
#define APART __attribute__((noinline))

#define CAP_WINDOW_US	  30000 /* a capped entity runs at most cap percent of this at once */
#define RECLASSIFY_MAX	  2	/* entities that change between UNDER and OVER in one decision */
#define SURPLUS_LOOKS	  4
#define BUCKETS_PER_SLICE 8
#define MOVED_DEBT_US	  10000 /* an entity brings at most this much debt to another core */
#define UNEVEN_US	  2000	/* cores differing by less are even */
#define INITIAL_CREDIT	  (1ull << 40)

static struct credit_core *credit_of(struct sched_core *core)
{
	return (struct credit_core *)core->data;
}

static const struct credit_core *credit_of_const(const struct sched_core *core)
{
	return (const struct credit_core *)core->data;
}

static struct credit_entity *state_of(const struct sched_entity *entity)
{
	return (struct credit_entity *)entity->data;
}

static const struct credit_config *config_of(const struct sched_core *core)
{
	return credit_of_const(core)->config;
}

static const struct credit_ticks *ticks_of(const struct sched_core *core)
{
	return &credit_of_const(core)->ticks;
}

static uint64_t us(const struct sched_core *core, uint64_t microseconds)
{
	return core->sched->ms * microseconds / 1000;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t slice_of(const struct sched_entity *entity)
{
	return state_of(entity)->slice;
}

static bool under(struct sched_core *core, const struct sched_entity *entity)
{
	return sched_share_lag(&credit_of(core)->clock, &state_of(entity)->share) >= 0;
}

static uint64_t choose_slice(const struct sched_core *core, const struct sched_entity *entity)
{
	const struct credit_config *config = config_of(core);
	const struct sched_params *p = &entity->params;
	uint64_t slice = ticks_of(core)->slice;

	if (!config->own_slices)
		return slice;
	if (p->slice)
		return p->slice;
	if (p->slice_max && slice > p->slice_max)
		return p->slice_max;
	return slice < p->slice_min ? p->slice_min : slice;
}

void credit_core_init(struct sched_core *core, uint64_t now)
{
	struct credit_core *credit = credit_of(core);
	const struct credit_config *config = core->sched->ops->config;

	(void)now;
	credit->config = config;
	sched_list_init(&credit->under);
	sched_list_init(&credit->boosts);
	sched_share_init(&credit->clock);
	credit->ticks = (struct credit_ticks) {
		.slice = us(core, config->slice_us),
		.saved = us(core, config->saved_us),
		.saved_latency = us(core, config->saved_latency_us),
		.saved_most = us(core, config->saved_most_us),
		.notice = us(core, config->notice_us),
		.boost = us(core, config->boost_us),
		.cap_window = us(core, CAP_WINDOW_US),
	};
	sched_calendar_init(&credit->over, credit->ticks.slice / BUCKETS_PER_SLICE);
}

void credit_entity_init(struct sched_core *core, struct sched_entity *entity, uint64_t now)
{
	struct credit_entity *state = state_of(entity);

	state->share.time = sched_share_time(&credit_of(core)->clock);
	if (config_of(core)->by_class && entity->class == SCHED_LATENCY)
		state->share.time -= INITIAL_CREDIT; /* of which it may keep what it may save */
	state->clock = core->id;
	state->cap_until = now;
}

/* The largest weight of any member, rounded up to a power of two. */
static uint64_t largest_weight(const struct credit_core *credit)
{
	if (!credit->magnitudes)
		return 1;
	return 2ull << (31 - __builtin_clz(credit->magnitudes));
}

/*
 * How much running time an entity may save up. When it is spent, others fall behind, each by its
 * part of all weights; all latency-sensitive entities together may save as much as throws none of
 * the others back by more than saved_latency_us.
 */
static uint64_t saved_of(struct sched_core *core, const struct sched_entity *entity)
{
	const struct credit_config *config = config_of(core);
	struct credit_core *credit = credit_of(core);
	uint64_t saved;

	if (!config->by_class || entity->class != SCHED_LATENCY)
		return ticks_of(core)->saved;
	saved = ticks_of(core)->saved_latency * sched_share_weight(&credit->clock) /
		largest_weight(credit);
	saved = saved * entity->params.weight /
		atomic_load_explicit(&credit->sensitive, memory_order_relaxed);
	return least(saved, ticks_of(core)->saved_most);
}

/* Keeps the weight of the latency-sensitive with each clock, as classes and clocks change. */
static void count_sensitive(struct sched_core *core, struct sched_entity *entity, uint32_t weight)
{
	struct credit_entity *state = state_of(entity);

	if (state->counted == weight)
		return;
	atomic_fetch_add_explicit(&credit_of(core)->sensitive, weight - state->counted,
				  memory_order_relaxed);
	state->counted = weight;
}

static void count_member(struct credit_core *credit, struct credit_entity *state, int step)
{
	unsigned k = state->magnitude;

	credit->members[k] += (unsigned)step;
	if (credit->members[k])
		credit->magnitudes |= 1u << k;
	else
		credit->magnitudes &= ~(1u << k);
}

/* The same, as the policy sees it. */
static uint64_t savings(struct sched_core *core, struct sched_entity *entity)
{
	uint64_t usual = saved_of(core, entity);

	return config_of(core)->saved ? config_of(core)->saved(core, entity, usual) : usual;
}

/* No member of any core, it takes part in sharing this one from now on. */
static void join(struct sched_core *core, struct sched_entity *entity)
{
	struct credit_entity *state = state_of(entity);
	struct sched_core *from = core->sched->core[state->clock];

	state->slice = choose_slice(core, entity);
	state->half = state->slice * SCHED_SHARE_UNIT / 2 / entity->params.weight;
	state->share.weight = entity->params.weight;
	if (from != core) {
		count_sensitive(from, entity, 0);
		sched_share_move(&credit_of(from)->clock, &credit_of(core)->clock, &state->share,
				 us(core, MOVED_DEBT_US));
	}
	state->clock = core->id;
	count_sensitive(core, entity, entity->class == SCHED_LATENCY ? entity->params.weight : 0);
	sched_share_join(&credit_of(core)->clock, &state->share, savings(core, entity));
	state->magnitude = (uint8_t)(31 - __builtin_clz(entity->params.weight));
	count_member(credit_of(core), state, 1);
}

static void part(struct sched_core *core, struct sched_entity *entity)
{
	struct credit_entity *state = state_of(entity);

	if (!state->share.member)
		return;
	sched_share_leave(&credit_of(core)->clock, &state->share);
	count_member(credit_of(core), state, -1);
}

/*
 * By virtual time; in order of shares, by that in the middle of its next slice. By the start of the
 * slice, light entities would get ahead at the cost of heavy ones, by its end the other way round.
 */
static void queue_over(struct sched_core *core, struct sched_entity *entity, bool first)
{
	uint64_t key = first ? 0 : state_of(entity)->share.time;

	if (config_of(core)->by_share)
		key += state_of(entity)->half;
	state_of(entity)->queue = CREDIT_OVER;
	sched_calendar_insert(&credit_of(core)->over, entity, key);
}

/* Least attained service first, unless the policy knows better. */
static uint64_t boost_key(struct sched_core *core, const struct sched_entity *entity)
{
	const struct credit_config *config = config_of(core);

	return config->boost_key ? config->boost_key(core, entity) : entity->burst + 1;
}

static void queue_in_list(struct sched_list *list, struct sched_entity *entity, bool first)
{
	if (first)
		sched_list_add_head(list, &entity->link);
	else
		sched_list_add_tail(list, &entity->link);
}

static APART void queue_boost(struct sched_core *core, struct sched_entity *entity, bool first)
{
	struct credit_core *credit = credit_of(core);

	state_of(entity)->queue = CREDIT_BOOST;
	if (credit->config->by_class)
		sched_heap_insert(&credit->boost, &entity->node,
				  first ? 0 : boost_key(core, entity));
	else
		queue_in_list(&credit->boosts, entity, first);
}

static void unqueue_boost(struct credit_core *credit, struct sched_entity *entity)
{
	if (credit->config->by_class)
		sched_heap_remove(&credit->boost, &entity->node);
	else
		sched_list_remove(&entity->link);
}

static struct sched_entity *first_boosted(const struct credit_core *credit)
{
	struct sched_node *node = sched_heap_first(&credit->boost);

	if (node)
		return SCHED_ENTITY_OF(node, node);
	if (sched_list_empty(&credit->boosts))
		return NULL;
	return SCHED_ENTITY_OF(credit->boosts.next, link);
}

static void queue_under(struct sched_core *core, struct sched_entity *entity, bool first)
{
	state_of(entity)->queue = CREDIT_UNDER;
	queue_in_list(&credit_of(core)->under, entity, first);
}

static void queue_by_credit(struct sched_core *core, struct sched_entity *entity, bool first)
{
	bool behind = under(core, entity);

	if (behind && state_of(entity)->boosted)
		queue_boost(core, entity, first);
	else if (!behind || config_of(core)->by_share)
		queue_over(core, entity, first && behind);
	else
		queue_under(core, entity, first);
}

static APART void park(struct sched_core *core, struct sched_entity *entity)
{
	sched_book_close(&credit_of(core)->book, entity);
	part(core, entity);
	state_of(entity)->queue = CREDIT_PARKED;
	state_of(entity)->boosted = false;
	entity->slice_used = 0;
	sched_heap_insert(&credit_of(core)->parked, &entity->node, state_of(entity)->cap_until);
}

/* True if an entity that could go on has something left of its slice. */
static inline bool unfinished(const struct sched_core *core, const struct sched_entity *entity)
{
	if (credit_of_const(core)->book.creditor == entity && credit_of_const(core)->book.owed)
		return true;
	return entity->slice_used + core->sched->grain < slice_of(entity);
}

/* Waits for the rest of its slice; whoever runs before it meanwhile owes it that time. */
static void queue_turn(struct sched_core *core, struct sched_entity *entity)
{
	struct credit_core *credit = credit_of(core);

	state_of(entity)->queue = CREDIT_TURN;
	credit->turn = entity;
	sched_book_open(&credit->book, entity, sched_slice_left(core, entity, slice_of(entity)));
}

static bool may_boost(struct sched_core *core, const struct sched_entity *entity)
{
	const struct credit_config *config = config_of(core);

	return config->boost && under(core, entity) &&
	       (!config->by_class || entity->class == SCHED_LATENCY) &&
	       (!config->may_boost || config->may_boost(core, entity));
}

static bool boost_lasted(const struct sched_core *core, const struct sched_entity *entity)
{
	return !config_of(core)->by_class &&
	       entity->burst + core->sched->grain >= ticks_of(core)->boost;
}

/* A boost begins with a wake-up; it ends without credit or when it has lasted. */
static inline void update_boost(struct sched_core *core, struct sched_entity *entity,
				enum sched_enqueue how)
{
	struct credit_entity *state = state_of(entity);
	if (how == SCHED_ENQUEUE_WAKE)
		state->boosted = may_boost(core, entity);
	else if (state->boosted)
		state->boosted = !boost_lasted(core, entity) && may_boost(core, entity);
}

/* It gives way: whoever is chosen next, it is not this one, unless it is alone. */
static void set_aside(struct sched_core *core, struct sched_entity *entity)
{
	assert(state_of(entity)->share.member); /* since it ran */
	state_of(entity)->queue = CREDIT_ASIDE;
	state_of(entity)->boosted = false;
	credit_of(core)->aside = entity;
	entity->slice_used = 0;
	sched_book_close(&credit_of(core)->book, entity);
}

/* The queue of an entity that can run and does not yield. */
static APART void choose_queue(struct sched_core *core, struct sched_entity *entity,
			       enum sched_enqueue how)
{
	bool goes_on = how == SCHED_ENQUEUE_PUT && unfinished(core, entity);
	bool was_boosted = state_of(entity)->boosted;

	update_boost(core, entity, how);
	if (goes_on && config_of(core)->keep_turn && !was_boosted && !credit_of(core)->turn) {
		queue_turn(core, entity);
		return;
	}
	queue_by_credit(core, entity, how == SCHED_ENQUEUE_DIRECTED);
	if (!goes_on || !state_of(entity)->boosted)
		entity->slice_used = 0;
	sched_book_close(&credit_of(core)->book, entity);
}

static APART void join_and_queue(struct sched_core *core, struct sched_entity *entity,
				 enum sched_enqueue how)
{
	join(core, entity);
	choose_queue(core, entity, how);
}

void credit_enqueue(struct sched_core *core, struct sched_entity *entity, enum sched_enqueue how,
		    uint64_t now)
{
	if (entity->params.cap && state_of(entity)->cap_until > now) {
		park(core, entity);
		return;
	}
	if (how == SCHED_ENQUEUE_YIELD) {
		set_aside(core, entity);
		return;
	}
	if (state_of(entity)->share.member)
		choose_queue(core, entity, how);
	else
		join_and_queue(core, entity, how);
}

static inline void unqueue(struct sched_core *core, struct sched_entity *entity)
{
	struct credit_core *credit = credit_of(core);
	enum credit_queue queue = state_of(entity)->queue;

	state_of(entity)->queue = CREDIT_NONE;
	if (queue == CREDIT_OVER)
		sched_calendar_remove(&credit->over, entity);
	else if (queue == CREDIT_UNDER)
		sched_list_remove(&entity->link);
	else if (queue == CREDIT_TURN)
		credit->turn = NULL;
	else if (queue == CREDIT_BOOST)
		unqueue_boost(credit, entity);
	else if (queue == CREDIT_ASIDE)
		credit->aside = NULL;
	else
		sched_heap_remove(&credit->parked, &entity->node);
}

void credit_dequeue(struct sched_core *core, struct sched_entity *entity, uint64_t now)
{
	(void)now;
	unqueue(core, entity);
	part(core, entity);
	sched_book_close(&credit_of(core)->book, entity);
}

void credit_leave(struct sched_core *core, struct sched_entity *entity, uint64_t now)
{
	(void)now;
	part(core, entity);
	sched_book_close(&credit_of(core)->book, entity);
}

void credit_forget(struct sched_core *core, struct sched_entity *entity)
{
	if (!entity->fresh && state_of(entity)->clock == core->id)
		count_sensitive(core, entity, 0);
}

static uint64_t next_release(struct sched_core *core)
{
	struct sched_node *node = sched_heap_first(&credit_of(core)->parked);

	return node ? node->key : SCHED_NEVER;
}

/* Lets those go on whose caps allow it again; returns the tick of the next ones. */
static APART uint64_t unpark(struct sched_core *core, uint64_t now)
{
	while (next_release(core) <= now) {
		struct sched_node *node = sched_heap_first(&credit_of(core)->parked);
		struct sched_entity *entity = SCHED_ENTITY_OF(node, node);

		sched_heap_remove(&credit_of(core)->parked, node);
		join(core, entity);
		queue_by_credit(core, entity, false);
	}
	return next_release(core);
}

/* The clock has moved on: some who were over are no longer, or the other way round. */
static inline void reclassify(struct sched_core *core)
{
	struct credit_core *credit = credit_of(core);
	struct sched_entity *entity;

	for (unsigned i = 0; i < RECLASSIFY_MAX; i++) {
		entity = sched_calendar_first(&credit->over);
		if (!entity || !under(core, entity))
			break;
		sched_calendar_remove(&credit->over, entity);
		queue_by_credit(core, entity, false);
	}
	for (unsigned i = 0; i < RECLASSIFY_MAX && !sched_list_empty(&credit->under); i++) {
		entity = SCHED_ENTITY_OF(credit->under.next, link);
		if (under(core, entity))
			break;
		sched_list_remove(&entity->link);
		queue_over(core, entity, false);
	}
}

/* The tick at which a policy that only reacts notices that a boosted entity waits; 0: now. */
static uint64_t notice_at(struct sched_core *core)
{
	struct sched_node *node = sched_heap_first(&credit_of(core)->boost);
	uint64_t interval = ticks_of(core)->notice;
	uint64_t since;

	if (!interval || !node)
		return 0;
	since = SCHED_ENTITY_OF(node, node)->woken_at;
	return since == SCHED_NEVER ? 0 : (since / interval + 2) * interval;
}

static inline struct sched_entity *best(struct sched_core *core, uint64_t now)
{
	struct credit_core *credit = credit_of(core);
	struct sched_entity *entity = first_boosted(credit);

	if (entity && !(credit->turn && notice_at(core) > now))
		return entity;
	if (credit->turn)
		return credit->turn;
	if (!sched_list_empty(&credit->under))
		return SCHED_ENTITY_OF(credit->under.next, link);
	entity = sched_calendar_first(&credit->over);
	return entity ? entity : credit->aside;
}

/* Of several boosted by class, each one runs for a while only. */
static uint64_t may_run_boosted(struct sched_core *core, const struct sched_entity *entity,
				uint64_t run)
{
	uint64_t boost = ticks_of(core)->boost;

	if (!config_of(core)->by_class)
		return least(run, boost - entity->burst);
	return sched_heap_single(&credit_of(core)->boost) ? run : boost;
}

/* How long the first of the queue may run, which is still in it. */
static inline uint64_t may_run(struct sched_core *core, const struct sched_entity *entity,
			       enum credit_queue queue)
{
	uint64_t slice = slice_of(entity), used = entity->slice_used;
	uint64_t run = slice > used ? slice - used : 0;
	uint64_t least_run = core->sched->grain;

	if (queue == CREDIT_TURN && credit_of(core)->book.owed > least_run)
		least_run = credit_of(core)->book.owed;
	if (run < least_run)
		run = least_run;
	if (queue == CREDIT_BOOST)
		run = may_run_boosted(core, entity, run);
	if (entity->params.cap)
		run = least(run, ticks_of(core)->cap_window * entity->params.cap / 100);
	return run;
}

static enum sched_reason reason_of(const struct sched_core *core, const struct sched_entity *entity,
				   enum credit_queue queue)
{
	static const uint8_t reasons[] = {
		[CREDIT_BOOST] = SCHED_WHY_WAKE,     [CREDIT_TURN] = SCHED_WHY_REPAY,
		[CREDIT_UNDER] = SCHED_WHY_TURN,     [CREDIT_OVER] = SCHED_WHY_LEFTOVER,
		[CREDIT_ASIDE] = SCHED_WHY_LEFTOVER,
	};

	if (entity == core->previous)
		return SCHED_WHY_CONTINUE;
	return queue == CREDIT_OVER && config_of(core)->by_share ? SCHED_WHY_SHARE : reasons[queue];
}

/* Somebody else has been chosen: who yielded waits like all others again. */
static void bring_back(struct sched_core *core)
{
	queue_by_credit(core, credit_of(core)->aside, false);
	credit_of(core)->aside = NULL;
}

struct sched_entity *credit_pick(struct sched_core *core, uint64_t now,
				 struct sched_decision *decision)
{
	struct credit_core *credit = credit_of(core);
	struct sched_entity *entity;
	enum credit_queue queue;

	decision->until = sched_heap_first(&credit->parked) ? unpark(core, now) : SCHED_NEVER;
	if (!credit->config->by_share)
		reclassify(core);
	entity = best(core, now);
	if (!entity)
		return NULL;
	queue = state_of(entity)->queue;
	decision->until = least(decision->until, now + may_run(core, entity, queue));
	decision->reason = reason_of(core, entity, queue);
	unqueue(core, entity);
	if (credit->aside)
		bring_back(core);
	if (credit->ticks.notice && notice_at(core) > now)
		decision->until = least(decision->until, notice_at(core));
	return entity;
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

/* What it could not use lately it may still use: one window of it. */
static void charge_cap(struct sched_core *core, struct sched_entity *entity, uint64_t ran,
		       uint64_t now)
{
	struct credit_entity *state = state_of(entity);

	if (state->cap_until + ticks_of(core)->cap_window < now)
		state->cap_until = now - ticks_of(core)->cap_window;
	state->cap_until += ran * 100 / entity->params.cap;
}

void credit_charge(struct sched_core *core, struct sched_entity *entity, uint64_t ran, uint64_t now)
{
	struct credit_core *credit = credit_of(core);

	sched_share_charge(&credit->clock, &state_of(entity)->share, ran);
	if (entity->params.cap)
		charge_cap(core, entity, ran, now);
	if (credit->book.creditor)
		keep_book(core, entity, ran, now);
}

/* The class that the running entity would have if it waited. */
static enum credit_queue class_of_current(struct sched_core *core)
{
	struct sched_entity *entity = core->current;

	if (state_of(entity)->boosted && under(core, entity))
		return CREDIT_BOOST;
	if (config_of(core)->keep_turn)
		return CREDIT_TURN;
	return under(core, entity) ? CREDIT_UNDER : CREDIT_OVER;
}

bool credit_preempts(struct sched_core *core, const struct sched_entity *entity, uint64_t now)
{
	enum credit_queue mine = state_of(entity)->queue, current = class_of_current(core);

	(void)now;
	if (mine == CREDIT_BOOST && current == CREDIT_BOOST && config_of(core)->by_class)
		return boost_key(core, entity) < boost_key(core, core->current);
	return mine < current;
}

uint64_t credit_next_event(struct sched_core *core, uint64_t now)
{
	(void)now;
	return next_release(core);
}

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
	unit = (int64_t)(us(core, 1000) * SCHED_WEIGHT_DEFAULT / entity->params.weight);
	gap = sched_share_gap(&credit->clock, theirs,
			      unit * (UNEVEN_US + config_of(core)->slice_us) / 1000);
	if (now - entity->ran_last < core->sched->migration_cost) /* its cache is still warm */
		gap -= unit * (int64_t)core->sched->migration_cost / (int64_t)us(core, 1000);
	return gap > unit * UNEVEN_US / 1000 ? entity : NULL;
}

static void dump_entity(struct sched_core *core, const char *queue, struct sched_entity *entity,
			void (*print)(void *arg, const char *line), void *arg)
{
	const struct credit_core *credit = credit_of(core);
	char line[96];

	snprintf(line, sizeof(line), "%s: vcpu %u vm %u credit %lld owed %lld", queue, entity->id,
		 entity->vm,
		 (long long)sched_share_credit(&credit->clock, &state_of(entity)->share),
		 (long long)sched_book_balance(&credit->book, entity));
	print(arg, line);
}

static void dump_first(struct sched_core *core, const char *queue, struct sched_node *node,
		       void (*print)(void *arg, const char *line), void *arg)
{
	if (node)
		dump_entity(core, queue, SCHED_ENTITY_OF(node, node), print, arg);
}

void credit_dump(struct sched_core *core, void (*print)(void *arg, const char *line), void *arg)
{
	struct credit_core *credit = credit_of(core);

	if (core->current)
		dump_entity(core, "running", core->current, print, arg);
	if (first_boosted(credit))
		dump_entity(core, "boost, first", first_boosted(credit), print, arg);
	if (credit->turn)
		dump_entity(core, "turn", credit->turn, print, arg);
	for (struct sched_list *l = credit->under.next; l != &credit->under; l = l->next)
		dump_entity(core, "under", SCHED_ENTITY_OF(l, link), print, arg);
	if (sched_calendar_first(&credit->over))
		dump_entity(core, "over, first", sched_calendar_first(&credit->over), print, arg);
	dump_first(core, "parked, first", sched_heap_first(&credit->parked), print, arg);
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
