/*
 * The recommended policy without prediction: credit (sched/credit.c) for two latency classes, with
 * preemption compensation.
 *
 * A latency-sensitive entity (marked or detected, sched/classify.h) that has credit left preempts
 * at once when it wakes up. Of several the one that has run least since its wake-up goes first
 * (least attained service: short bursts do not wait for long ones, and nobody has to say how long
 * his are), counted in 0.1 ms; those that wake up together take turns for the first of them. So no
 * wake-up waits for a whole burst, at the price of longer bursts where several come at once;
 * sched/predictive.c serves them in order of arrival instead. It may save up credit for its
 * bursts, up to 100 ms, as long as all of its class together throw none of the others back by more
 * than 7 ms (5 ms where weights differ) against a fluid schedule (sched/lead.h): who needs much may
 * have what the others of its class do not need now. Without credit, or when the class has got that
 * far ahead, it is treated like everybody. When nobody wants the core, as after all VMs have
 * started, it is even with all.
 *
 * All others run in order of virtual time for whole slices of 4 ms, or their own. One that is
 * preempted within its slice is owed the time it lost and goes on before all of its class
 * (sched/compensation.h), so a latency-sensitive neighbour costs it a delay but no turn. The debtor
 * pays by its virtual time; third parties lose nothing they are entitled to.
 *
 * A vCPU that spins yields to a sibling (sched/directed.c), which comes before that turn if it is
 * behind its share: the lock it holds, or is next to get, holds up its whole VM. Its time is lent
 * by whom it interrupts, as that of the latency-sensitive is.
 *
 * Fairness: over a second on one core everybody gets at least the fluid share less 1% of the
 * second: 7 ms for the lead, the rest for the order of turns. On several cores those who always
 * want to run get their max-min fair share less 1.5% of a second, whatever weights and affinity;
 * with caps, which a wait may keep from being used up, less 10%. In 99 of 100 random scenarios it
 * is 0.7% and 2.3% (tests/sim/properties.c). These are measured bounds, not proven ones: of 30,000
 * seeds that were not looked at before (60001 and up) four lacked more, two of them 1.1% on one
 * core, two where affinity leaves only a chain of moves to help (74516: a third). While demand
 * comes and goes, no core idles if somebody waits for it, and no more is promised. Locks: none.
 * Cost: O(log n).
 *
 * Least attained service: M. Nuyens, A. Wierman, "The foreground-background queue: a survey", 2008.
 */
#include "sched/credit.h"
#include "sched/policies.h"

static const struct credit_config config = {
	CREDIT_BY_CLASS,
	.slice_us = 4000,
	.lead_us = 7000,
	.first_us = 100,
};

const struct sched_ops sched_compensated = {
	.name = "compensated",
	.summary = "credit for two latency classes, preemption compensation, 4 ms slices",
	.config = &config,
	.decide = credit_decide_by_share,
	CREDIT_OPS,
};
