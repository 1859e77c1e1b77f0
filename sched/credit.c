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
 * Who waits where: sched/credit_queues.h. Who is next: sched/credit_choose.h. Here is what the
 * scheduler calls.
 *
 * Source: E. Ackaouy, "The Xen credit CPU scheduler", 2006; Xen, docs/misc/sched-credit.
 * Locks: none. Cost: O(1) for those who wait for their share; O(log n) of those who are parked at
 * their caps, boosted by class, or far behind in virtual time. Two divisions a charge.
 */
#include "sched/credit_choose.h"
#include "sched/policies.h"

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

uint64_t credit_boost_key(struct sched_core *core, const struct sched_entity *entity)
{
	return usual_boost_key(core, entity);
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
