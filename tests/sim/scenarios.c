#include "tests/sim/scenarios.h"

#include <stddef.h>
#include <string.h>

#include "sched/random.h"

#define PERIOD 1013771ull /* 10.1 ms, co-prime with everything that is round */
#define SECOND (1000 * SCENARIO_MS)
/* 300 periods, and room for guests that start one after another */
#define S1_TICKS (310 * PERIOD)

#define HOGS(n)                                                                                    \
	{                                                                                          \
		.name = "hog", .work = WORK_HOG, .copies = (n), .vcpus = 1, .weight = 256          \
	}

const struct scenario scenarios[] = {
	{ "s1",
	  "one latency VM of 5% and three hogs",
	  1,
	  S1_TICKS,
	  { { .name = "lat",
	      .work = WORK_PERIODIC,
	      .copies = 1,
	      .vcpus = 1,
	      .weight = 256,
	      .latency = true,
	      .period = PERIOD,
	      .burst = 50000 },
	    HOGS(3) } },
	{ "s2",
	  "one latency VM of 30%, with weight for it, and three hogs",
	  1,
	  S1_TICKS,
	  { { .name = "lat",
	      .work = WORK_PERIODIC,
	      .copies = 1,
	      .vcpus = 1,
	      .weight = 512,
	      .latency = true,
	      .period = PERIOD,
	      .burst = 300000 },
	    HOGS(3) } },
	{ "s2eq",
	  "one latency VM of 30% with an equal share of 25%, and three hogs",
	  1,
	  S1_TICKS,
	  { { .name = "lat",
	      .work = WORK_PERIODIC,
	      .copies = 1,
	      .vcpus = 1,
	      .weight = 256,
	      .latency = true,
	      .period = PERIOD,
	      .burst = 300000 },
	    HOGS(3) } },
	{ "s3",
	  "four latency VMs of 5-11% with co-prime periods and four hogs",
	  1,
	  3 * SECOND,
	  { { .name = "lat5",
	      .work = WORK_PERIODIC,
	      .copies = 1,
	      .vcpus = 1,
	      .weight = 256,
	      .latency = true,
	      .period = 1013771,
	      .burst = 50000 },
	    { .name = "lat7",
	      .work = WORK_PERIODIC,
	      .copies = 1,
	      .vcpus = 1,
	      .weight = 256,
	      .latency = true,
	      .period = 700027,
	      .burst = 50000 },
	    { .name = "lat11",
	      .work = WORK_PERIODIC,
	      .copies = 1,
	      .vcpus = 1,
	      .weight = 256,
	      .latency = true,
	      .period = 1300021,
	      .burst = 140000 },
	    { .name = "lat20",
	      .work = WORK_PERIODIC,
	      .copies = 1,
	      .vcpus = 1,
	      .weight = 512,
	      .latency = true,
	      .period = 503003,
	      .burst = 100000 },
	    HOGS(4) } },
	{ "s4",
	  "sparse random arrivals with heavy-tailed bursts, and hogs",
	  1,
	  5 * SECOND,
	  { { .name = "open",
	      .work = WORK_OPEN,
	      .copies = 2,
	      .vcpus = 1,
	      .weight = 256,
	      .latency = true,
	      .period = 3000017,
	      .burst = 60000,
	      .period_step = 1000003 },
	    HOGS(4) } },
	{ "s5",
	  "two cores, six VMs whose behaviour changes every 100-500 ms",
	  2,
	  5 * SECOND,
	  { { .name = "phased",
	      .work = WORK_PHASED,
	      .copies = 4,
	      .vcpus = 1,
	      .weight = 256,
	      .period = PERIOD,
	      .burst = 200000,
	      .period_step = 10007 },
	    { .name = "lat",
	      .work = WORK_PERIODIC,
	      .copies = 1,
	      .vcpus = 1,
	      .weight = 256,
	      .latency = true,
	      .period = PERIOD,
	      .burst = 50000 },
	    HOGS(1) } },
	{ "s6",
	  "four cores, SMP VMs with spinlocks, latency VMs and hogs",
	  4,
	  2 * SECOND,
	  { { .name = "smp4",
	      .work = WORK_SPIN,
	      .copies = 1,
	      .vcpus = 4,
	      .weight = 256,
	      .period = 50000,
	      .burst = 5000 },
	    { .name = "smp2",
	      .work = WORK_SPIN,
	      .copies = 2,
	      .vcpus = 2,
	      .weight = 256,
	      .period = 90000,
	      .burst = 10000 },
	    { .name = "lat",
	      .work = WORK_PERIODIC,
	      .copies = 2,
	      .vcpus = 1,
	      .weight = 256,
	      .latency = true,
	      .period = PERIOD,
	      .burst = 50000,
	      .period_step = 100003 },
	    HOGS(2) } },
	{ "s7",
	  "hogs with weights 1:2:4 and one with a cap of 10%",
	  1,
	  4 * SECOND,
	  { { .name = "one", .work = WORK_HOG, .copies = 1, .vcpus = 1, .weight = 128 },
	    { .name = "two", .work = WORK_HOG, .copies = 1, .vcpus = 1, .weight = 256 },
	    { .name = "four", .work = WORK_HOG, .copies = 1, .vcpus = 1, .weight = 512 },
	    { .name = "capped",
	      .work = WORK_HOG,
	      .copies = 1,
	      .vcpus = 1,
	      .weight = 512,
	      .cap = 10 } } },
	{ "s8",
	  "64 vCPUs on one core, six of them latency-sensitive",
	  1,
	  5 * SECOND,
	  { { .name = "lat",
	      .work = WORK_PERIODIC,
	      .copies = 6,
	      .vcpus = 1,
	      .weight = 256,
	      .latency = true,
	      .period = 5000011,
	      .burst = 40000,
	      .period_step = 200003 },
	    HOGS(58) } },
};

const unsigned scenario_count = sizeof(scenarios) / sizeof(scenarios[0]);

const struct scenario *scenario_find(const char *name)
{
	for (unsigned i = 0; i < scenario_count; i++)
		if (strcmp(scenarios[i].name, name) == 0)
			return &scenarios[i];
	return NULL;
}

uint64_t scenario_seed(uint64_t seed, unsigned vm, unsigned vcpu)
{
	return seed + 1000 * vm + vcpu;
}

uint64_t scenario_uniform(uint64_t *state, uint64_t low, uint64_t high)
{
	return low + random_next(state) % (high - low + 1);
}

/*
 * A number of halvings (geometric) plus the place in the last octave, whose logarithm is taken as
 * linear: -log2(u) within 0.09, and exp(mean) = -ln(u) * mean.
 */
uint64_t scenario_exponential(uint64_t *state, uint64_t mean)
{
	uint64_t u = random_next(state) | 1ull << 40;
	uint64_t octave = (uint64_t)__builtin_clzll(u);
	uint64_t fraction = (u << octave << 1) >> 52;	  /* 12 bits */
	uint64_t log2 = (octave << 12) + 4096 - fraction; /* of 1/u, in 1/4096 */

	return mean * log2 / 4096 * 693 / 1000;
}

uint64_t scenario_heavy(uint64_t *state, uint64_t mean)
{
	uint64_t percent = random_next(state) % 100;

	if (percent == 0)
		return 28 * mean;
	return percent < 10 ? 3 * mean : mean / 2;
}
