#include "hv/engine.h"

#include <stdio.h>

#include "hv/core.h"
#include "hv/export.h"
#include "hv/log.h"
#include "hv/modules.h"
#include "hv/predict.h"
#include "hv/rendezvous.h"
#include "hv/time.h"
#include "hv/vm.h"

#define RETRY_US       300 /* after giving way */
#define FIRST_PIECE_US 20  /* before any was measured */
#define LEARN_SHIFT    4   /* a long piece is forgotten within some sixteen */

/* Who does the pieces of others, and when; microseconds after the tick. */
struct place {
	uint32_t help_from, help_every, help_until;
	uint32_t take; /* the owner looks for advice */
};

static const struct place places[CONFIG_ENGINES] = {
	[CONFIG_ENGINE_TICK] = { 0 },
	[CONFIG_ENGINE_IDLE] = { 200, 300, ENGINE_DEADLINE_US, 1000 },
	[CONFIG_ENGINE_CORE] = { 100, 100, 20000, 500 }, /* to beyond the next tick */
};

static enum config_engine chosen;
static uint32_t chosen_core;

enum config_engine engine_place(void)
{
	return __atomic_load_n(&chosen, __ATOMIC_RELAXED);
}

int engine_own_core(void)
{
	return engine_place() == CONFIG_ENGINE_CORE ? (int)chosen_core : -1;
}

/* ---- Is now a good moment? ---- */

static bool nothing_to_run(const struct core *core)
{
	return !core->sched.current && !core->sched.waiting && sched_idle_ok(&core->sched);
}

static bool is_latency_on(const struct core *core)
{
	return core->sched.current && core->sched.current->class == SCHED_LATENCY;
}

/* Somebody waits for a decision of this core, or will before work of that length is done. */
static bool is_needed(const struct core *core, uint64_t now, uint64_t length)
{
	if ((int)core->index == engine_own_core())
		return core->pending;
	return core->pending || sched_must_pick(&core->sched) ||
	       (!core->sched.current && core->sched.waiting) ||
	       timer_next(&core->timers.queue) < now + length;
}

static bool must_wait(const struct core *core, uint64_t length)
{
	uint64_t now = tsc_now();

	if (is_needed(core, now, length))
		return true;
	return is_latency_on(core) && now - core->engine.tick < ticks_from_us(ENGINE_PATIENCE_US);
}

/* Behind what is due next, if that is why. */
static void again_later(struct core *core, struct timer_event *event)
{
	uint64_t now = tsc_now();
	uint64_t next = timer_next(&core->timers.queue);
	uint64_t from = next < now + core->engine.piece && next > now ? next : now;

	core->engine.gave_way++;
	core_timer_arm(&core->timers, event, from + ticks_from_us(RETRY_US));
}

/* The longest lately. */
static void follow(uint64_t *longest, uint64_t took)
{
	*longest = took > *longest ? took : *longest - ((*longest - took) >> LEARN_SHIFT);
}

/* ---- Pieces ---- */

static void piece(struct core *core, struct vcpu *vcpu)
{
	struct engine_core *e = &core->engine;
	uint64_t begun = tsc_now();
	uint64_t took;

	if (!predict_work(vcpu))
		return;
	took = tsc_now() - begun;
	follow(&e->piece, took);
	e->ticks += took;
	e->pieces++;
	e->helped += atomic_load(&vcpu->sched.core) != core->index;
}

/* Visits vCPUs of running VMs until a visitor says false; then it is false. */
static bool each_vcpu(struct core *core, bool (*visit)(struct core *core, struct vcpu *vcpu))
{
	for (unsigned i = 0; i < config.vm_count; i++) {
		const struct vm *vm = vms[i];

		if (!vm || (vm_state_of(vm) != VM_RUNNING && vm_state_of(vm) != VM_PAUSED))
			continue;
		for (uint32_t k = 0; k < vm->vcpu_count; k++)
			if (!visit(core, vm->vcpus[k]))
				return false;
	}
	return true;
}

static bool belongs_to(const struct core *core, const struct vcpu *vcpu)
{
	return atomic_load(&vcpu->sched.core) == core->index;
}

static bool work_on(struct core *core, struct vcpu *vcpu)
{
	if (!handover_waiting(&vcpu->predict->handover))
		return true;
	if (must_wait(core, core->engine.piece))
		return false;
	piece(core, vcpu);
	return true;
}

static bool work_on_own(struct core *core, struct vcpu *vcpu)
{
	return !belongs_to(core, vcpu) || work_on(core, vcpu);
}

/* ---- Advice ---- */

static bool take_advice(struct core *core, struct vcpu *vcpu)
{
	if (belongs_to(core, vcpu))
		predict_take(vcpu, tsc_now());
	return true;
}

/* False while there is a window of this core's vCPUs without advice. */
static bool is_served(struct core *core, struct vcpu *vcpu)
{
	return !belongs_to(core, vcpu) || handover_served(&vcpu->predict->handover);
}

/* ---- The events ---- */

static uint64_t after_tick(const struct core *core, uint32_t us)
{
	return core->engine.tick + ticks_from_us(us);
}

/* Nobody else is asked, or all had their chance, or this core is an idle one itself. */
static bool does_its_own(const struct core *core, uint64_t now)
{
	enum config_engine place = engine_place();

	return place == CONFIG_ENGINE_TICK ||
	       (place == CONFIG_ENGINE_IDLE && nothing_to_run(core)) ||
	       now >= after_tick(core, ENGINE_DEADLINE_US);
}

