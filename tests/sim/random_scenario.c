#include "tests/sim/random_scenario.h"

#include <stdlib.h>
#include <string.h>

#include "sched/random.h"

static struct scenario_vm specs[RANDOM_MAX_TASKS];

static uint64_t pick_from(uint64_t *random, const uint64_t *values, unsigned count)
{
	return values[random_next(random) % count];
}

static bool chance(uint64_t *random, unsigned percent)
{
	return random_next(random) % 100 < percent;
}

static void pick_work(uint64_t *random, struct scenario_vm *spec, struct random_traits *traits)
{
	static const enum workload works[] = { WORK_HOG,      WORK_HOG,	 WORK_HOG,    WORK_PERIODIC,
					       WORK_PERIODIC, WORK_OPEN, WORK_PHASED, WORK_SPIN };
	static const uint64_t bursts[] = { 1000,   20000,  50000,  99000,   101000,  190000, 210000,
					   490000, 510000, 990000, 1010000, 2990000, 3010000 };

	spec->work = works[random_next(random) % (sizeof(works) / sizeof(works[0]))];
	if (traits->hogs)
		spec->work = WORK_HOG;
	spec->burst = pick_from(random, bursts, sizeof(bursts) / sizeof(bursts[0]));
	spec->period = spec->burst * scenario_uniform(random, 105, 3000) / 100;
	if (spec->work == WORK_SPIN) {
		spec->burst = scenario_uniform(random, 1000, 20000);
		spec->period = scenario_uniform(random, 10000, 200000);
		traits->spin = true;
	}
	if (spec->work == WORK_OPEN)
		spec->period *= 3;
	spec->latency =
		(spec->work == WORK_PERIODIC || spec->work == WORK_OPEN) && chance(random, 60);
	traits->latency += spec->latency;
}

static void pick_params(uint64_t *random, struct sched_params *params,
			const struct scenario_vm *spec, struct random_traits *traits,
			unsigned percent_capped, unsigned percent_bound)
{
	static const uint64_t weights[] = { 64, 128, 256, 256, 256, 257, 512, 1000 };

	sched_default_params(params);
	params->weight = (uint32_t)pick_from(random, weights, sizeof(weights) / sizeof(weights[0]));
	params->class = spec->latency ? SCHED_LATENCY : SCHED_THROUGHPUT;
	params->class_auto = chance(random, 30);
	if (chance(random, percent_capped)) {
		params->cap = (uint32_t)scenario_uniform(random, 5, 100);
		traits->caps = true;
	}
	if (traits->cores > 1 && chance(random, percent_bound)) {
		memset(&params->affinity, 0, sizeof(params->affinity));
		for (unsigned c = 0; c < traits->cores; c++)
			if (chance(random, 50))
				sched_mask_add(&params->affinity, c);
		sched_mask_add(&params->affinity,
			       (unsigned)scenario_uniform(random, 0, traits->cores - 1));
		traits->affinity = true;
	}
}

static const char *pick_policy(uint64_t *random)
{
	unsigned count;
	const struct sched_ops *const *policies = sched_policies(&count);

	return sched_policy_name(policies[random_next(random) % count]);
}

static void add_tasks(struct sim *sim, uint64_t *random, struct random_traits *traits)
{
	unsigned most = traits->cores * 6 < RANDOM_MAX_TASKS ? traits->cores * 6 : RANDOM_MAX_TASKS;
	unsigned count = (unsigned)scenario_uniform(random, 1, most);
	unsigned percent_capped = chance(random, 25) ? 30 : 0;
	unsigned percent_bound = chance(random, 25) ? 30 : 0;
	struct sched_params params;

	for (unsigned i = 0; i < count; i++) {
		struct scenario_vm *spec = &specs[i];
		unsigned vm = chance(random, 30) && i ? i - 1 : i;

		*spec = (struct scenario_vm) { .name = "task", .copies = 1, .vcpus = 1 };
		pick_work(random, spec, traits);
		pick_params(random, &params, spec, traits, percent_capped, percent_bound);
		if (!sim_add(sim, spec, vm, spec->period, &params, random_next(random)))
			abort();
	}
}

void random_open(struct sim *sim, uint64_t seed, const char *policy, struct random_traits *traits)
{
	static const uint64_t core_counts[] = { 1, 1, 1, 1, 2, 2, 3, 4 };
	static const uint64_t hog_core_counts[] = { 2, 2, 3, 3, 4, 4, 6, RANDOM_MAX_CORES };
	uint64_t random = seed;
	const char *any = pick_policy(&random);

	memset(traits, 0, sizeof(*traits));
	traits->policy = policy ? policy : any;
	traits->hogs = chance(&random, 20);
	traits->cores =
		(unsigned)pick_from(&random, traits->hogs ? hog_core_counts : core_counts, 8);
	traits->changes = !traits->hogs && chance(&random, 25);
	traits->duration = 1000 * SCENARIO_MS + scenario_uniform(&random, 1, 100 * SCENARIO_MS);
	if (sim_open(sim, traits->cores, chance(&random, 30) ? 2 : 0, traits->policy,
		     chance(&random, 50) ? &sim_costs_emulator : &sim_costs_none, SCENARIO_MS,
		     RANDOM_MAX_TASKS) != OK)
		abort();
	sim->no_fluid = traits->changes;
	add_tasks(sim, &random, traits);
}

static void change_params(struct sim *sim, uint64_t *random)
{
	struct sim_task *task = &sim->tasks[random_next(random) % sim->task_count];
	struct random_traits ignored = { .cores = sim->core_count };
	struct sched_params params;
	const char *why;

	pick_params(random, &params, task->spec, &ignored, 30, 30);
	sched_update(&sim->cores[0].core, &task->entity, &params, &why, sim->now);
}

/* What happens at the start is in no window that is judged. */
static void settle(struct sim *sim)
{
	uint64_t window = sim->window;

	sim->window = RANDOM_SETTLE;
	sim_run(sim, RANDOM_SETTLE);
	sim->window = window;
	sim->fair_error = 0;
}

void random_run(struct sim *sim, uint64_t seed, const struct random_traits *traits)
{
	uint64_t random = seed ^ 0x5eed;
	uint64_t step = traits->duration / 20;

	if (traits->hogs)
		settle(sim);
	if (!traits->changes) {
		sim_run(sim, sim->now + traits->duration);
		return;
	}
	for (unsigned i = 1; i <= 20; i++) {
		sim_run(sim, i * step);
		if (chance(&random, 40))
			sim_set_policy(sim, pick_policy(&random));
		else
			sim_update(sim, change_params, &random);
	}
}
