/*
 * Credit with preemption compensation (sched/compensated.c), steered by forecasts of demand
 * (sched/advice.h) through dynamic resource partitioning (sched/drp.h).
 *
 * What a plan changes: the slices of all, who of the latency class may have how much of what the
 * class may get ahead of others, and in which order they run. Without a forecast, or while it is
 * distrusted (sched/trust.h), compensation alone is left: that of `compensated`, with shorter
 * slices, which leave more of the bound on fairness to the lead of the class, and served in order
 * of arrival.
 *
 * A forecast is made only while somebody of the class falls short again and again: wants more than
 * it may have before others. Else there is nothing that a plan could make better.
 *
 * Fairness: plans share out the lead of the class, and do not make it; they lengthen it only by a
 * part of what they take from the slices of all others, which bounds what turns throw somebody
 * back. So whatever the forecast says everybody has the fluid share of a second, less 1% of it
 * (tests/unit/test_sched_predictive.c); and nobody's virtual time is touched. Measured, not proven:
 * of 30,000 random scenarios (tests/sim/properties.c) eight lack up to 1.57% on one core, and the
 * two with affinity that compensated has, too.
 *
 * What it is worth (make sim-predict, 99th percentile of bursts): slices of 2 instead of 4 ms do
 * most, 28% less than compensated's in P1, 7% of recorded demand (P3) in the mean and up to 30%.
 * So P1, P2, P4 and P5 end as early as the oracle's, nobody falls short, and forecasts rest; if
 * they did not they would take 3.8% of the hogs' time in P1. Where the lead is used up they gain:
 * 18% on a crowded core (crowd1, where credit, which promises no share of a second, takes 40% of
 * that time), but only 0.3% in the mean of P3, of which the true future would save 3%. Tried
 * without effect: looking 10 or 20 ms ahead, needs by the 0.95 quantile, other thresholds of a
 * spike, the shortest foreseen burst first (crowd1 8% worse).
 *
 * An entity has an account on the core where it waited last. It takes its account along as an empty
 * one when it appears on another core; the account left behind is closed by its core's next plan.
 * Locks: none; `owner` is the only thing that another core changes. Cost: O(1) more than credit in
 * decisions; O(accounts * reservations) once a window while somebody is forecast.
 */
#include "sched/predictive.h"

#include "sched/arith.h"
#include "sched/drp_knobs.h"
#include "sched/internal.h"
#include "sched/policies.h"

#include <stdio.h>

#define REPLAN_MS    100   /* the longest without a plan */
#define RECURS_MS    100   /* falling short once or for less than this is no reason to forecast */
#define STALE_US     50000 /* advice that is older says nothing any more */
#define NEED_WINDOWS 5	   /* a burst is forecast as so many windows: 50 ms */

static struct predictive_core *core_state(struct sched_core *core)
{
	return (struct predictive_core *)core->data;
}

static struct predictive_entity *state_of(const struct sched_entity *entity)
{
	return (struct predictive_entity *)entity->data;
}

static uint32_t ticks(const struct sched *sched, uint64_t us)
{
	return (uint32_t)least(sched->ms * us / 1000, UINT32_MAX / 2);
}

/* The entity's account on this core, or NULL. */
static struct drp_account *account_of(struct sched_core *core, const struct sched_entity *entity)
{
	const struct predictive_entity *state = state_of(entity);

	if (!state->account || state->core != core->id)
		return NULL;
	return &core_state(core)->drp.account[state->account - 1];
}

/* ---- Accounts ---- */

static void set_limits(const struct sched_core *core, struct drp_account *a,
		       const struct sched_entity *entity)
{
	const struct credit_core *credit = (const struct credit_core *)core->data;
	const struct sched_params *p = &entity->params;
	uint64_t home = p->slice ? p->slice : credit->ticks.slice;

	a->min = p->slice_min ? p->slice_min : ticks(core->sched, drp_knobs.min_slice_us);
	a->max = p->slice_max ? p->slice_max : ticks(core->sched, drp_knobs.max_slice_us);
	if (!p->slice && p->slice_max && home > a->max)
		home = a->max;
	if (!p->slice && p->slice_min && home < a->min)
		home = a->min;
	a->home = (uint32_t)home;
	if (a->min > a->home)
		a->min = a->home;
	if (a->max < a->home)
		a->max = a->home;
	a->id = entity->id;
	a->weight = p->weight;
	a->latency = entity->class == SCHED_LATENCY;
}

