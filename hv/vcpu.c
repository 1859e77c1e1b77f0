#include "hv/vcpu.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "hv/core.h"
#include "hv/log.h"
#include "hv/page_alloc.h"
#include "hv/paging.h"
#include "hv/smp.h"
#include "hv/time.h"
#include "hv/trace.h"
#include "hv/vm.h"
#include "vmx/vmx.h"

/* The core a running vCPU is on may be in its guest: an NMI makes it look. */
void vcpu_request(struct vcpu *vcpu, uint32_t requests)
{
	struct core *here = this_core();
	uint32_t before = __atomic_fetch_or(&vcpu->requests, requests, __ATOMIC_SEQ_CST);
	unsigned core;

	if (sched_wake(&here->sched, &vcpu->sched, tsc_now()) != SCHED_WAKE_IGNORED)
		return;
	if ((before & requests) == requests)
		return;
	if (sched_state_of(&vcpu->sched) != SCHED_RUNNING)
		return;
	core = atomic_load(&vcpu->sched.core);
	if (core != here->index)
		core_notify(cores[core], CORE_PENDING_KICK);
}

/* Host TSC of the local APIC's timer; guests may ask for any 64 bits of a deadline. */
static uint64_t timer_expiry(const struct vcpu *vcpu)
{
	uint64_t expiry = lapic_timer_expiry(&vcpu->lapic);
	uint64_t now = tsc_now();
	uint64_t guest_now = vcpu_guest_tsc(vcpu, now);

	if (expiry <= guest_now)
		return now;
	return expiry - guest_now < TIMER_NEVER - now ? now + (expiry - guest_now) : TIMER_NEVER;
}

void vcpu_timer_changed(struct vcpu *vcpu)
{
	uint64_t due = timer_expiry(vcpu);

	if (vcpu->index == 0 && vcpu->vm->devices_due < due)
		due = vcpu->vm->devices_due;
	vcpu->timer_due = due;
	vcpu_set_until(vcpu, timer_next(&this_core()->timers.queue));
}

void vcpu_run_timers(struct vcpu *vcpu, uint64_t now)
{
	lapic_timer_advance(&vcpu->lapic, vcpu_guest_tsc(vcpu, now));
	if (vcpu->index == 0 && now >= vcpu->vm->devices_due)
		vm_devices_advance(vcpu->vm, now);
	vcpu_timer_changed(vcpu);
}

/* The vCPU's own timer came due while it waited in HLT. */
static void wake_up(struct timer_event *event, uint64_t now)
{
	struct vcpu *vcpu = (struct vcpu *)((char *)event - offsetof(struct vcpu, wake));

	/* it fires earlier by what a wake-up takes; the record tells the moment that is meant */
	trace_put(TRACE_TIMER, vcpu->sched.id, vcpu->timer_due, 0, now);
	vcpu_request(vcpu, VCPU_REQUEST_WAKE);
}

static void send_ipi(void *context, const struct apic_message *message)
{
	struct vcpu *vcpu = context;

	lapic_route(&vcpu->vm->route, &vcpu->lapic, message);
}

static void end_of_interrupt(void *context, uint8_t vector)
{
	struct vcpu *vcpu = context;
	struct vm *vm = vcpu->vm;

	spin_lock(&vm->lock);
	ioapic_eoi(&vm->devices.ioapic, vector);
	spin_unlock(&vm->lock);
}

static const struct lapic_ops lapic_ops = { .send = send_ipi, .eoi = end_of_interrupt };

void vcpu_reset_apic(struct vcpu *vcpu)
{
	const struct cpuid_table *cpuid = &vcpu->vm->cpuid;
	const struct lapic_config config = {
		.ops = &lapic_ops,
		.context = vcpu,
		.id = vcpu->index,
		.numerator = cpuid->apic_numerator,
		.denominator = cpuid->apic_denominator,
		.phys_bits = cpuid->physical_bits,
		.bsp = vcpu->index == 0,
		.x2apic = true,
	};

	lapic_init(&vcpu->lapic, &config);
	if (vcpu->index == 0)
		lapic_virtual_wire(&vcpu->lapic);
}

enum error vcpu_create(struct vm *vm, uint32_t index, struct vcpu **created)
{
	struct vcpu *vcpu = memalign(CACHE_LINE, sizeof(*vcpu));

	if (!vcpu)
		return ERR_NO_MEMORY;
	memset(vcpu, 0, sizeof(*vcpu));
	vcpu->vm = vm;
	vcpu->index = index;
	vcpu->wake.fire = wake_up;
	if (predict_create(vcpu) != OK || vmx_vcpu_alloc(vcpu) != OK) {
		predict_destroy(vcpu);
		free(vcpu);
		return ERR_NO_MEMORY;
	}
	*created = vcpu;
	return OK;
}

void vcpu_destroy(struct vcpu *vcpu)
{
	vmx_vcpu_free(vcpu);
	predict_destroy(vcpu);
	free(vcpu);
}

uint64_t vcpu_exits(const struct vcpu *vcpu)
{
	uint64_t exits = 0;

	for (unsigned i = 0; i < EXIT_REASON_COUNT; i++)
		exits += vcpu->exit_counts[i].count;
	return exits;
}
