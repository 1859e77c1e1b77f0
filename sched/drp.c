#include "sched/drp.h"

#include "sched/arith.h"

#define MISSES_MAX   6
#define MEAN_WINDOWS 64

/* What accounts had before this plan, to tell what has changed. */
struct before {
	uint32_t slice[DRP_ACCOUNTS];
	uint32_t budget[DRP_ACCOUNTS];
};

_Static_assert(DRP_ACCOUNTS == 64, "a bit each in drp.taken");

static void note(const struct drp_listener *listener, enum drp_event event, unsigned account,
		 uint64_t a, uint64_t b)
{
	if (listener)
		listener->note(listener->context, event, account, a, b);
}

int drp_open(struct drp *drp)
{
	unsigned i;

	if (drp->taken == UINT64_MAX)
		return -1;
	i = (unsigned)__builtin_ctzll(~drp->taken);
	drp->taken |= 1ull << i;
	drp->account[i] = (struct drp_account) { .used = true };
	return (int)i;
}

/* Its slice is taken out of the books as it stands; the next plan settles who lent it. */
void drp_close(struct drp *drp, unsigned account)
{
	drp->aside -= drp->account[account].aside;
	drp->taken &= ~(1ull << account);
	drp->account[account] = (struct drp_account) { .used = false };
}

void drp_spend(struct drp *drp, struct drp_account *account, uint64_t ran)
{
	uint32_t claimed = (uint32_t)least(account->aside, ran);

	account->level = (uint32_t)above(account->level, ran);
	account->aside -= claimed;
	drp->aside -= claimed;
}

/* ---- Reservations ---- */

static bool foresees_spike(const struct drp_account *a, const struct drp_rules *rules)
{
	return a->latency && a->trusted && a->demand && a->demand >= rules->spike &&
	       a->demand / 3 >= a->mean / 2;
}

static void open_reservation(struct drp *drp, unsigned i, const struct drp_rules *rules,
			     const struct drp_listener *listener, uint64_t now)
{
	struct drp_account *a = &drp->account[i];

	a->reserved = true;
	a->came = false;
	a->opened = now;
	a->until = now + rules->grace;
	drp->opened++;
	note(listener, DRP_RESERVE, i, a->need, a->budget);
}

static void release(struct drp *drp, unsigned i, const struct drp_rules *rules, enum drp_end end,
		    const struct drp_listener *listener, uint64_t now)
{
	struct drp_account *a = &drp->account[i];

	a->reserved = false;
	if (end == DRP_END_MISSED) {
		drp->missed++;
		a->barred = now + (rules->grace << a->misses);
		if (a->misses < MISSES_MAX)
			a->misses++;
	}
	note(listener, DRP_RELEASE, i, now - a->opened, end);
}

/* The spike is there, or still forecast after it has come: the reservation goes on. */
static void extend(struct drp_account *a, const struct drp_rules *rules, uint64_t now)
{
	if (a->actual >= rules->spike) {
		a->came = true;
		a->misses = 0;
	}
	if (a->came && (a->actual >= rules->spike || foresees_spike(a, rules)))
		a->until = now + rules->grace;
}

static void update_reservation(struct drp *drp, unsigned i, const struct drp_rules *rules,
			       const struct drp_listener *listener, uint64_t now)
{
	struct drp_account *a = &drp->account[i];

	a->mean += (uint32_t)(((int64_t)a->actual - a->mean) / MEAN_WINDOWS);
	if (a->reserved && !a->latency)
		release(drp, i, rules, DRP_END_CLASS, listener, now);
	else if (a->reserved && !a->trusted)
		release(drp, i, rules, DRP_END_TRUST, listener, now);
	if (a->reserved)
		extend(a, rules, now);
	else if (foresees_spike(a, rules) && now >= a->barred)
		open_reservation(drp, i, rules, listener, now);
	if (a->reserved && now >= a->until)
		release(drp, i, rules, a->came ? DRP_END_DONE : DRP_END_MISSED, listener, now);
}

/* ---- Slices ---- */

