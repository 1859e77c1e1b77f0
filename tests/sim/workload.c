#include "tests/sim/workload.h"

#include "tests/sim/fluid.h"

#define MISS_MARGIN 2000 /* ticks: less than this to the next deadline counts as missed */
#define PHASE_MIN   (100 * SCENARIO_MS)
#define PHASE_MAX   (500 * SCENARIO_MS)

enum phase { PHASE_HOG, PHASE_PERIODIC, PHASE_IDLE, PHASES };

static void due(struct sim_task *task, uint64_t deadline, uint64_t work)
{
	task->deadline = deadline;
	task->remaining = work;
}

static bool sleep_until(struct sim_task *task, uint64_t when)
{
	task->wake_at = when;
	return false;
}

/* Sleeps until the burst is due; one that was due before now goes on from the queue, unwoken. */
static bool await_burst(struct sim_task *task, uint64_t now)
{
	return task->deadline <= now || sleep_until(task, task->deadline);
}

/* The first deadline that can still be met; those skipped are missed, as in guests/bench/task.c. */
static bool next_period(struct sim_task *task, uint64_t now)
{
	uint64_t next = task->deadline + task->period;

	for (; next < now + MISS_MARGIN; next += task->period)
		task->missed++;
	due(task, next, task->spec->burst);
	return sleep_until(task, next);
}

static uint64_t spike_of(struct sim_task *task, uint64_t when)
{
	const struct scenario_vm *spec = task->spec;
	bool other = spec->switch_at && when >= spec->switch_at;
	const unsigned char *shape = other ? spec->other_shape : spec->shape;

	return shape[task->phase++ % SHAPE_LENGTH] * spec->burst;
}

/* Moments at which nothing is to be done are passed over. */
static bool next_spike(struct sim_task *task, uint64_t now)
{
	uint64_t next = task->deadline, work;

	do {
		next += task->period;
		work = spike_of(task, next);
	} while (!work);
	due(task, next, work);
	return await_burst(task, now);
}

static bool next_arrival(struct sim_task *task, uint64_t now)
{
	uint64_t next = task->deadline + scenario_exponential(&task->random, task->period);

	due(task, next, scenario_heavy(&task->random, task->spec->burst));
	return await_burst(task, now);
}

static bool next_phase(struct sim_task *task, uint64_t now)
{
	task->phase = (task->phase + 1) % PHASES;
	task->phase_end = now + scenario_uniform(&task->random, PHASE_MIN, PHASE_MAX);
	if (task->phase == PHASE_IDLE) {
		due(task, task->phase_end, 1);
		return sleep_until(task, task->phase_end);
	}
	if (task->phase == PHASE_PERIODIC) {
		due(task, now + task->period, task->spec->burst);
		return sleep_until(task, now + task->period);
	}
	/* in slices of work, so that the phase ends near its end whatever the share was */
	due(task, now, SCENARIO_MS);
	return true;
}

static bool go_on_phase(struct sim_task *task, uint64_t now)
{
	if (now >= task->phase_end)
		return next_phase(task, now);
	if (task->phase == PHASE_PERIODIC)
		return next_period(task, now);
	task->remaining = SCENARIO_MS;
	return true;
}

static void release_lock(struct sim_task *task)
{
	task->holds_lock = false;
	task->vm->lock_owner++;
	task->rounds++;
}

static bool next_lock_step(struct sim_task *task, uint64_t now)
{
	(void)now;
	if (task->holds_lock) {
		release_lock(task);
		task->remaining = task->period;
		return true;
	}
	task->ticket = task->vm->lock_next++;
	task->spinning = true;
	task->remaining = SIM_FOREVER;
	return true;
}

static bool next_row(struct sim_task *task, uint64_t now)
{
	const struct trace_csv *trace = task->trace;
	uint64_t next = task->deadline;

	do {
		task->trace_row = (task->trace_row + 1) % trace->rows;
		next += trace->row[task->trace_row].length_us * SCENARIO_MS / 1000;
	} while (!trace->row[task->trace_row].demand_us);
	due(task, next, trace->row[task->trace_row].demand_us * SCENARIO_MS / 1000);
	return await_burst(task, now);
}

static bool never_done(struct sim_task *task, uint64_t now)
{
	(void)now;
	task->remaining = SIM_FOREVER;
	return true;
}

static bool (*const steps[])(struct sim_task *task, uint64_t now) = {
	[WORK_HOG] = never_done,     [WORK_PERIODIC] = next_period, [WORK_OPEN] = next_arrival,
	[WORK_PHASED] = go_on_phase, [WORK_SPIN] = next_lock_step,  [WORK_TRACE] = next_row,
	[WORK_SPIKES] = next_spike,
};

bool workload_has_stream(const struct sim_task *task)
{
	return task->spec->work == WORK_OPEN || task->spec->work == WORK_TRACE ||
	       task->spec->work == WORK_SPIKES;
}

static bool is_paced(const struct sim_task *task)
{
	if (task->spec->work == WORK_PHASED)
		return task->phase == PHASE_PERIODIC;
	return task->spec->work == WORK_PERIODIC || workload_has_stream(task);
}

void workload_start(struct sim_task *task, uint64_t now)
{
	task->wake_at = now;
	task->deadline = now;
	task->missed = 0;
	if (task->spec->work == WORK_HOG) {
		task->remaining = SIM_FOREVER;
		return;
	}
	if (task->spec->work == WORK_SPIN) {
		task->remaining = task->period;
		return;
	}
	if (task->spec->work == WORK_PHASED) {
		task->phase = (unsigned)scenario_uniform(&task->random, 0, PHASES - 1);
		next_phase(task, now);
		return;
	}
	steps[task->spec->work](task, now); /* the first burst is due after a period */
}

void workload_woken(struct sim_task *task)
{
	task->awaits_run = is_paced(task);
	if (is_paced(task) && !workload_has_stream(task))
		fluid_arrive(task, task->remaining);
}

bool workload_done(struct sim_task *task, uint64_t now)
{
	if (is_paced(task))
		sim_sample(&task->bursts, now - task->deadline);
	return steps[task->spec->work](task, now);
}

void workload_runs(struct sim_task *task, uint64_t now)
{
	if (task->awaits_run)
		sim_sample(&task->lateness, now - task->deadline);
	task->awaits_run = false;
	if (!task->spinning || task->ticket != task->vm->lock_owner)
		return;
	task->spinning = false;
	task->holds_lock = true;
	task->remaining = task->spec->burst;
}

void workload_next(struct sim_task *task, uint64_t now)
{
	steps[task->spec->work](task, now);
}

bool workload_is_hog(const struct sim_task *task)
{
	return task->spec->work == WORK_PHASED && task->phase == PHASE_HOG;
}
