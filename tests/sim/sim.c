#include "tests/sim/sim.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sched/arith.h"
#include "tests/sim/fluid.h"
#include "tests/sim/max_min.h"
#include "tests/sim/workload.h"

/* The order of magnitude of the hypervisor's own figures in the emulator (make bench). */
const struct sim_costs sim_costs_emulator = {
	.exit = 150,
	.switching = 300,
	.wake = 300,
	.kick = 400,
	.pause_window = 4096,
	.sleep_exits = 1,
	.tick_ms = 10,
};
const struct sim_costs sim_costs_none = { .pause_window = 4096 };

static struct sim *the_sim; /* port functions have no context; one simulation runs at a time */

/* ---- Events ---- */

void sim_schedule(struct sim *sim, struct sched_node *node, uint64_t when)
{
	if (sched_heap_linked(node))
		sched_heap_remove(&sim->events, node);
	if (when != SIM_FOREVER)
		sched_heap_insert(&sim->events, node, when);
}

/* ---- The scheduler's port ---- */

static void port_kick(unsigned id)
{
	struct sim_core *core = &the_sim->cores[id];

	the_sim->kicks++;
	if (!sched_heap_linked(&core->kick))
		sim_schedule(the_sim, &core->kick, the_sim->now + the_sim->costs->kick);
}

static void port_leave(struct sched_entity *entity)
{
	(void)entity;
}

static void port_trace(const struct sched_core *core, enum sched_trace_kind kind,
		       const struct sched_entity *entity, uint64_t a, uint64_t b, uint64_t now)
{
	if (the_sim->on_trace)
		the_sim->on_trace(the_sim, core, kind, entity, a, b, now);
}

static unsigned port_distance(unsigned from, unsigned to)
{
	return from == to ? 10 : 20;
}

static const struct sched_port port = { port_kick, port_leave, port_trace, port_distance };

/* ---- One core ---- */

static struct sim_task *running_task(struct sim_core *core)
{
	return core->core.current ? sim_task_of(core->core.current) : NULL;
}

/* Books the guest's progress up to now. */
static void progress(struct sim *sim, struct sim_core *core)
{
	struct sim_task *task = running_task(core);

	if (core->run_from == SIM_FOREVER)
		return;
	assert(task && sim->now >= core->run_from);
	if (task->remaining != SIM_FOREVER)
		task->remaining -= sim->now - core->run_from;
	if (!task->spinning)
		task->worked += sim->now - core->run_from;
	core->run_from = sim->now;
	sched_charge(&core->core, sim->now);
}

static void leave_guest(struct sim *sim, struct sim_core *core)
{
	struct sim_task *task = running_task(core);

	if (core->run_from == SIM_FOREVER)
		return;
	progress(sim, core);
	core->run_from = SIM_FOREVER;
	task->waits_since = sim->now;
	sim->exits++;
}

/* The guest runs from run_from on: until the slice or its work ends, or it has spun for long. */
static void run_guest(struct sim *sim, struct sim_core *core)
{
	struct sim_task *task = running_task(core);
	uint64_t end = core->decision.until;

	workload_runs(task, core->run_from);
	if (task->remaining != SIM_FOREVER)
		end = least(end, core->run_from + task->remaining);
	core->spin_until = task->spinning ? core->run_from + sim->costs->pause_window : SIM_FOREVER;
	end = least(end, core->spin_until);
	sim_schedule(sim, &core->timer, end < core->run_from ? core->run_from : end);
}

static void enter_guest(struct sim *sim, struct sim_core *core, uint64_t cost)
{
	struct sim_task *task = running_task(core);

	core->run_from = sim->now + cost;
	core->busy_until = core->run_from;
	sched_overhead(&core->core, core->run_from);
	if (sim->now - task->waits_since > task->longest_wait)
		task->longest_wait = sim->now - task->waits_since;
	run_guest(sim, core);
}

static void decide(struct sim *sim, struct sim_core *core)
{
	struct sched_entity *before = core->core.previous;
	uint64_t cost = sim->costs->exit;

	if (!core->decision.next)
		cost += sim->costs->wake;
	core->decision = sched_pick(&core->core, sim->now);
	if (!core->decision.next) {
		sim_schedule(sim, &core->timer, core->decision.until);
		return;
	}
	if (core->decision.next != before)
		cost += sim->costs->switching;
	enter_guest(sim, core, cost);
}