/* Closes the accounts whose entities have left. */
static void close_orphans(struct sched_core *core)
{
	struct predictive_core *state = core_state(core);

	if (!atomic_load_explicit(&state->orphans, memory_order_relaxed))
		return;
	for (unsigned i = 0; i < DRP_ACCOUNTS; i++) {
		if (!state->drp.account[i].used || atomic_load(&state->owner[i]))
			continue;
		drp_close(&state->drp, i);
		atomic_fetch_sub(&state->orphans, 1);
	}
}

/* Leaves the account it has, on whatever core that is. */
static void abandon(struct sched *sched, struct sched_entity *entity)
{
	struct predictive_entity *state = state_of(entity);
	struct sched_entity *expected = entity;
	struct predictive_core *old;

	if (!state->account)
		return;
	old = core_state(sched->core[state->core]);
	if (atomic_compare_exchange_strong(&old->owner[state->account - 1], &expected, NULL))
		atomic_fetch_add(&old->orphans, 1);
	state->account = 0;
}

static void adopt(struct sched_core *core, struct sched_entity *entity)
{
	struct predictive_core *state = core_state(core);
	int index;

	if (state_of(entity)->account && state_of(entity)->core == core->id)
		return;
	abandon(core->sched, entity);
	close_orphans(core);
	index = drp_open(&state->drp);
	if (index < 0)
		return;
	set_limits(core, &state->drp.account[index], entity);
	state->drp.account[index].slice = state->drp.account[index].home;
	atomic_store(&state->owner[index], entity);
	state_of(entity)->core = (uint16_t)core->id;
	state_of(entity)->account = (uint16_t)(index + 1);
}

/* ---- What the plan means for decisions ---- */

static void use_slice(const struct sched_entity *entity, const struct drp_account *a)
{
	struct credit_entity *credit = &state_of(entity)->credit;

	credit->slice = a->slice;
	/* in the order of turns all count as with their own slice: growing must not come later */
	credit->half = (uint64_t)a->home * SCHED_SHARE_UNIT / 2 / entity->params.weight;
}

/*
 * One of the class waits without a boost: what it may have before others is used up. While that
 * does not happen again and again, a plan could hardly make anything better.
 */
static void note_shortage(struct sched_core *core, uint64_t now)
{
	struct predictive_core *state = core_state(core);

	if (!state->short_at || now - state->short_at >= core->sched->ms * drp_knobs.quiet_ms)
		state->short_since = now;
	state->short_at = now;
}

static bool predictive_needs_advice(const struct sched_core *core, uint64_t now)
{
	const struct predictive_core *state = (const struct predictive_core *)core->data;
	uint64_t ms = core->sched->ms;

	if (!drp_knobs.quiet_ms)
		return true;
	return now - state->short_at < ms * drp_knobs.quiet_ms &&
	       state->short_at - state->short_since >= ms * RECURS_MS;
}

static void predictive_enqueue(struct sched_core *core, struct sched_entity *entity,
			       enum sched_enqueue how, uint64_t now)
{
	struct drp_account *a;

	adopt(core, entity);
	a = account_of(core, entity);
	if (a)
		use_slice(entity, a);
	credit_enqueue(core, entity, how, now);
	if (a)
		use_slice(entity, a); /* joining has set the usual one */
	if (entity->class == SCHED_LATENCY && how != SCHED_ENQUEUE_YIELD &&
	    !state_of(entity)->credit.boosted)
		note_shortage(core, now);
}

/*
 * Nobody takes what is set aside for a spike to come, but everybody has what is left of its own
 * budget. Without reservations nothing is set aside, and all have what compensation alone gives.
 */
static uint64_t saved(struct sched_core *core, struct sched_entity *entity, uint64_t usual)
{
	const struct drp_account *a = account_of(core, entity);
	uint64_t aside = a ? drp_set_aside(&core_state(core)->drp, a) : 0;

	if (!aside || entity->class != SCHED_LATENCY)
		return usual;
	return least(usual, most(above(usual, aside), a->level));
}

/*
 * Who has reserved has been foreseen, and goes on in order of arrival however long it takes. Of the
 * others nobody knows how long they are; they make way for those that have had less.
 */
static uint64_t boost_key(struct sched_core *core, const struct sched_entity *entity)
{
	const struct drp_account *a = account_of(core, entity);

	if (a && a->reserved && entity->burst < a->need)
		return state_of(entity)->credit.arrived;
	return credit_boost_key(core, entity);
}

static void predictive_charge(struct sched_core *core, struct sched_entity *entity, uint64_t ran,
			      uint64_t now)
{
	struct drp_account *a = account_of(core, entity);

	if (a && state_of(entity)->credit.boosted)
		drp_spend(&core_state(core)->drp, a, ran);
	credit_charge(core, entity, ran, now);
}