/* Each throughput account gives up half of the increase, but keeps its minimum. */
static uint64_t collect(struct drp *drp, uint64_t half)
{
	uint64_t given = 0;

	for (unsigned i = drp_used(drp, 0); i < DRP_ACCOUNTS; i = drp_used(drp, i + 1)) {
		struct drp_account *a = &drp->account[i];
		uint64_t part;

		if (a->latency)
			continue;
		part = least(half, above(a->slice, a->min));
		a->slice -= (uint32_t)part;
		given += part;
	}
	return given;
}

static void enlarge_slice(struct drp *drp, struct drp_account *a, const struct drp_rules *rules)
{
	uint64_t target = a->slice + (uint64_t)a->demand * rules->scale / 100;
	uint64_t increase;

	if (target < a->min)
		target = a->min;
	increase = above(least(target, a->max), a->slice);
	drp->reserve += collect(drp, increase / 2);
	increase = least(increase, drp->reserve);
	drp->reserve -= increase;
	a->slice += (uint32_t)increase;
}

static void plan_slices(struct drp *drp, const struct drp_rules *rules)
{
	drp->reserve = 0;
	for (unsigned i = drp_used(drp, 0); i < DRP_ACCOUNTS; i = drp_used(drp, i + 1))
		drp->account[i].slice = drp->account[i].home;
	for (unsigned i = drp_used(drp, 0); i < DRP_ACCOUNTS; i = drp_used(drp, i + 1))
		if (drp->account[i].reserved)
			enlarge_slice(drp, &drp->account[i], rules);
}

/* ---- Burst budgets ---- */

/* What an account can do without: not needed soon, not spent, and not kept for a spike to come. */
static uint64_t spare(const struct drp_account *a, const struct drp_rules *rules)
{
	uint64_t keeps = (uint64_t)a->share * rules->floor / 100;

	if (!a->latency || !a->trusted || (a->reserved && !a->came))
		return 0;
	if (keeps < a->need)
		keeps = a->need;
	return least(above(a->budget, keeps), above(a->level, keeps));
}

static void move_budget(struct drp *drp, unsigned to, unsigned from, uint64_t amount,
			const struct before *before, const struct drp_listener *listener)
{
	struct drp_account *gets = &drp->account[to], *gives = &drp->account[from];

	gives->budget -= (uint32_t)amount;
	gets->budget += (uint32_t)amount;
	/* the level goes along; a bucket that is full already leaves it where it was */
	amount = least(amount, gets->budget - gets->level);
	gives->level -= (uint32_t)amount;
	gets->level += (uint32_t)amount;
	if (gets->budget > before->budget[to])
		note(listener, DRP_SWAP, to, amount, gives->id);
}

static void enlarge_budget(struct drp *drp, unsigned to, const struct drp_rules *rules,
			   const struct before *before, const struct drp_listener *listener)
{
	struct drp_account *gets = &drp->account[to];

	for (unsigned i = drp_used(drp, 0); i < DRP_ACCOUNTS && gets->budget < gets->need;
	     i = drp_used(drp, i + 1)) {
		uint64_t amount = least(spare(&drp->account[i], rules), gets->need - gets->budget);

		if (i != to && amount)
			move_budget(drp, to, i, amount, before, listener);
	}
}

/* Time since the last plan fills the buckets, each by its weight. */
static void refill(struct drp *drp, const struct drp_rules *rules, uint64_t now)
{
	uint64_t passed = drp->planned ? now - drp->planned : 0;

	for (unsigned i = drp_used(drp, 0); i < DRP_ACCOUNTS; i = drp_used(drp, i + 1)) {
		struct drp_account *a = &drp->account[i];
		uint64_t weight = rules->weight > a->weight ? rules->weight : a->weight;

		if (!weight)
			continue;
		a->level = (uint32_t)least(a->level + passed * a->weight / weight, a->budget);
	}
}

/* Levels over the budgets that accounts go back to; what is left over fills the others. */
static void settle_levels(struct drp *drp)
{
	uint64_t over = 0;

	for (unsigned i = drp_used(drp, 0); i < DRP_ACCOUNTS; i = drp_used(drp, i + 1)) {
		struct drp_account *a = &drp->account[i];

		over += above(a->level, a->budget);
		a->level = (uint32_t)least(a->level, a->budget);
	}
	for (unsigned i = drp_used(drp, 0); i < DRP_ACCOUNTS && over; i = drp_used(drp, i + 1)) {
		struct drp_account *a = &drp->account[i];
		uint64_t part = least(over, a->budget - a->level);

		a->level += (uint32_t)part;
		over -= part;
	}
}

