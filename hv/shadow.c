#include "hv/shadow.h"

#include <string.h>

#include "hv/core.h"
#include "hv/core_timers.h"
#include "hv/modules.h"
#include "hv/time.h"
#include "hv/vm.h"
#include "vmx/exit_cr.h"
#include "vmx/guest_counters.h"
#include "vmx/guest_state.h"
#include "vmx/vmx.h"

#define SAMPLE_BYTES	    16 /* of code, decoded... */
#define SAMPLE_INSTRUCTIONS 1  /* ...into so many at most */
#define SAMPLE_EVERY	    8  /* windows: decoding takes about 8,000 instructions */
#define WRITES_EVERY	    4  /* windows at least */
#define REGION_SIZE	    (128ull << 10)
#define STAGGER_US	    10 /* between the ticks of two cores... */
#define STAGGERED	    16 /* ...of so many */

/* Reasons not listed are not counted: only what guests bring about is. */
static const struct {
	uint32_t reason;
	enum ple_exit_class class;
} exit_classes[] = {
	{ EXIT_REASON_IO, PLE_EXIT_IO },
	{ EXIT_REASON_EXTERNAL_INTERRUPT, PLE_EXIT_INTERRUPT },
	{ EXIT_REASON_INTERRUPT_WINDOW, PLE_EXIT_INTERRUPT },
	{ EXIT_REASON_NMI_WINDOW, PLE_EXIT_INTERRUPT },
	{ EXIT_REASON_EXCEPTION_NMI, PLE_EXIT_INTERRUPT },
	{ EXIT_REASON_HLT, PLE_EXIT_IDLE },
	{ EXIT_REASON_PAUSE, PLE_EXIT_IDLE },
	{ EXIT_REASON_EPT_VIOLATION, PLE_EXIT_MEMORY },
	{ EXIT_REASON_CPUID, PLE_EXIT_OTHER },
	{ EXIT_REASON_RDMSR, PLE_EXIT_OTHER },
	{ EXIT_REASON_WRMSR, PLE_EXIT_OTHER },
	{ EXIT_REASON_CR_ACCESS, PLE_EXIT_OTHER },
	{ EXIT_REASON_VMCALL, PLE_EXIT_OTHER },
	{ EXIT_REASON_XSETBV, PLE_EXIT_OTHER },
};

void shadow_reset(struct shadow *shadow, uint64_t now)
{
	memset(shadow, 0, sizeof(*shadow));
	shadow->window_start = now;
}

const struct shadow_window *shadow_window(const struct shadow *shadow, unsigned back)
{
	if (back >= SHADOW_WINDOWS || back >= shadow->window_count)
		return NULL;
	return &shadow->windows[(shadow->window_count - 1 - back) % SHADOW_WINDOWS];
}

/* Time that the scheduler has not booked yet: it books a wait when it ends. */
static uint64_t waiting_until(const struct vcpu *vcpu, uint64_t now)
{
	return sched_state_of(&vcpu->sched) == SCHED_RUNNABLE && now > vcpu->sched.since
		       ? now - vcpu->sched.since
		       : 0;
}

static void take_totals(const struct vcpu *vcpu, uint64_t now, struct shadow_totals *totals)
{
	*totals = (struct shadow_totals) {
		.run = vcpu->sched.stats.run,
		.wait = vcpu->sched.stats.wait + waiting_until(vcpu, now),
		.wakeups = vcpu->sched.stats.wakeups,
		.io_operations = vcpu->io_operations,
		.io_bytes = vcpu->io_bytes,
		.new_pages = vcpu->new_pages,
	};
#pragma GCC unroll 16 /* the table disappears: a quarter of the instructions */
	for (size_t i = 0; i < sizeof(exit_classes) / sizeof(exit_classes[0]); i++)
		totals->exits[exit_classes[i].class] +=
			vcpu->exit_counts[exit_classes[i].reason].count;
}

static uint32_t microseconds(uint64_t ticks)
{
	return ns_from_ticks(ticks) / 1000;
}

