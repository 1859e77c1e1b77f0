/*
 * The standard scenarios S1-S8 as data, for the simulator and for the bench in the emulator: which
 * VMs there are, on how many cores, and what their vCPUs do. Times are ticks of the emulated
 * machine, where a millisecond is 100,000.
 */
#ifndef TESTS_SIM_SCENARIOS_H
#define TESTS_SIM_SCENARIOS_H

#include <stdbool.h>
#include <stdint.h>

#define SCENARIO_MS	   100000ull
#define SCENARIO_MAX_TASKS 6
#define SHAPE_LENGTH	   16

enum workload {
	WORK_HOG,      /* always wants the core */
	WORK_PERIODIC, /* a burst at every multiple of the period, at absolute deadlines; deadlines
			* that have passed at the end of a burst are skipped, and missed */
	WORK_OPEN,     /* bursts at random moments: exponential gaps of mean `period`, burst lengths
			* with a heavy tail and mean `burst`, queued while busy */
	WORK_PHASED,   /* phases of 100-500 ms, in turn: hog, periodic, idle */
	WORK_SPIN,     /* computes `period`, then holds its VM's spinlock for `burst`, and again */
	WORK_SPIKES,   /* at every multiple of the period a burst of shape[n % SHAPE_LENGTH] *
			* `burst`, from switch_at on of other_shape, queued while busy */
	WORK_TRACE,    /* demand of a recorded program, a row each 10 ms, queued while busy */
};

/* One kind of VM, `copies` of it. */
struct scenario_vm {
	const char *name;
	enum workload work;
	unsigned copies;
	unsigned vcpus;	 /* of each copy */
	uint32_t weight; /* of each vCPU */
	uint32_t cap;	 /* percent of a core, 0: none */
	bool latency;	 /* marked latency-sensitive, and measured as such */
	uint64_t period;
	uint64_t burst;
	uint64_t period_step; /* copy k has period + k * period_step */
	/* WORK_SPIKES */
	unsigned char shape[SHAPE_LENGTH], other_shape[SHAPE_LENGTH];
	unsigned char shape_step; /* copy k begins at place k * shape_step */
	uint64_t switch_at;	  /* tick, 0: never */
};

struct scenario {
	const char *name; /* s1... */
	const char *title;
	unsigned cores;
	uint64_t duration;			    /* ticks */
	struct scenario_vm vms[SCENARIO_MAX_TASKS]; /* ends with copies == 0 */
};

extern const struct scenario scenarios[];
extern const unsigned scenario_count;

/* P1, P2, P4, P5, about forecasts. */
extern const struct scenario spike_scenarios[];
extern const unsigned spike_scenario_count;

/*
 * P3: recorded demand against hogs. Of programs that want more in the mean than half of the VM's
 * share of the core, demand is scaled down to that: latency is to be measured, not lack of
 * capacity.
 */
extern const struct scenario trace_scenario;
#define TRACE_PERCENT 25

/* As P1 and P5 with less room: only two hogs lend time to six VMs. The simulator only. */
extern const struct scenario crowded_scenarios[];
extern const unsigned crowded_scenario_count;

/* NULL if there is none of that name; of the standard ones, and of any. */
const struct scenario *scenario_find(const char *name);
const struct scenario *scenario_find_any(const char *name);

/* The same for so many ticks: what changes in the middle still does. */
struct scenario scenario_lasting(const struct scenario *scenario, uint64_t ticks);

/* Where the random numbers of a vCPU begin, for one seed of the whole scenario. */
uint64_t scenario_seed(uint64_t seed, unsigned vm, unsigned vcpu);

/* Random numbers of the workloads (sched/random.h): the same on the host and in a guest. */

/* Exponentially distributed with this mean, at most 16 times the mean. */
uint64_t scenario_exponential(uint64_t *state, uint64_t mean);
/* Heavy tail: half the mean mostly, 3 times in 9%, 28 times in 1%. */
uint64_t scenario_heavy(uint64_t *state, uint64_t mean);
/* Uniform in [low, high]. */
uint64_t scenario_uniform(uint64_t *state, uint64_t low, uint64_t high);

#endif