static void plan_budgets(struct drp *drp, const struct drp_rules *rules,
			 const struct before *before, const struct drp_listener *listener)
{
	for (unsigned i = drp_used(drp, 0); i < DRP_ACCOUNTS; i = drp_used(drp, i + 1)) {
		if (!drp->account[i].latency)
			drp->account[i].share = 0;
		drp->account[i].budget = drp->account[i].share;
	}
	settle_levels(drp);
	for (unsigned i = drp_used(drp, 0); i < DRP_ACCOUNTS; i = drp_used(drp, i + 1))
		if (drp->account[i].reserved)
			enlarge_budget(drp, i, rules, before, listener);
}

static void set_aside(struct drp *drp)
{
	drp->aside = 0;
	for (unsigned i = drp_used(drp, 0); i < DRP_ACCOUNTS; i = drp_used(drp, i + 1)) {
		struct drp_account *a = &drp->account[i];

		a->aside = a->reserved && !a->came ? (uint32_t)least(a->level, a->need) : 0;
		drp->aside += a->aside;
	}
}

/* ---- The plan ---- */

static void remember(const struct drp *drp, struct before *before)
{
	for (unsigned i = drp_used(drp, 0); i < DRP_ACCOUNTS; i = drp_used(drp, i + 1)) {
		before->slice[i] = drp->account[i].slice;
		before->budget[i] = drp->account[i].budget;
	}
}

static void tell_changes(const struct drp *drp, const struct before *before,
			 const struct drp_listener *listener)
{
	for (unsigned i = drp_used(drp, 0); i < DRP_ACCOUNTS; i = drp_used(drp, i + 1)) {
		const struct drp_account *a = &drp->account[i];

		if (a->slice != before->slice[i])
			note(listener, DRP_SLICE, i, a->slice, before->slice[i]);
		if (a->budget != before->budget[i])
			note(listener, DRP_CREDIT, i, a->budget, before->budget[i]);
	}
}

void drp_plan(struct drp *drp, const struct drp_rules *rules, const struct drp_listener *listener,
	      uint64_t now)
{
	struct before before;

	remember(drp, &before);
	refill(drp, rules, now);
	drp->planned = now;
	for (unsigned i = drp_used(drp, 0); i < DRP_ACCOUNTS; i = drp_used(drp, i + 1))
		update_reservation(drp, i, rules, listener, now);
	plan_slices(drp, rules);
	plan_budgets(drp, rules, &before, listener);
	set_aside(drp);
	tell_changes(drp, &before, listener);
}

uint32_t drp_shortened(const struct drp *drp)
{
	uint32_t by = UINT32_MAX;

	for (unsigned i = drp_used(drp, 0); i < DRP_ACCOUNTS; i = drp_used(drp, i + 1)) {
		const struct drp_account *a = &drp->account[i];

		if (!a->latency)
			by = (uint32_t)least(by, above(a->home, a->slice));
	}
	return by == UINT32_MAX ? 0 : by;
}

struct drp_books drp_books(const struct drp *drp)
{
	struct drp_books books = { .slices = drp->reserve };

	for (unsigned i = drp_used(drp, 0); i < DRP_ACCOUNTS; i = drp_used(drp, i + 1)) {
		const struct drp_account *a = &drp->account[i];

		books.slices += a->slice;
		books.homes += a->home;
		books.budgets += a->budget;
		books.shares += a->share;
	}
	return books;
}

const char *drp_end_name(enum drp_end end)
{
	static const char *const names[DRP_ENDS] = {
		[DRP_END_DONE] = "the spike is over",
		[DRP_END_MISSED] = "the spike did not come",
		[DRP_END_TRUST] = "the forecast is not trusted",
		[DRP_END_CLASS] = "not latency-sensitive any more",
	};

	return end < DRP_ENDS ? names[end] : "?";
}