static void fill_window(struct shadow_window *window, const struct shadow_totals *from,
			const struct shadow_totals *to)
{
	window->seen = (struct ple_window) {
		.run_us = microseconds(to->run - from->run),
		.wait_us = microseconds(to->wait - from->wait),
		.io_ops = to->io_operations - from->io_operations,
		.io_bytes = to->io_bytes - from->io_bytes,
		.pages = to->new_pages - from->new_pages,
		.wakeups = to->wakeups - from->wakeups,
	};
	for (unsigned i = 0; i < PLE_EXIT_CLASSES; i++)
		window->seen.exits[i] = to->exits[i] - from->exits[i];
}

/* Accessed and dirty bits of one region, then forgotten; the next window looks at the next one. */
static void look_at_pages(struct vcpu *vcpu, struct shadow_window *window)
{
	struct shadow *shadow = &vcpu->shadow;
	struct vm *vm = vcpu->vm;
	struct ept_usage usage;

	usage = ept_collect(&vm->ept, shadow->next_region, REGION_SIZE, true, NULL);
	window->pages_looked = usage.mapped;
	window->pages_touched = usage.accessed;
	window->pages_dirtied = usage.dirty;
	shadow->next_region += REGION_SIZE;
	if (shadow->next_region >= guest_ram_end(vm->ram.size))
		shadow->next_region = 0;
}

/* Not each time: a walk for each page, up to 512 of them. */
static bool is_time_for_writes(const struct vcpu *vcpu)
{
	return vcpu->dirty_log.page &&
	       vcpu->shadow.window_count - vcpu->shadow.writes_taken >= WRITES_EVERY;
}

static void look_at_writes(struct vcpu *vcpu, struct shadow_window *window)
{
	struct shadow *shadow = &vcpu->shadow;

	window->pages_written = (uint32_t)dirty_log_take(
		&vcpu->dirty_log, (uint16_t)vmread(VMCS_PML_INDEX), &vcpu->vm->ept);
	window->written_in = (uint32_t)(shadow->window_count - shadow->writes_taken);
	shadow->writes_taken = shadow->window_count;
	vmwrite(VMCS_PML_INDEX, DIRTY_LOG_FIRST);
}

/* Bits are cleared that the processor may hold in its TLB: then they are flushed. */
static void look_at_memory(struct vcpu *vcpu, struct shadow_window *window)
{
	struct vm *vm = vcpu->vm;
	bool flush;

	spin_lock(&vm->lock);
	look_at_pages(vcpu, window);
	if (is_time_for_writes(vcpu))
		look_at_writes(vcpu, window);
	flush = vm->ept.flush_needed;
	vm->ept.flush_needed = false;
	spin_unlock(&vm->lock);
	if (!flush)
		return;
	vcpu_request_self(vcpu, VCPU_REQUEST_EPT_FLUSH);
	this_core()->shadow_cost.flushes++;
}

static void take_snapshot(struct vcpu *vcpu, uint64_t now)
{
	struct shadow *shadow = &vcpu->shadow;

	shadow->snapshots[shadow->snapshot_count++ % SHADOW_SNAPSHOTS] = (struct shadow_snapshot) {
		.when = now,
		.rip = vmread(VMCS_GUEST_RIP),
		.rsp = vmread(VMCS_GUEST_RSP),
		.cr3 = vmread(VMCS_GUEST_CR3),
		.rflags = vmread(VMCS_GUEST_RFLAGS),
	};
}

static void sample_code(struct vcpu *vcpu)
{
	struct guest_paging paging;
	uint8_t code[SAMPLE_BYTES];
	size_t count;

	vmx_refresh_control_registers(vcpu);
	paging = guest_paging_of(vcpu);
	count = guest_read_linear(&vcpu->vm->ram, &paging, vmread(VMCS_GUEST_CS_BASE) + guest_rip(),
				  code, sizeof(code));
	insn_count_classes(guest_code_size(vcpu), code, count, SAMPLE_INSTRUCTIONS,
			   vcpu->shadow.mix);
}

