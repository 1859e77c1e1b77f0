/*
 * Dynamic resource partitioning: who on a core gets how long a slice and how much of a burst, as
 * demand is forecast. Pure bookkeeping for the entities of one core; sched/predictive.c acts on it.
 *
 * Two things are shared out, both in ticks, both conserved to the tick by every plan:
 *
 *   slices   of all. When a reservation stands for a latency-sensitive entity,
 *                target = current + demand * scale, clamped to [min, max],
 *            and each throughput entity gives up half of the increase, but keeps min. What they
 *            give beyond the increase waits in the core's reserve for the next reservation; if
 *            they cannot give enough the increase is what they gave.
 *            sum of slices + reserve == sum of slices without any reservation.
 *   budgets  of bursts, of the latency-sensitive only: how long each may run before others beyond
 *            its turn. Who is forecast to need more than its budget gets what others are forecast
 *            not to need; each keeps `floor` percent. sum of budgets == sum of shares. A budget is
 *            a bucket: `level` is what is left of it; it refills at the entity's share of the core.
 *            Levels move with budgets and are never made by a plan.
 *
 * The budgets are parts of what the class may get ahead of all others (sched/credit_lead.c). While
 * nothing is reserved it is common to all of them. What is left of the budgets of reservations is
 * set aside: nobody else may have it, but each keeps what is left of its own budget.
 *
 * A reservation opens when the forecast exceeds `spike` and half as much again as the entity's mean
 * demand, before the spike. It stands as long as the spike lasts or is forecast, and ends after a
 * grace period: early if the spike did not come, and then this entity may not reserve again for a
 * while, twice as long each time.
 *
 * A plan starts from nothing but the forecasts, so nothing of an old plan is left behind.
 * Cost: O(reservations * accounts), bounded by DRP_ACCOUNTS^2, at most once a window of 10 ms.
 */
#ifndef SCHED_DRP_H
#define SCHED_DRP_H

#include <stdbool.h>
#include <stdint.h>

#define DRP_ACCOUNTS 64 /* of a core; entities beyond them are scheduled without forecasts */

enum drp_end {
	DRP_END_DONE,	/* the spike came and is over */
	DRP_END_MISSED, /* the grace period ended without it */
	DRP_END_TRUST,	/* the forecast is not trusted any more */
	DRP_END_CLASS,	/* it is not latency-sensitive any more */
	DRP_ENDS
};

/* Amounts in ticks, below 2^32. */
struct drp_account {
	uint32_t id; /* of the entity, for the trace */
	uint32_t weight;
	/* Inputs. */
	uint32_t home; /* slice without reservations; min <= home <= max */
	uint32_t min, max;
	uint32_t share;	 /* burst budget without reservations */
	uint32_t actual; /* demand of the window that ended */
	uint32_t demand; /* forecast for a window */
	uint32_t need;	 /* forecast for a burst: the next 50 ms */
	uint32_t mean;	 /* of `actual` over about 64 windows; kept by plans */
	/* The plan. */
	uint32_t slice;
	uint32_t budget;
	uint32_t level;
	uint32_t aside; /* of the level, for a spike that has not come yet */
	bool used;
	bool latency;
	bool trusted;
	bool reserved;
	bool came;
	uint8_t misses;		/* spikes in a row that did not come */
	uint64_t opened, until; /* tick */
	uint64_t barred;	/* tick before which it may not reserve */
};

struct drp {
	struct drp_account account[DRP_ACCOUNTS];
	uint64_t taken;		 /* bit i: account[i] is in use */
	uint64_t aside;		 /* sum over all accounts */
	uint64_t reserve;	 /* of slices */
	uint64_t planned;	 /* tick of the last plan */
	uint64_t opened, missed; /* reservations, totals */
};

struct drp_rules {
	uint32_t scale;	 /* percent */
	uint32_t spike;	 /* ticks a window */
	uint32_t floor;	 /* percent of its share that nobody can take from an account */
	uint64_t grace;	 /* ticks */
	uint64_t weight; /* of all entities, for refilling; > 0 */
};

enum drp_event { DRP_RESERVE, DRP_RELEASE, DRP_SWAP, DRP_CREDIT, DRP_SLICE };

/* Called for every change; a and b are those of the trace kinds of the same names. */
struct drp_listener {
	void (*note)(void *context, enum drp_event event, unsigned account, uint64_t a, uint64_t b);
	void *context;
};

/* Takes a free account: all zero but `used`. -1: there is none. */
int drp_open(struct drp *drp);
void drp_close(struct drp *drp, unsigned account);

/* The first account in use from this one on; DRP_ACCOUNTS: there is none. */
static inline unsigned drp_used(const struct drp *drp, unsigned from)
{
	uint64_t rest = from < DRP_ACCOUNTS ? drp->taken >> from : 0;

	return rest ? from + (unsigned)__builtin_ctzll(rest) : DRP_ACCOUNTS;
}

/* Makes a new plan out of the accounts' inputs. */
void drp_plan(struct drp *drp, const struct drp_rules *rules, const struct drp_listener *listener,
	      uint64_t now);

/* What all others together have set aside. */
static inline uint64_t drp_set_aside(const struct drp *drp, const struct drp_account *account)
{
	return drp->aside - account->aside;
}

/* By how much all slices of throughput accounts are shorter than without reservations. */
uint32_t drp_shortened(const struct drp *drp);

/* The account's entity ran before others for `ran` ticks. */
void drp_spend(struct drp *drp, struct drp_account *account, uint64_t ran);

/* True if its budget is not what it has without any reservation. */
static inline bool drp_moved(const struct drp_account *account)
{
	return account->budget != account->share;
}

/* The sums that a plan conserves: planned and without any plan. */
struct drp_books {
	uint64_t slices, homes; /* slices include the reserve */
	uint64_t budgets, shares;
};
struct drp_books drp_books(const struct drp *drp);

const char *drp_end_name(enum drp_end end);

#endif
