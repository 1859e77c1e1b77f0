/*
 * Random scenarios for the property tests: everything follows from one seed. Wake patterns are
 * adversarial: bursts just under and over slices and boosts, periods that beat with them, phases.
 */
#ifndef TESTS_SIM_RANDOM_SCENARIO_H
#define TESTS_SIM_RANDOM_SCENARIO_H

#include "tests/sim/sim.h"

#define RANDOM_MAX_TASKS 24
#define RANDOM_MAX_CORES 8
#define RANDOM_SETTLE	 (500 * SCENARIO_MS) /* before hogs are looked at */

/* What a scenario contains; properties hold under conditions on these. */
struct random_traits {
	const char *policy;
	unsigned cores;
	bool caps;
	bool affinity;
	bool spin;
	bool hogs;	  /* all of them hogs, none of whom comes or goes */
	bool changes;	  /* of policy, parameters or the set of tasks while running */
	unsigned latency; /* tasks marked latency-sensitive */
	uint64_t duration;
};

/* Opens a simulation of the scenario with this seed. policy NULL: any. */
void random_open(struct sim *sim, uint64_t seed, const char *policy, struct random_traits *traits);

/* Runs it to its end, with changes in the middle if it has some. */
void random_run(struct sim *sim, uint64_t seed, const struct random_traits *traits);

#endif
