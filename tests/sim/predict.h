/*
 * The predictive engine in the simulator: windows of 10 ms are taken from the tasks, and advice is
 * given as the hypervisor does it on its tick, by the engine itself or by an oracle.
 */
#ifndef TESTS_SIM_PREDICT_H
#define TESTS_SIM_PREDICT_H

#include "sched/advice.h"
#include "tests/sim/sim.h"

enum predict_source {
	PREDICT_NONE,
	PREDICT_ENGINE, /* ple/, with the default weights */
	PREDICT_ORACLE, /* demand as it came in an earlier run of the same scenario and seed */
	PREDICT_SOURCES
};

struct predict_sim;

/*
 * Runs until the end, giving advice on the way. `oracle`: the recording of an earlier run, for
 * PREDICT_ORACLE; else NULL. Windows are recorded in any case: free the result.
 */
struct predict_sim *predict_run(struct sim *sim, uint64_t until, enum predict_source source,
				enum sched_fault fault, const struct predict_sim *oracle);
void predict_free(struct predict_sim *predict);

/*
 * Windows of latency-sensitive tasks that were forecast, each of which costs the engine's time, and
 * those that the engine rested through (ple/steady.h), which cost less.
 */
uint64_t predict_steps(const struct predict_sim *predict);
uint64_t predict_rests(const struct predict_sim *predict);

#endif
