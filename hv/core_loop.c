#include "hv/core_loop.h"

#include "drivers/apic.h"
#include "hv/core_timers.h"
#include "hv/log.h"
#include "hv/numa.h"
#include "hv/rendezvous.h"
#include "hv/smp.h"
#include "hv/time.h"
#include "hv/trace.h"
#include "hv/vm.h"
#include "vmx/exit.h"
#include "vmx/vmx.h"

struct sched scheduler;

/* Replaces the default of hv/core.c: this core may be just about to enter a guest. */
void core_nmi(void)
{
	struct core *core = this_core();

	core->kicks++;
	core_set_pending(core, CORE_PENDING_KICK);
	vmx_nmi_in_hypervisor();
}

/* ---- The scheduler's port ---- */

static void port_kick(unsigned core)
{
	core_notify(cores[core], CORE_PENDING_RESCHEDULE);
}

static void port_leave(struct sched_entity *entity)
{
	vmx_unload(vcpu_of_entity(entity));
}

static void port_trace(const struct sched_core *core, enum sched_trace_kind kind,
		       const struct sched_entity *entity, uint64_t a, uint64_t b, uint64_t now)
{
	(void)core; /* is this one */
	trace_put((enum trace_kind)kind, entity ? entity->id : TRACE_NO_ENTITY, a, b, now);
}

static unsigned port_distance(unsigned from, unsigned to)
{
	return numa_distance(from, to);
}

static const struct sched_port port = { port_kick, port_leave, port_trace, port_distance };

enum error core_loop_init(const char *policy)
{
	enum error error = sched_init(&scheduler, &port, ticks_from_us(1000), policy);

	for (uint32_t i = 0; error == OK && i < core_count; i++)
		error = sched_core_init(&scheduler, &cores[i]->sched, numa_node(i, cores[i]->node),
					tsc_now());
	return error;
}

enum error core_loop_init_core(struct core *core)
{
	enum error error = core_timers_init(&core->timers);

	return error == OK ? vmx_init_core(core) : error;
}

/* ---- Why a vCPU stopped ---- */

/* What does not let the vCPU go on makes sched_must_pick() true. */
typedef void (*verdict_action)(struct core *core, struct vcpu *vcpu);

static void go_on(struct core *core, struct vcpu *vcpu)
{
	(void)core;
	(void)vcpu;
}

static void yield(struct core *core, struct vcpu *vcpu)
{
	(void)vcpu;
	sched_yield_current(&core->sched);
}

static void spin(struct core *core, struct vcpu *vcpu)
{
	(void)vcpu;
	sched_yield_spinning(&core->sched);
}

static void cancel_wake(struct vcpu *vcpu)
{
	if (!vcpu->wake_armed_on)
		return;
	core_timer_disarm(&vcpu->wake_armed_on->timers, &vcpu->wake);
	vcpu->wake_armed_on = NULL;
}

static void arm_wake(struct core *core, struct vcpu *vcpu)
{
	if (vcpu->wait != VCPU_WAIT_HALT || vcpu->pause_asked || vcpu->timer_due == TIMER_NEVER)
		return;
	core_timer_arm(&core->timers, &vcpu->wake,
		       wake_lead_start(&core->wake_lead, vcpu->timer_due));
	vcpu->wake_armed_on = core;
}

/* Everything that has to do with the wake-up is in place before the vCPU counts as blocked. */
static void block(struct core *core, struct vcpu *vcpu)
{
	uint64_t now = tsc_now();

	arm_wake(core, vcpu);
	vcpu->halted_at = now;
	if (sched_block(&core->sched, now))
		return;
	cancel_wake(vcpu);
	vcpu->halted_at = 0;
	if (vcpu->pause_asked)
		vcpu_request_self(vcpu, VCPU_REQUEST_PAUSE);
}

static void stop(struct core *core, struct vcpu *vcpu)
{
	uint64_t now = tsc_now();

	cancel_wake(vcpu);
	vmx_unload(vcpu);
	sched_remove(&core->sched, &vcpu->sched, now);
	vm_vcpu_gone(vcpu->vm, now);
}

