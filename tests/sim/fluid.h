/*
 * The fair schedule to compare with: generalized processor sharing, a fluid that serves all tasks
 * with work at once, in proportion to their weights, none faster than one core or its cap, and on
 * its cores only (tests/sim/max_min.h). It gets the same arrivals of work as the real schedule, at
 * their true times.
 *
 * The error of a schedule is the largest shortfall of any task against the fluid over any of the
 * consecutive windows of a second, as a share of the window; the fluid is scaled to the total that
 * the cores really delivered, so overhead is no unfairness. Tasks that spin give time away by
 * themselves and are not judged. A. Parekh, R. Gallager, "A generalized processor sharing approach
 * to flow control", 1993.
 */
#ifndef TESTS_SIM_FLUID_H
#define TESTS_SIM_FLUID_H

#include "tests/sim/sim.h"

/* Prepares the comparison for a task, before its workload starts. */
void fluid_add(struct sim *sim, struct sim_task *task);

/* Serves the fluid up to now. */
void fluid_advance(struct sim *sim, uint64_t now);

/* Work whose time of arrival depends on the task itself. */
void fluid_arrive(struct sim_task *task, uint64_t work);

/* Compares at the end of a window: updates sim->fair_error. */
void fluid_end_window(struct sim *sim);

#endif
