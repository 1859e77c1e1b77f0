#include "tests/sim/fluid.h"

#include <math.h>
#include <stdlib.h>

#include "tests/sim/workload.h"

#define EPSILON 1e-6 /* ticks: less work than this is none */

static double weight_of_free(const struct fluid_claim *claims, unsigned count)
{
	double weight = 0;

	for (unsigned i = 0; i < count; i++)
		if (claims[i].rate < claims[i].limit)
			weight += claims[i].weight;
	return weight;
}

/* Gives `capacity` to those below their limits; returns what could not be given. */
static double pour(struct fluid_claim *claims, unsigned count, double capacity, double weight)
{
	double rest = 0;

	for (unsigned i = 0; i < count; i++) {
		struct fluid_claim *claim = &claims[i];

		if (claim->rate >= claim->limit)
			continue;
		claim->rate += capacity * claim->weight / weight;
		if (claim->rate < claim->limit)
			continue;
		rest += claim->rate - claim->limit;
		claim->rate = claim->limit;
	}
	return rest;
}

void fluid_rates(struct fluid_claim *claims, unsigned count, double capacity)
{
	for (unsigned i = 0; i < count; i++)
		claims[i].rate = 0;
	for (unsigned i = 0; i < count && capacity > EPSILON; i++) {
		double weight = weight_of_free(claims, count);

		if (weight == 0)
			return;
		capacity = pour(claims, count, capacity, weight);
	}
}

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

static void claim(struct fluid_claim *claim, const struct sim_task *task)
{
	uint32_t cap = task->entity.params.cap;

	claim->weight = task->entity.params.weight;
	claim->limit = backlog_of(task) > EPSILON ? (cap ? cap / 100.0 : 1.0) : 0;
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

		for (unsigned i = 0; i < sim->task_count; i++)
			claim(&sim->claims[i], &sim->tasks[i]);
		fluid_rates(sim->claims, sim->task_count, sim->core_count);
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

void fluid_end_window(struct sim *sim)
{
	double scale;

	fluid_advance(sim, sim->now);
	scale = scale_of(sim);
	for (unsigned i = 0; i < sim->task_count; i++) {
		struct sim_task *task = &sim->tasks[i];
		double got = (double)(task->entity.stats.run - task->window_run);
		double error = (task->fluid_got * scale - got) / (double)sim->window;

		task->window_run = task->entity.stats.run;
		task->fluid_got = 0;
		if (error > sim->fair_error && task->spec->work != WORK_SPIN) {
			sim->fair_error = error;
			sim->unfair_to = task;
		}
	}
}