/* Another core is still at it, or has not begun. */
static void look_again(struct core *core, uint64_t now)
{
	uint64_t deadline = after_tick(core, ENGINE_DEADLINE_US);
	uint64_t soon = now + ticks_from_us(RETRY_US);

	core_timer_arm(&core->timers, &core->engine.own, deadline > soon ? deadline : soon);
}

static void plan(struct core *core)
{
	uint64_t begun = tsc_now();

	each_vcpu(core, take_advice);
	sched_replan(&core->sched, tsc_now());
	follow(&core->engine.plan, tsc_now() - begun);
}

/* False: somebody else needs the core first. */
static bool work_and_plan(struct core *core)
{
	if (does_its_own(core, tsc_now()) && !each_vcpu(core, work_on_own))
		return false;
	if (must_wait(core, core->engine.plan))
		return false;
	plan(core);
	return true;
}

/* Time spent here is nobody's but the core's. */
static void own(struct timer_event *event, uint64_t fired)
{
	struct core *core = this_core();

	(void)fired;
	sched_charge(&core->sched, tsc_now());
	if (!work_and_plan(core))
		again_later(core, event);
	else if (!each_vcpu(core, is_served))
		look_again(core, tsc_now());
	sched_overhead(&core->sched, tsc_now());
}

static bool helps(const struct core *core)
{
	switch (engine_place()) {
	case CONFIG_ENGINE_IDLE:
		return nothing_to_run(core);
	case CONFIG_ENGINE_CORE:
		return core->index == chosen_core;
	default:
		return false;
	}
}

static void help(struct timer_event *event, uint64_t fired)
{
	struct core *core = this_core();
	const struct place *place = &places[engine_place()];
	uint64_t next;

	(void)fired;
	if (!helps(core))
		return;
	each_vcpu(core, work_on);
	next = tsc_now() + ticks_from_us(place->help_every);
	if (next < after_tick(core, place->help_until))
		core_timer_arm(&core->timers, event, next);
}

void engine_start_core(struct core *core)
{
	core->engine.piece = ticks_from_us(FIRST_PIECE_US);
	core->engine.own.fire = own;
	core->engine.help.fire = help;
}

void engine_tick(struct core *core, uint64_t now)
{
	const struct place *place = &places[engine_place()];

	core->engine.tick = now;
	core_timer_disarm(&core->timers, &core->engine.own);
	if (helps(core))
		core_timer_arm(&core->timers, &core->engine.help,
			       after_tick(core, place->help_from));
	if (does_its_own(core, now))
		own(&core->engine.own, now);
	else
		core_timer_arm(&core->timers, &core->engine.own, after_tick(core, place->take));
}

/* ---- Moving ---- */

void engine_init(void)
{
	chosen = config.engine;
	chosen_core = config.engine_core;
}

struct move {
	enum config_engine place;
	uint32_t core;
};

static void change(void *context)
{
	const struct move *move = context;

	chosen_core = move->core;
	chosen = move->place;
}

/* A VM that could not run if guests may not use that core any more; NULL: none. */
static const struct vm *needs_core(uint32_t core)
{
	for (unsigned i = 0; i < VM_MAX; i++)
		if (vms[i] && !config_cores_beside(&vms[i]->config->cores, core, core_count))
			return vms[i];
	return NULL;
}

static enum error check_core(uint32_t core, char *why, size_t size)
{
	const struct vm *vm;

	if (config_check_engine_core(core, core_count, why, size) != OK)
		return ERR_INVALID;
	vm = needs_core(core);
	if (vm)
		snprintf(why, size, "vm %s can run on core %u only", vm->name, core);
	return vm ? ERR_INVALID : OK;
}

static void use_other_cores(struct vm *vm)
{
	const char *why;

	if (vm_apply_params(vm, &why) != OK)
		log_error("vm %s: its cores cannot change: %s", vm->name, why);
}

enum error engine_move(enum config_engine place, uint32_t core, char *why, size_t size)
{
	struct move move = { place, core };

	if (place == CONFIG_ENGINE_CORE && check_core(core, why, size) != OK)
		return ERR_INVALID;
	rendezvous(change, &move);
	for (unsigned i = 0; i < VM_MAX; i++)
		if (vms[i])
			use_other_cores(vms[i]);
	return OK;
}

/* ---- The end of a run ---- */

static void report_core(const struct core *core)
{
	const struct engine_core *e = &core->engine;

	log_info("engine: core %u: %lu pieces, %lu for other cores, %lu ticks each; gave way %lu "
		 "times; %lu ticks for guests",
		 core->index, e->pieces, e->helped, e->pieces ? e->ticks / e->pieces : 0,
		 e->gave_way, core->sched.run);
}

void engine_report(void)
{
	uint64_t pieces = 0, ticks = 0;

	for (uint32_t i = 0; i < core_count; i++) {
		pieces += cores[i]->engine.pieces;
		ticks += cores[i]->engine.ticks;
	}
	if (!pieces)
		return;
	for (uint32_t i = 0; i < core_count; i++)
		report_core(cores[i]);
	export_figure("engine.step_hv", ticks / pieces, "ticks");
}