/* The costly looks: only at the vCPU that is on the core. */
static void look_closer(struct vcpu *vcpu, struct shadow_window *window, uint64_t now)
{
	take_snapshot(vcpu, now);
	look_at_memory(vcpu, window);
	if (vcpu->shadow.window_count % SAMPLE_EVERY == 0)
		sample_code(vcpu);
}

static void close_busy(struct vcpu *vcpu, struct shadow_window *window, uint64_t now)
{
	struct shadow_totals totals;

	take_totals(vcpu, now, &totals);
	fill_window(window, &vcpu->shadow.at_start, &totals);
	vcpu->shadow.at_start = totals;
}

/* It cannot have done anything but wait; most vCPUs of a crowded core, most of the time. */
static void close_quiet(struct vcpu *vcpu, struct shadow_window *window, uint64_t now)
{
	uint64_t wait = vcpu->sched.stats.wait + waiting_until(vcpu, now);

	window->seen.wait_us = microseconds(wait - vcpu->shadow.at_start.wait);
	vcpu->shadow.at_start.wait = wait;
}

static void take_counters(struct vcpu *vcpu, struct shadow_window *window)
{
	struct shadow *shadow = &vcpu->shadow;

	if (this_core()->loaded == vcpu)
		guest_counters_book(this_core(), vcpu);
	window->counted = (struct counter_values) {
		.instructions = vcpu->counted.instructions - shadow->counted_at_start.instructions,
		.misses = vcpu->counted.misses - shadow->counted_at_start.misses,
	};
	shadow->counted_at_start = vcpu->counted;
}

static void close_window(struct vcpu *vcpu, uint64_t now)
{
	struct shadow *shadow = &vcpu->shadow;
	struct shadow_window *window = &shadow->windows[shadow->window_count % SHADOW_WINDOWS];
	uint64_t begun = tsc_now();

	*window = (struct shadow_window) { .start = shadow->window_start,
					   .length = now - shadow->window_start };
	if (vcpu->sched.stats.run != shadow->at_start.run)
		close_busy(vcpu, window, now);
	else
		close_quiet(vcpu, window, now);
	if (this_core()->loaded == vcpu)
		look_closer(vcpu, window, now);
	if (guest_counters_on)
		take_counters(vcpu, window);
	shadow->window_start = now;
	shadow->window_count++;
	shadow->cost += tsc_now() - begun;
	predict_window(vcpu, &window->seen, now);
}

static void visit_vm(struct core *core, const struct vm *vm, uint64_t now)
{
	enum vm_state state = vm_state_of(vm);

	if (state != VM_RUNNING && state != VM_PAUSED)
		return;
	for (uint32_t i = 0; i < vm->vcpu_count; i++)
		if (atomic_load(&vm->vcpus[i]->sched.core) == core->index)
			close_window(vm->vcpus[i], now);
}

/* Every core closes the windows of the vCPUs it owns. */
static void tick(struct timer_event *event, uint64_t fired)
{
	struct core *core = this_core();
	uint64_t window = ticks_from_us(PLE_WINDOW_US);
	uint64_t now = tsc_now(); /* other events may have charged time since these were due */

	(void)fired;
	if (core_timer_gives_way(&core->timers, event, core->shadow_due, now))
		return;
	sched_charge(&core->sched, now);
	for (unsigned i = 0; i < config.vm_count; i++)
		if (vms[i])
			visit_vm(core, vms[i], now);
	core->shadow_cost.ticks += tsc_now() - now;
	core->shadow_cost.closed++;
	sched_overhead(&core->sched, tsc_now());
	engine_tick(core, now);
	core->shadow_due += window;
	core_timer_arm(&core->timers, event, core->shadow_due);
}

/*
 * All cores tick in step, so that one with nothing to do knows when the others have windows for it;
 * not at the very same moment, so that they do not queue for the locks of VMs they share.
 */
void shadow_start_core(struct core *core, uint64_t now)
{
	uint64_t window = ticks_from_us(PLE_WINDOW_US);

	core->shadow_tick.fire = tick;
	core->shadow_due =
		(now / window + 1) * window + core->index % STAGGERED * ticks_from_us(STAGGER_US);
	core_timer_arm(&core->timers, &core->shadow_tick, core->shadow_due);
}
