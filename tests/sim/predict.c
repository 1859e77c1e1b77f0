#include "tests/sim/predict.h"

#include <stdlib.h>

#include "sched/drp_knobs.h"
#include "sched/engine_advice.h"
#include "tests/sim/fluid.h"
#include "tests/sim/workload.h"

#define WINDOW_MS      10
#define ORACLE_WINDOWS 5

struct predict_task {
	struct ple_engine engine;
	struct sched_fault_state fault;
	uint32_t peak_us;
	uint32_t said_us;	     /* by the oracle, of this window */
	uint64_t run, wait, wakeups; /* totals at the start of the window */
};

struct predict_sim {
	struct predict_task *task;
	unsigned tasks;
	uint32_t *demand; /* [window * tasks + task], us */
	unsigned windows;
	unsigned room;
	uint64_t forecast;
};

static struct ple_weights weights;

static void *must_alloc(size_t size)
{
	void *p = aligned_alloc(64, (size + 63) / 64 * 64);

	if (!p)
		abort();
	return p;
}

static struct predict_sim *open_run(const struct sim *sim, uint64_t until)
{
	struct predict_sim *p = must_alloc(sizeof(*p));

	*p = (struct predict_sim) { .tasks = sim->task_count };
	p->room = (unsigned)(until / (WINDOW_MS * sim->ms) + 2);
	p->task = must_alloc(p->tasks * sizeof(*p->task));
	p->demand = must_alloc((size_t)p->room * p->tasks * sizeof(*p->demand));
	if (ple_weights_load(&weights, ple_default_weights, ple_default_weights_size) !=
	    PLE_WEIGHTS_OK)
		abort();
	for (unsigned i = 0; i < p->tasks; i++) {
		p->task[i] = (struct predict_task) { .run = 0 };
		ple_engine_init(&p->task[i].engine, &ple_kernels_general);
		ple_engine_use_weights(&p->task[i].engine, &weights);
	}
	return p;
}

void predict_free(struct predict_sim *p)
{
	if (!p)
		return;
	free(p->task);
	free(p->demand);
	free(p);
}

uint64_t predict_rests(const struct predict_sim *p)
{
	uint64_t rests = 0;

	for (unsigned i = 0; i < p->tasks; i++)
		rests += p->task[i].engine.steady.rested;
	return rests;
}

uint64_t predict_steps(const struct predict_sim *p)
{
	return p->forecast - predict_rests(p);
}

static uint64_t waited(const struct sim *sim, const struct sched_entity *entity)
{
	bool waits = sched_state_of(entity) == SCHED_RUNNABLE && sim->now > entity->since;

	return entity->stats.wait + (waits ? sim->now - entity->since : 0);
}

static uint32_t us(const struct sim *sim, uint64_t ticks)
{
	return (uint32_t)(ticks * 1000 / sim->ms);
}

/* The window that ends now. */
static struct ple_window look(const struct sim *sim, struct predict_task *p,
			      const struct sched_entity *entity)
{
	uint64_t wait = waited(sim, entity);
	struct ple_window window = {
		.run_us = us(sim, entity->stats.run - p->run),
		.wait_us = us(sim, wait - p->wait),
		.wakeups = (uint32_t)(entity->stats.wakeups - p->wakeups),
	};

	p->run = entity->stats.run;
	p->wait = wait;
	p->wakeups = entity->stats.wakeups;
	return window;
}

static uint32_t demand_at(const struct predict_sim *p, unsigned window, unsigned task)
{
	return window < p->windows ? p->demand[(size_t)window * p->tasks + task] : 0;
}

/* Demand of the next windows, ticks each. */
typedef uint64_t future[ORACLE_WINDOWS];

/* What has come and is not done yet, then what will come; a vCPU can do a window's work in one. */
static void look_ahead(struct sim *sim, unsigned i, future demand)
{
	const struct sim_task *task = &sim->tasks[i];
	struct sim_task stream;
	uint64_t window = WINDOW_MS * sim->ms, end = sim->now;
	uint64_t backlog;

	fluid_advance(sim, sim->now);
	stream = sim->streams[i];
	backlog = (uint64_t)(task->fluid_total + task->fluid_got + task->fluid_backlog + 0.5) -
		  task->entity.stats.run;
	for (unsigned w = 0; w < ORACLE_WINDOWS; w++) {
		end += window;
		for (; stream.deadline < end; workload_next(&stream, stream.deadline))
			backlog += stream.remaining;
		demand[w] = backlog < window ? backlog : window;
		backlog -= demand[w];
	}
}

