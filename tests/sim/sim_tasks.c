/* The vCPUs of a simulation: how they come into it. */
#include <stdlib.h>

#include "tests/sim/fluid.h"
#include "tests/sim/sim.h"
#include "tests/sim/workload.h"

static struct sim_task *add(struct sim *sim, const struct scenario_vm *spec, unsigned vm,
			    const struct sched_params *params)
{
	struct sim_task *task = &sim->tasks[sim->task_count];

	if (sched_add(&sim->sched, &task->entity, sim->task_count, vm, params, sim->now) != OK)
		return NULL;
	sim->task_count++;
	task->spec = spec;
	task->vm = &sim->vms[vm];
	task->created = sim->now;
	task->blocked_from = sim->now;
	return task;
}

static void begin(struct sim *sim, struct sim_task *task)
{
	fluid_add(sim, task);
	workload_start(task, sim->now);
	sim_schedule(sim, &task->timer, task->wake_at);
}

struct sim_task *sim_add(struct sim *sim, const struct scenario_vm *spec, unsigned vm,
			 uint64_t period, const struct sched_params *params, uint64_t seed)
{
	struct sim_task *task = add(sim, spec, vm, params);

	if (!task)
		return NULL;
	task->period = period;
	task->random = seed;
	begin(sim, task);
	return task;
}

struct sim_task *sim_add_trace(struct sim *sim, const struct scenario_vm *spec,
			       const struct trace_csv *trace, const struct sched_params *params)
{
	struct sim_task *task = add(sim, spec, 0, params);

	if (!task)
		return NULL;
	task->trace = trace;
	begin(sim, task);
	return task;
}

/* A vCPU of copy `copy` of the VM. */
static struct sim_task *sim_add_at(struct sim *sim, const struct scenario_vm *spec, unsigned vm,
				   unsigned copy, const struct sched_params *params, uint64_t seed)
{
	struct sim_task *task = add(sim, spec, vm, params);

	if (!task)
		return NULL;
	task->period = spec->period + copy * spec->period_step;
	task->phase = copy * spec->shape_step;
	task->random = seed;
	begin(sim, task);
	return task;
}

static void add_vm(struct sim *sim, const struct scenario_vm *spec, unsigned vm, unsigned copy,
		   uint64_t seed)
{
	struct sched_params params;

	sched_default_params(&params);
	params.weight = spec->weight;
	params.cap = spec->cap;
	params.class = spec->latency ? SCHED_LATENCY : SCHED_THROUGHPUT;
	params.class_auto = false;
	if (spec->work == WORK_PERIODIC && spec->latency) { /* what a real-time user would say */
		params.budget = spec->burst + spec->burst / 5;
		params.period = spec->period + copy * spec->period_step;
	}
	for (unsigned i = 0; i < spec->vcpus; i++)
		if (!sim_add_at(sim, spec, vm, copy, &params, scenario_seed(seed, vm, i)))
			abort();
}

void sim_add_scenario(struct sim *sim, const struct scenario *scenario, uint64_t seed)
{
	unsigned vm = 0;

	for (unsigned i = 0; i < SCENARIO_MAX_TASKS; i++)
		for (unsigned copy = 0; copy < scenario->vms[i].copies; copy++)
			add_vm(sim, &scenario->vms[i], vm++, copy, seed);
}