/* Back to the guest after an exit, by way of a decision if one is due. */
static void resume(struct sim *sim, struct sim_core *core)
{
	if (core->core.current && sim->now < core->decision.until && !sched_must_pick(&core->core))
		enter_guest(sim, core, sim->costs->exit);
	else
		decide(sim, core);
}

/* A lock has been released: the sibling whose turn it is takes it, if it spins on a core. */
static void wake_spinner(struct sim *sim, struct sim_vm *vm)
{
	for (unsigned i = 0; i < sim->core_count; i++) {
		struct sim_core *core = &sim->cores[i];
		struct sim_task *task = running_task(core);

		if (!task || task->vm != vm || !task->spinning || task->ticket != vm->lock_owner ||
		    core->run_from > sim->now)
			continue;
		progress(sim, core);
		run_guest(sim, core);
		return;
	}
}

/* The running task has reached the end of its work. True: it goes on with more, without an exit. */
static bool finish_work(struct sim *sim, struct sim_core *core, struct sim_task *task)
{
	bool held = task->holds_lock;
	bool goes_on = workload_done(task, sim->now);

	if (held)
		wake_spinner(sim, task->vm);
	if (goes_on)
		return true;
	leave_guest(sim, core);
	if (!sched_block(&core->core, sim->now))
		assert(0 && "nobody wakes a simulated task while it runs");
	sim->exits += sim->costs->sleep_exits;
	task->blocked_from = sim->now;
	sim_schedule(sim, &task->timer, task->wake_at);
	return false;
}

static void on_core_timer(struct sim *sim, struct sim_core *core)
{
	struct sim_task *task = running_task(core);

	progress(sim, core);
	if (task && task->remaining == 0 && finish_work(sim, core, task)) {
		run_guest(sim, core);
		return;
	}
	leave_guest(sim, core);
	if (task && task->spinning && sim->now >= core->spin_until)
		sched_yield_spinning(&core->core);
	resume(sim, core);
}

static void on_wake(struct sim *sim, struct sim_task *task)
{
	struct sim_core *core = &sim->cores[atomic_load(&task->entity.core)];

	leave_guest(sim, core);
	task->waits_since = sim->now;
	task->blocked += sim->now - task->blocked_from;
	task->blocked_from = SIM_FOREVER;
	workload_woken(task);
	sched_wake(&core->core, &task->entity, sim->now);
	resume(sim, core);
}

static void on_kick(struct sim *sim, struct sim_core *core)
{
	leave_guest(sim, core);
	resume(sim, core);
}

/* ---- The loop ---- */

#define IN_CORES(sim, node)                                                                        \
	((char *)(node) >= (char *)(sim)->cores &&                                                 \
	 (char *)(node) < (char *)((sim)->cores + (sim)->core_count))

/* The core an event is for. */
static struct sim_core *core_of(struct sim *sim, struct sched_node *node)
{
	struct sim_task *task;

	if (IN_CORES(sim, node))
		return &sim->cores[((char *)node - (char *)sim->cores) / sizeof(struct sim_core)];
	task = (struct sim_task *)((char *)node - offsetof(struct sim_task, timer));
	return &sim->cores[atomic_load(&task->entity.core)];
}

static void dispatch(struct sim *sim, struct sched_node *node)
{
	struct sim_core *core = core_of(sim, node);

	if (!IN_CORES(sim, node))
		on_wake(sim, (struct sim_task *)((char *)node - offsetof(struct sim_task, timer)));
	else if (node == &core->kick)
		on_kick(sim, core);
	else
		on_core_timer(sim, core);
}

static void step(struct sim *sim, struct sched_node *node)
{
	struct sim_core *core = core_of(sim, node);
	uint64_t when = node->key;

	if (when < core->busy_until) { /* not interruptible in the hypervisor */
		sim_schedule(sim, node, core->busy_until);
		return;
	}
	sched_heap_remove(&sim->events, node);
	sim->now = when;
	sim->events_done++;
	if (!sim->no_fluid)
		fluid_advance(sim, when);
	dispatch(sim, node);
	if (sim->watch)
		sim->watch(sim);
}

/* Brings all books up to now. Cores inside the hypervisor are ahead already. */
static void settle(struct sim *sim)
{
	for (unsigned i = 0; i < sim->core_count; i++) {
		struct sim_core *core = &sim->cores[i];

		if (core->core.stamp >= sim->now)
			continue;
		if (core->run_from == SIM_FOREVER)
			sched_charge(&core->core, sim->now);
		else
			progress(sim, core);
	}
}

static void end_window(struct sim *sim)
{
	sim->now = sim->window_start + sim->window;
	settle(sim);
	if (!sim->no_fluid)
		fluid_end_window(sim);
	sim->window_start = sim->now;
}