/* Tasks that skip what they cannot do: as it came in an earlier run. */
static void remember(const struct sim *sim, const struct predict_sim *oracle, unsigned now,
		     unsigned i, future demand)
{
	for (unsigned w = 0; w < ORACLE_WINDOWS; w++)
		demand[w] = demand_at(oracle, now + w, i) * sim->ms / 1000;
}

/* What the next windows will bring; `high` is the largest of them. */
static void ask_oracle(struct sched_advice *advice, const struct sim *sim, const future demand)
{
	static const unsigned spans[SCHED_HORIZONS] = { 1, 2, ORACLE_WINDOWS };

	for (unsigned h = 0; h < SCHED_HORIZONS; h++) {
		uint64_t sum = 0, most = 0;

		for (unsigned w = 0; w < spans[h]; w++) {
			sum += demand[w];
			most = demand[w] > most ? demand[w] : most;
		}
		advice->cpu[h] =
			(struct sched_expectation) { us(sim, sum / spans[h]),
						     us(sim, sum / spans[h]), us(sim, most) };
	}
}

struct advisor {
	struct sim *sim;
	struct predict_sim *p;
	enum predict_source source;
	enum sched_fault fault;
	const struct predict_sim *oracle;
};

static void advise(const struct advisor *a, unsigned i, const struct ple_window *window)
{
	struct sched_entity *entity = &a->sim->tasks[i].entity;
	struct sched_core *core = a->sim->sched.core[atomic_load(&entity->core)];
	struct sched_advice advice = { .actual_us = window->run_us + window->wait_us,
				       .wait_us = window->wait_us };

	if (a->source == PREDICT_ENGINE) {
		a->p->forecast++;
		ple_engine_observe(&a->p->task[i].engine, window);
		sched_advice_of_engine(&advice, &a->p->task[i].engine, window);
	} else {
		future demand;

		if (workload_has_stream(&a->sim->tasks[i]))
			look_ahead(a->sim, i, demand);
		else
			remember(a->sim, a->oracle, a->p->windows, i, demand);
		advice.actual_us = a->p->task[i].said_us; /* which was the truth */
		ask_oracle(&advice, a->sim, demand);
		a->p->task[i].said_us = advice.cpu[SCHED_10MS].mean;
	}
	sched_break_advice(&advice, a->fault, &a->p->task[i].fault);
	sched_advise(core, entity, &advice, a->sim->now);
}

/* As in hv/predict.c; the oracle, which costs nothing, is always asked. */
static bool is_forecast(const struct advisor *a, unsigned i, const struct ple_window *window)
{
	const struct sched_entity *entity = &a->sim->tasks[i].entity;
	const struct sched_core *core = a->sim->sched.core[atomic_load(&entity->core)];
	bool spikes = sched_worth_forecasting(&a->p->task[i].peak_us, window, drp_knobs.spike_us);

	if (entity->class != SCHED_LATENCY || a->source == PREDICT_NONE)
		return false;
	if (a->source == PREDICT_ORACLE)
		return sched_wants_advice(&a->sim->sched);
	return spikes && sched_needs_advice(core, a->sim->now);
}

static void tick(const struct advisor *a)
{
	struct sim *sim = a->sim;
	unsigned now = a->p->windows++;

	for (unsigned i = 0; i < a->p->tasks; i++) {
		const struct sched_entity *entity = &sim->tasks[i].entity;
		struct ple_window window = look(sim, &a->p->task[i], entity);

		a->p->demand[(size_t)now * a->p->tasks + i] = window.run_us + window.wait_us;
		if (is_forecast(a, i, &window))
			advise(a, i, &window);
	}
	for (unsigned i = 0; i < sim->core_count; i++)
		sched_replan(&sim->cores[i].core, sim->now);
}

struct predict_sim *predict_run(struct sim *sim, uint64_t until, enum predict_source source,
				enum sched_fault fault, const struct predict_sim *oracle)
{
	struct advisor a = { sim, open_run(sim, until), source, fault, oracle };
	uint64_t window = WINDOW_MS * sim->ms;

	for (uint64_t at = window; at <= until; at += window) {
		sim_run(sim, at);
		tick(&a);
	}
	sim_run(sim, until);
	return a.p;
}
