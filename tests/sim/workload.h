/*
 * What a simulated vCPU does: when it wakes up, how long it computes, whether it blocks.
 */
#ifndef TESTS_SIM_WORKLOAD_H
#define TESTS_SIM_WORKLOAD_H

#include "tests/sim/sim.h"

/* Sets the first wake-up. */
void workload_start(struct sim_task *task, uint64_t now);

/* The task, blocked until now, has been woken. */
void workload_woken(struct sim_task *task);

/*
 * The task has done its remaining work. True: it goes on with new work, false: it blocks until
 * task->wake_at.
 */
bool workload_done(struct sim_task *task, uint64_t now);

/* The task starts to run in the guest: takes the lock that it spins for if that is its turn. */
void workload_runs(struct sim_task *task, uint64_t now);

/* Goes on to the next burst of a task with paced arrivals, as if the present one were done. */
void workload_next(struct sim_task *task, uint64_t now);

/* Bursts queue while the task is busy, so when they arrive does not depend on the schedule. */
bool workload_has_stream(const struct sim_task *task);

/* A phased task in the phase in which it always wants the core. */
bool workload_is_hog(const struct sim_task *task);

#endif