void sim_run(struct sim *sim, uint64_t until)
{
	the_sim = sim;
	for (;;) {
		struct sched_node *node = sched_heap_first(&sim->events);
		uint64_t next = node ? node->key : SIM_FOREVER;
		uint64_t window_end = sim->window_start + sim->window;

		if (window_end <= until && window_end < next)
			end_window(sim);
		else if (next <= until)
			step(sim, node);
		else
			break;
	}
	sim->now = until;
	settle(sim);
}

/* Waits until no core is inside the hypervisor. */
static void run_to_safe_point(struct sim *sim)
{
	for (unsigned i = 0; i < sim->core_count; i++)
		if (sim->cores[i].busy_until > sim->now) {
			sim_run(sim, sim->cores[i].busy_until);
			i = (unsigned)-1;
		}
}

void sim_set_policy(struct sim *sim, const char *policy)
{
	the_sim = sim;
	run_to_safe_point(sim);
	for (unsigned i = 0; i < sim->core_count; i++)
		leave_guest(sim, &sim->cores[i]);
	sched_set_policy(&sim->sched, policy, sim->now);
	for (unsigned i = 0; i < sim->core_count; i++)
		decide(sim, &sim->cores[i]);
}

void sim_update(struct sim *sim, void (*change)(struct sim *sim, uint64_t *random),
		uint64_t *random)
{
	the_sim = sim;
	run_to_safe_point(sim);
	leave_guest(sim, &sim->cores[0]);
	change(sim, random);
	resume(sim, &sim->cores[0]);
}

uint64_t sim_exits(const struct sim *sim)
{
	uint64_t ran = 0;

	if (!sim->costs->tick_ms)
		return sim->exits;
	for (unsigned i = 0; i < sim->core_count; i++)
		ran += sim->cores[i].core.run;
	return sim->exits + ran / (sim->costs->tick_ms * sim->ms);
}

uint64_t sim_life(const struct sim *sim, const struct sim_task *task)
{
	uint64_t life = task->entity.stats.run + task->entity.stats.wait + task->blocked;
	enum sched_state state = sched_state_of(&task->entity);

	if (state == SCHED_RUNNABLE || state == SCHED_WAKING)
		life += sim->now - task->entity.since;
	if (task->blocked_from != SIM_FOREVER)
		life += sim->now - task->blocked_from;
	return life;
}

/* ---- Building ---- */

static void *must_alloc(size_t count, size_t size)
{
	/* struct sched_core asks for cache-line alignment */
	size_t bytes = (count * size + 63) / 64 * 64;
	void *p = aligned_alloc(64, bytes ? bytes : 64);

	if (!p)
		abort();
	return memset(p, 0, bytes);
}

static void start_cores(struct sim *sim, unsigned node_cores)
{
	for (unsigned i = 0; i < sim->core_count; i++) {
		struct sim_core *core = &sim->cores[i];

		sched_core_init(&sim->sched, &core->core, node_cores ? i / node_cores : 0, 0);
		core->run_from = SIM_FOREVER;
		core->spin_until = SIM_FOREVER;
		sim_schedule(sim, &core->timer, 0);
	}
}

enum error sim_open(struct sim *sim, unsigned cores, unsigned node_cores, const char *policy,
		    const struct sim_costs *costs, uint64_t ticks_per_ms, unsigned task_room)
{
	enum error error;

	memset(sim, 0, sizeof(*sim));
	the_sim = sim;
	error = sched_init(&sim->sched, &port, ticks_per_ms, policy);
	if (error != OK)
		return error;
	sim->costs = costs;
	sim->ms = ticks_per_ms;
	sim->window = 1000 * ticks_per_ms;
	sim->core_count = cores;
	sim->cores = must_alloc(cores, sizeof(struct sim_core));
	sim->tasks = must_alloc(task_room, sizeof(struct sim_task));
	sim->vms = must_alloc(task_room, sizeof(struct sim_vm));
	sim->streams = must_alloc(task_room, sizeof(struct sim_task));
	sim->claims = must_alloc(task_room, sizeof(struct claim));
	start_cores(sim, node_cores);
	return OK;
}

void sim_close(struct sim *sim)
{
	for (unsigned i = 0; i < sim->task_count; i++) {
		free(sim->tasks[i].lateness.value);
		free(sim->tasks[i].bursts.value);
	}
	free(sim->cores);
	free(sim->tasks);
	free(sim->vms);
	free(sim->streams);
	free(sim->claims);
}