static const verdict_action actions[VMX_VERDICTS] = {
	[VMX_RESUME] = go_on, [VMX_RESCHEDULE] = go_on, [VMX_YIELD] = yield,
	[VMX_SPIN] = spin,    [VMX_BLOCK] = block,	[VMX_STOP] = stop,
};

/* ---- The loop ---- */

/* What came for the core itself while it was in a guest, or idle. Returns the time. */
static inline uint64_t attend(struct core *core)
{
	uint64_t now;

	if (core_take_pending(core))
		rendezvous_point(core); /* to which cores are called by a kick */
	now = tsc_now();
	if (__builtin_expect(!core_timers_due(&core->timers, now), 1))
		return now;
	core_timers_run(&core->timers, now);
	return tsc_now();
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static __attribute__((noinline)) void end_halt(struct vcpu *vcpu, uint64_t now)
{
	cancel_wake(vcpu);
	vcpu->halt_ticks += now - vcpu->halted_at;
	vcpu->halted_at = 0;
}

static __attribute__((noinline)) void idle(struct core *core, uint64_t until)
{
	uint64_t wake = earlier(until, timer_next(&core->timers.queue));

	if (wake != TIMER_NEVER)
		apic_timer_arm(wake);
	trace_event(TRACE_IDLE, TRACE_NO_ENTITY, wake, 0);
	if (sched_idle_ok(&core->sched))
		cpu_idle_wait(&core->pending);
	if (wake != TIMER_NEVER)
		apic_timer_disarm();
}

/* The vCPU whose turn it is now; NULL after having been idle for a while. */
static inline struct vcpu *next_vcpu(struct core *core, uint64_t now)
{
	struct sched_decision decision = sched_pick(&core->sched, now);
	struct vcpu *vcpu = vcpu_of_entity(decision.next);

	if (__builtin_expect(!vcpu, 0)) {
		idle(core, decision.until);
		return NULL;
	}
	if (vcpu->halted_at)
		end_halt(vcpu, now);
	vcpu->slice_end = earlier(decision.until, now + vmx_longest_run);
	return vcpu;
}

/* The same vCPU goes on after an exit, unless its time is over or something asks for a decision. */
static inline bool goes_on(struct core *core, uint64_t now)
{
	struct sched_core *sched = &core->sched;

	if (sched_must_pick(sched) || now >= sched->decision.until || !sched->current)
		return false;
	sched_charge(sched, now);
	return true;
}

static inline enum vmx_verdict enter(struct core *core, struct vcpu *vcpu)
{
	enum vmx_verdict verdict;
	uint64_t now;

	vmx_load(core, vcpu);
	vcpu_set_until(vcpu, timer_next(&core->timers.queue));
	now = tsc_now();
	sched_overhead(&core->sched, now);
	verdict = vmx_before_entry(vcpu, now);
	return verdict == VMX_RESUME ? vmx_run_guest(vcpu) : verdict;
}

void core_loop(struct core *core)
{
	struct vcpu *vcpu = NULL;

	engine_start_core(core);
	shadow_start_core(core, tsc_now());
	for (;;) {
		uint64_t now = attend(core);

		if (!goes_on(core, now))
			vcpu = next_vcpu(core, now);
		if (vcpu)
			actions[enter(core, vcpu)](core, vcpu);
	}
}

struct policy_change {
	const char *name;
	enum error error;
};

static void change_policy(void *context)
{
	struct policy_change *change = context;

	change->error = sched_set_policy(&scheduler, change->name, tsc_now());
}

enum error core_loop_set_policy(const char *name)
{
	struct policy_change change = { .name = name };

	rendezvous(change_policy, &change);
	for (uint32_t i = 1; i < core_count; i++)
		core_notify(cores[i], CORE_PENDING_RESCHEDULE);
	this_core()->sched.resched = true;
	if (change.error != OK)
		return change.error;
	log_info("policy: %s", name);
	for (uint32_t i = 0; i < VM_MAX; i++)
		if (vms[i])
			vm_note_ignored_cap(vms[i]);
	return OK;
}
