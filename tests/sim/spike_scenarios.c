/*
 * Scenarios for forecasts: several latency-sensitive VMs, each of which needs far more than its own
 * burst budget now and then, and hogs. All demand of a latency VM over a second is at most 85% of
 * its share, so that there is room for what the hypervisor and the guest add to it in the emulator.
 *
 * In P1-P5 four hogs can lend what the spikes take, each less than 1% of a second. With two of them
 * and six VMs they cannot: to serve all spikes at once is more than those policies may do that
 * bound the shortfall of any second (crowded_scenarios). Credit does it, and has 0.7% and 1.9%.
 * There half of credit's 99th percentile is also less than the longest spike alone takes; in P1 and
 * P2 it can be reached.
 */
#include "tests/sim/scenarios.h"

#include <string.h>

#define SECOND (1000 * SCENARIO_MS)

/* clang-format off */
#define SPIKES(ms) \
	.work = WORK_SPIKES, .vcpus = 1, .weight = 256, .latency = true, .period = (ms) * SCENARIO_MS
#define HOGS(n) { .name = "hog", .work = WORK_HOG, .copies = (n), .vcpus = 1, .weight = 256 }

const struct scenario spike_scenarios[] = {
	{ "p1",
	  "three VMs in turn, spikes that grow to 14 ms and shrink, and four hogs",
	  1,
	  30 * SECOND,
	  { { .name = "spike", SPIKES(25), .copies = 3, .burst = 9 * SCENARIO_MS / 10, .shape_step = 5,
	      .shape = { 1, 2, 4, 8, 16, 8, 4, 2, 1, 0, 0, 0, 0, 0, 0, 0 } },
	    HOGS(4) } },
	{ "p2",
	  "two VMs that burst together for 12 ms, and four hogs",
	  1,
	  30 * SECOND,
	  { { .name = "pair", SPIKES(12), .copies = 2, .burst = SCENARIO_MS,
	      .shape = { 12, 0, 0, 0, 0, 1, 0, 0, 12, 0, 0, 0, 0, 1, 0, 0 } },
	    HOGS(4) } },
	{ "p4",
	  "as p1, but the pattern changes in the middle",
	  1,
	  30 * SECOND,
	  { { .name = "spike", SPIKES(25), .copies = 3, .burst = 9 * SCENARIO_MS / 10, .shape_step = 5,
	      .shape = { 1, 2, 4, 8, 16, 8, 4, 2, 1, 0, 0, 0, 0, 0, 0, 0 },
	      .other_shape = { 1, 16, 0, 0, 1, 0, 0, 0, 1, 4, 0, 0, 16, 0, 0, 1 },
	      .switch_at = 15 * SECOND },
	    HOGS(4) } },
	{ "p5",
	  "three VMs with random arrivals and heavy-tailed bursts, and four hogs",
	  1,
	  30 * SECOND,
	  { { .name = "open", .work = WORK_OPEN, .copies = 3, .vcpus = 1, .weight = 256,
	      .latency = true, .period = 15000017, .burst = SCENARIO_MS,
	      .period_step = 1000003 },
	    HOGS(4) } },
};

const struct scenario crowded_scenarios[] = {
	{ "crowd1",
	  "six VMs in turn, spikes that grow and shrink, and two hogs",
	  1,
	  30 * SECOND,
	  { { .name = "spike", SPIKES(10), .copies = 6, .burst = SCENARIO_MS / 4, .shape_step = 5,
	      .shape = { 1, 4, 12, 36, 8, 2, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1 } },
	    HOGS(2) } },
	{ "crowd5",
	  "six VMs with random arrivals and heavy-tailed bursts, and two hogs",
	  1,
	  30 * SECOND,
	  { { .name = "open", .work = WORK_OPEN, .copies = 6, .vcpus = 1, .weight = 256,
	      .latency = true, .period = 15000017, .burst = 5 * SCENARIO_MS / 4,
	      .period_step = 1000003 },
	    HOGS(2) } },
};

const struct scenario trace_scenario = {
	"p3",
	"a VM with recorded demand and half of the weight, and three hogs",
	1,
	30 * SECOND,
	{ { .name = "trace", .work = WORK_TRACE, .copies = 1, .vcpus = 1, .weight = 768,
	    .latency = true },
	  HOGS(3) },
};
/* clang-format on */

const unsigned spike_scenario_count = sizeof(spike_scenarios) / sizeof(spike_scenarios[0]);
const unsigned crowded_scenario_count = sizeof(crowded_scenarios) / sizeof(crowded_scenarios[0]);

const struct scenario *scenario_find_any(const char *name)
{
	for (unsigned i = 0; i < spike_scenario_count; i++)
		if (strcmp(spike_scenarios[i].name, name) == 0)
			return &spike_scenarios[i];
	return strcmp(trace_scenario.name, name) == 0 ? &trace_scenario : scenario_find(name);
}

struct scenario scenario_lasting(const struct scenario *scenario, uint64_t ticks)
{
	struct scenario other = *scenario;

	other.duration = ticks;
	for (unsigned i = 0; i < SCENARIO_MAX_TASKS; i++)
		other.vms[i].switch_at = scenario->vms[i].switch_at / SCENARIO_MS * ticks /
					 scenario->duration * SCENARIO_MS;
	return other;
}
