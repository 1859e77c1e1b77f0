/*
 * A reallocator without forecasts, after Caladan: it looks at who waits every 50 us, and gives the
 * core to a latency-sensitive entity that it finds waiting, in slices of 0.1 ms if there are
 * several. So a wake-up is noticed after 50 to 100 us, never at once, and never too early.
 * Everybody else runs in order of virtual time in slices of 10 ms. Whoever has used up its share
 * has no privilege, as in sched/compensated.c; nobody is compensated for being interrupted by more
 * than going on.
 *
 * Caladan polls from a core of its own. Here nobody polls: a wake-up only sets the end of the
 * running slice to the moment at which the poll would have seen it, which is the same schedule.
 * Idle cores take waiting entities at once, busy ones even out (sched/placement.c).
 *
 * Fairness: as sched/compensated.c, within 3% on one core, 5% on several, 25% there with caps.
 *
 * Source: J. Fried et al., "Caladan: mitigating interference at microsecond timescales", 2020.
 * Locks: none. Cost: O(log n) of the boosted that wait at once, O(1) of all others: 232 to 244
 * instructions a decision with 2 to 512 vCPUs on a core, 480 with up to 64 boosted.
 */
#include "sched/credit.h"
#include "sched/policies.h"

static const struct credit_config config = {
	.boost = true,
	.by_share = true,
	.slice_us = 10000,
	.saved_us = 1000,
	.saved_latency_us = 6000,
	.saved_most_us = 20000,
	.notice_us = 50,
	.boost_us = 100,
};

const struct sched_ops sched_reactive = {
	.name = "reactive",
	.summary = "notices waiting latency-sensitive vCPUs every 50 us; 0.1 ms slices for them",
	.config = &config,
	.decide = credit_decide_by_share,
	CREDIT_OPS,
};