static void predictive_forget(struct sched_core *core, struct sched_entity *entity)
{
	if (!entity->fresh)
		abandon(core->sched, entity);
	credit_forget(core, entity);
}

/* ---- Advice ---- */

static unsigned horizon_of(uint32_t ms)
{
	return ms < 20 ? SCHED_10MS : ms < 50 ? SCHED_20MS : SCHED_50MS;
}

static void predictive_advise(struct sched_core *core, struct sched_entity *entity,
			      const struct sched_advice *advice, uint64_t now)
{
	const struct sched_trust_rules rules = { drp_knobs.trust_on, drp_knobs.trust_off,
						 drp_knobs.wait_us };
	struct sched_trust *trust = &state_of(entity)->trust;
	struct drp_account *a = account_of(core, entity);

	state_of(entity)->advised = now;
	if (sched_trust_observe(trust, advice, &rules))
		sched_trace(core, SCHED_TRACE_TRUST, entity, trust->trusted,
			    trust->reason | (uint64_t)sched_trust_ratio(trust) << 8, now);
	if (!a)
		return;
	core_state(core)->advised = true;
	a->trusted = trust->trusted;
	a->actual = ticks(core->sched, advice->actual_us);
	a->demand = ticks(core->sched, advice->cpu[horizon_of(drp_knobs.horizon_ms)].high);
	a->need = ticks(core->sched, (uint64_t)advice->cpu[SCHED_50MS].mean * NEED_WINDOWS);
}

struct note_context {
	struct sched_core *core;
	uint64_t now;
};

static enum sched_plan_why why(uint32_t planned, uint32_t own)
{
	return planned > own ? SCHED_PLAN_GROWS : planned < own ? SCHED_PLAN_GIVES : SCHED_PLAN_OWN;
}

/* The inputs of what an event tells, into the upper halves of a and b: all are below 2^32. */
static void add_inputs(enum drp_event event, const struct drp_account *account, uint64_t *a,
		       uint64_t *b)
{
	switch (event) {
	case DRP_RESERVE:
		*a |= (uint64_t)account->demand << 32;
		*b |= (uint64_t)account->mean << 32;
		break;
	case DRP_SWAP:
		*a |= (uint64_t)account->need << 32;
		break;
	case DRP_SLICE:
		*a |= (uint64_t)why(account->slice, account->home) << 32;
		*b |= (uint64_t)account->demand << 32;
		break;
	case DRP_CREDIT:
		*a |= (uint64_t)why(account->budget, account->share) << 32;
		*b |= (uint64_t)account->need << 32;
		break;
	case DRP_RELEASE:
		break;
	}
}

static void note(void *context, enum drp_event event, unsigned account, uint64_t a, uint64_t b)
{
	static const enum sched_trace_kind kinds[] = {
		[DRP_RESERVE] = SCHED_TRACE_RESERVE, [DRP_RELEASE] = SCHED_TRACE_RELEASE,
		[DRP_SWAP] = SCHED_TRACE_SWAP,	     [DRP_CREDIT] = SCHED_TRACE_CREDIT,
		[DRP_SLICE] = SCHED_TRACE_SLICE,
	};
	const struct note_context *c = context;
	struct predictive_core *state = core_state(c->core);

	add_inputs(event, &state->drp.account[account], &a, &b);
	sched_trace(c->core, kinds[event], atomic_load(&state->owner[account]), a, b, c->now);
}

static uint32_t lead_us(const struct sched_core *core)
{
	return ((const struct credit_core *)core->data)->config->lead_us;
}

/* Parameters and classes may have changed, and old advice says nothing any more. */
static void refresh(struct sched_core *core, struct drp_account *a,
		    const struct sched_entity *entity, uint64_t now)
{
	set_limits(core, a, entity);
	if (now - state_of(entity)->advised < ticks(core->sched, STALE_US))
		return;
	a->trusted = false;
	a->actual = a->demand = a->need = 0;
}

struct weights {
	uint64_t all, latency, heaviest; /* the last one of the others */
};

static struct weights refresh_all(struct sched_core *core, uint64_t now)
{
	struct predictive_core *state = core_state(core);
	struct drp *drp = &state->drp;
	struct weights w = { .heaviest = 1 };

	for (unsigned i = drp_used(drp, 0); i < DRP_ACCOUNTS; i = drp_used(drp, i + 1)) {
		const struct sched_entity *entity = atomic_load(&state->owner[i]);
		struct drp_account *a = &drp->account[i];

		if (!entity) { /* just left for another core and not yet closed */
			a->latency = false;
			continue;
		}
		refresh(core, a, entity, now);
		w.all += a->weight;
		if (a->latency)
			w.latency += a->weight;
		else
			w.heaviest = most(w.heaviest, a->weight);
	}
	return w;
}

