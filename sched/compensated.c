/*
 * The recommended policy without prediction: credit (sched/credit.c) for two latency classes, with
 * preemption compensation.
 *
 * A latency-sensitive entity (marked or detected, sched/classify.h) that has credit left preempts
 * at once when it wakes up; of several the one that has run least since its wake-up goes first
 * (least attained service: short bursts do not wait for long ones, and nobody has to say how long
 * his are). It may save up credit for its bursts, as much as throws none of the others back by more
 * than 6 ms in all. Without credit it is treated like everybody.
 *
 * All others run in order of virtual time for whole slices of 5 ms, or their own. One that is
 * preempted within its slice is owed the time it lost and goes on before all of its class
 * (sched/compensation.h), so a latency-sensitive neighbour costs it a delay but no turn. The debtor
 * pays by its virtual time; third parties lose nothing they are entitled to.
 *
 * Fairness: over a second on one core everybody gets at least the fluid share less 1% of the second
 * (tests/sim/properties.c). Least attained service: M. Nuyens, A. Wierman, "The
 * foreground-background queue: a survey", 2008.
 * Locks: none. Cost: O(log n).
 */
#include "sched/credit.h"
#include "sched/policies.h"

static const struct credit_config config = {
	.boost = true,
	.by_class = true,
	.keep_turn = true,
	.by_share = true,
	.own_slices = true,
	.slice_us = 5000,
	.saved_us = 1000,
	.saved_latency_us = 6000,
	.saved_most_us = 20000,
	.boost_us = 1000,
};

const struct sched_ops sched_compensated = {
	.name = "compensated",
	.summary = "credit for two latency classes, preemption compensation, 5 ms slices",
	.config = &config,
	CREDIT_OPS,
};
