#include "tests/sim/fluid.h"

#include <math.h>
#include <stdlib.h>

#include "tests/sim/max_min.h"
#include "tests/sim/workload.h"

#define EPSILON 1e-6 /* ticks: less work than this is none */

void fluid_add(struct sim *sim, struct sim_task *task)
{
	struct sim_task *stream = &sim->streams[task - sim->tasks];

	*stream = *task;
	workload_start(stream, sim->now);
}

void fluid_arrive(struct sim_task *task, uint64_t work)
{
	task->fluid_backlog += (double)work;
}

static double backlog_of(const struct sim_task *task)
{
	if (workload_has_stream(task) || task->spec->work == WORK_PERIODIC ||
	    (task->spec->work == WORK_PHASED && !workload_is_hog(task)))
		return task->fluid_backlog;
	return sched_state_of(&task->entity) == SCHED_BLOCKED ? 0 : INFINITY;
}

static struct claim claim_of(const struct sim *sim, const struct sim_task *task)
{
	uint32_t cap = task->entity.params.cap;
	uint64_t present = (1ull << sim->core_count) - 1;

	return (struct claim) {
		.weight = task->entity.params.weight,
		.limit = backlog_of(task) > EPSILON ? (cap ? cap / 100.0 : 1.0) : 0,
		.cores = (unsigned)(task->entity.params.affinity.word[0] & present),
	};
}

/* Rates change only with claims. */
static void update_rates(struct sim *sim)
{
	bool changed = false;

	for (unsigned i = 0; i < sim->task_count; i++) {
		struct claim new = claim_of(sim, &sim->tasks[i]), *old = &sim->claims[i];

		changed |= new.weight != old->weight || new.limit != old->limit ||
			   new.cores != old->cores;
		new.rate = old->rate;
		*old = new;
	}
	if (changed)
		max_min_rates(sim->claims, sim->task_count, sim->core_count);
}

/* Ticks until the first of the served runs dry. */
static double shortest(const struct sim *sim, double most)
{
	for (unsigned i = 0; i < sim->task_count; i++) {
		double rate = sim->claims[i].rate;

		if (rate > 0 && backlog_of(&sim->tasks[i]) / rate < most)
			most = backlog_of(&sim->tasks[i]) / rate;
	}
	return most;
}

static void pour_for(struct sim *sim, double ticks)
{
	for (unsigned i = 0; i < sim->task_count; i++) {
		struct sim_task *task = &sim->tasks[i];
		double amount = sim->claims[i].rate * ticks;

		task->fluid_got += amount;
		task->fluid_backlog -= amount;
		if (task->fluid_backlog < EPSILON)
			task->fluid_backlog = 0;
	}
}

/* Serves for so many ticks without arrivals. */
static void serve(struct sim *sim, double ticks)
{
	while (ticks > EPSILON) {
		double part;

		update_rates(sim);
		part = shortest(sim, ticks);
		pour_for(sim, part);
		ticks -= part > EPSILON ? part : EPSILON;
	}
}

static uint64_t next_arrival(const struct sim *sim, uint64_t most)
{
	for (unsigned i = 0; i < sim->task_count; i++)
		if (workload_has_stream(&sim->tasks[i]) && sim->streams[i].deadline < most)
			most = sim->streams[i].deadline;
	return most;
}

static void take_arrivals(struct sim *sim, uint64_t now)
{
	for (unsigned i = 0; i < sim->task_count; i++) {
		struct sim_task *stream = &sim->streams[i];

		while (workload_has_stream(stream) && stream->deadline <= now) {
			fluid_arrive(&sim->tasks[i], stream->remaining);
			workload_next(stream, stream->deadline);
		}
	}
}

void fluid_advance(struct sim *sim, uint64_t now)
{
	while (sim->fluid_time < now) {
		uint64_t next;

		take_arrivals(sim, sim->fluid_time);
		next = next_arrival(sim, now);
		serve(sim, (double)(next - sim->fluid_time));
		sim->fluid_time = next;
	}
}

static double scale_of(const struct sim *sim)
{
	double real = 0, fluid = 0;

	for (unsigned i = 0; i < sim->task_count; i++) {
		real += (double)(sim->tasks[i].entity.stats.run - sim->tasks[i].window_run);
		fluid += sim->tasks[i].fluid_got;
	}
	return fluid > real && fluid > 0 ? real / fluid : 1;
}

/*
 * Who has been served before the fluid would have got to it, and then wants less than the fluid
 * still has to do for it, lacks nothing.
 */
static double lacks(const struct sim_task *task, double shortfall)
{
	double behind = task->fluid_total - (double)task->entity.stats.run;

	return workload_has_stream(task) && behind < shortfall ? behind : shortfall;
}

void fluid_end_window(struct sim *sim)
{
	double scale;

	fluid_advance(sim, sim->now);
	scale = scale_of(sim);
	for (unsigned i = 0; i < sim->task_count; i++) {
		struct sim_task *task = &sim->tasks[i];
		double got = (double)(task->entity.stats.run - task->window_run);
		double error;

		task->fluid_total += task->fluid_got;
		error = lacks(task, task->fluid_got * scale - got) / (double)sim->window;
		task->window_run = task->entity.stats.run;
		task->fluid_got = 0;
		if (error > sim->fair_error && task->spec->work != WORK_SPIN) {
			sim->fair_error = error;
			sim->unfair_to = task;
		}
	}
}