/* Shares out the lead of the class. */
static void share_lead(struct sched_core *core, const struct weights *w)
{
	struct drp *drp = &core_state(core)->drp;
	uint64_t room = ticks(core->sched, lead_us(core)) * (w->all - w->latency) / w->heaviest;

	for (unsigned i = drp_used(drp, 0); i < DRP_ACCOUNTS; i = drp_used(drp, i + 1)) {
		struct drp_account *a = &drp->account[i];

		a->share = a->latency ? (uint32_t)(room * a->weight / w->latency) : 0;
	}
}

/*
 * Part of the bound on fairness is for turns, in which one runs while others wait. While a plan has
 * made all turns shorter that part is the lead's: a spike that was foreseen may be longer.
 */
static void lend_turns(struct sched_core *core)
{
	struct predictive_core *state = core_state(core);

	state->credit.ticks.lead =
		ticks(core->sched, lead_us(core)) + drp_shortened(&state->drp) / 4 * 3;
}

/* While nothing is forecast only parameters and classes change, and that may wait a little. */
static bool is_planned(struct sched_core *core, uint64_t now)
{
	struct predictive_core *state = core_state(core);
	bool advised = state->advised;

	state->advised = false;
	return !advised && now - state->drp.planned < core->sched->ms * REPLAN_MS;
}

static void predictive_replan(struct sched_core *core, uint64_t now)
{
	struct note_context context = { core, now };
	const struct drp_listener listener = { note, &context };
	struct drp_rules rules = {
		.scale = drp_knobs.scale,
		.spike = ticks(core->sched, drp_knobs.spike_us),
		.floor = drp_knobs.floor,
		.grace = core->sched->ms * drp_knobs.grace_ms,
	};
	struct weights weights;

	if (is_planned(core, now))
		return;
	close_orphans(core);
	weights = refresh_all(core, now);
	share_lead(core, &weights);
	rules.weight = weights.all;
	if (weights.all)
		drp_plan(&core_state(core)->drp, &rules, &listener, now);
	lend_turns(core);
}

/* ---- For people ---- */

static void predictive_dump(struct sched_core *core, void (*print)(void *arg, const char *line),
			    void *arg)
{
	const struct drp *drp = &core_state(core)->drp;
	const struct drp_books books = drp_books(drp);
	char line[128];

	credit_dump(core, print, arg);
	snprintf(line, sizeof(line), "partition: slices %llu of %llu, burst budgets %llu of %llu",
		 (unsigned long long)books.slices, (unsigned long long)books.homes,
		 (unsigned long long)books.budgets, (unsigned long long)books.shares);
	print(arg, line);
}

const struct predictive_core *sched_predictive_core(const struct sched_core *core)
{
	return core->sched->ops == &sched_predictive ? (const void *)core->data : NULL;
}

const struct predictive_entity *sched_predictive_entity(const struct sched_entity *entity)
{
	if (!entity->sched || entity->sched->ops != &sched_predictive || entity->fresh)
		return NULL;
	return state_of(entity);
}

const struct drp_account *sched_predictive_account(const struct sched_entity *entity)
{
	const struct predictive_entity *state = sched_predictive_entity(entity);

	if (!state || !state->account)
		return NULL;
	return &sched_predictive_core(entity->sched->core[state->core])
			->drp.account[state->account - 1];
}

static const struct credit_config config = {
	CREDIT_BY_CLASS,  .slice_us = 2000, .lead_us = 8500,
	.later_us = 5000, .saved = saved,   .boost_key = boost_key,
};

const struct sched_ops sched_predictive = {
	.name = "predictive",
	.summary = "compensated, with slices and burst budgets planned from forecasts",
	.config = &config,
	.caps = true,
	.entity_size = sizeof(struct predictive_entity),
	.core_size = sizeof(struct predictive_core),
	.core_init = credit_core_init,
	.entity_init = credit_entity_init,
	.enqueue = predictive_enqueue,
	.dequeue = credit_dequeue,
	.pick = credit_pick,
	.charge = predictive_charge,
	.preempts = credit_preempts,
	.leave = credit_leave,
	.forget = predictive_forget,
	.next_event = credit_next_event,
	.surplus = credit_surplus,
	.excess = credit_excess,
	.needs_advice = predictive_needs_advice,
	.advise = predictive_advise,
	.replan = predictive_replan,
	.dump = predictive_dump,
};

_Static_assert(sizeof(struct predictive_entity) <= SCHED_ENTITY_DATA, "must fit in sched_entity");
_Static_assert(sizeof(struct predictive_core) <= SCHED_CORE_DATA, "must fit in sched_core");
