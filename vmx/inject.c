#include "vmx/inject.h"

#include "hv/core.h"
#include "hv/time.h"
#include "hv/vm.h"
#include "vmx/guest_state.h"
#include "vmx/virtual_apic.h"
#include "vmx/vmx.h"

static bool event_queued(void)
{
	return vmread(VMCS_ENTRY_INTERRUPTION_INFO) & INTERRUPTION_VALID;
}

static void queue_event(uint32_t type, uint8_t vector)
{
	vmwrite(VMCS_ENTRY_INTERRUPTION_INFO, INTERRUPTION_VALID | type | vector);
}

enum vmx_verdict vmx_inject_exception(uint8_t vector, bool has_error, uint32_t error)
{
	if (has_error)
		vmwrite(VMCS_ENTRY_EXCEPTION_ERROR_CODE, error);
	queue_event(INTERRUPTION_HARDWARE_EXCEPTION | (has_error ? INTERRUPTION_ERROR_CODE : 0),
		    vector);
	return VMX_RESUME;
}

enum vmx_verdict vmx_inject_ud(void)
{
	return vmx_inject_exception(VECTOR_UD, false, 0);
}

/* In real mode exceptions have no error code (SDM 27.2.1.3). */
enum vmx_verdict vmx_inject_gp(void)
{
	return vmx_inject_exception(VECTOR_GP, vmread(VMCS_GUEST_CR0) & CR0_PE, 0);
}

/* Software interrupts and exceptions are delivered with RIP behind their instruction. */
static bool is_software(uint32_t info)
{
	uint32_t type = info & INTERRUPTION_TYPE_MASK;

	return type == INTERRUPTION_SOFTWARE_INTERRUPT || type == INTERRUPTION_SOFTWARE_EXCEPTION ||
	       type == INTERRUPTION_PRIVILEGED_EXCEPTION;
}

void vmx_reinject_interrupted_event(void)
{
	uint32_t info = vmread(VMCS_IDT_VECTORING_INFO);

	if (__builtin_expect(!(info & INTERRUPTION_VALID), 1))
		return;
	/* Bochs reports error codes in real mode, too; VM entry refuses them (SDM 26.2.1.3). */
	if (!(vmread(VMCS_GUEST_CR0) & CR0_PE))
		info &= ~(uint32_t)INTERRUPTION_ERROR_CODE;
	if (info & INTERRUPTION_ERROR_CODE)
		vmwrite(VMCS_ENTRY_EXCEPTION_ERROR_CODE, vmread(VMCS_IDT_VECTORING_ERROR_CODE));
	if (is_software(info))
		vmwrite(VMCS_ENTRY_INSTRUCTION_LENGTH, vmread(VMCS_EXIT_INSTRUCTION_LENGTH));
	/* The interrupted delivery of an NMI blocks NMIs already; injecting it needs them open. */
	if ((info & INTERRUPTION_TYPE_MASK) == INTERRUPTION_NMI)
		vmwrite(VMCS_GUEST_INTERRUPTIBILITY,
			vmread(VMCS_GUEST_INTERRUPTIBILITY) & ~(uint64_t)BLOCKING_BY_NMI);
	vmwrite(VMCS_ENTRY_INTERRUPTION_INFO, info & ~(uint32_t)INTERRUPTION_NMI_UNBLOCKING);
}

static bool interrupts_open(void)
{
	return (vmread(VMCS_GUEST_RFLAGS) & RFLAGS_IF) &&
	       !(vmread(VMCS_GUEST_INTERRUPTIBILITY) & (BLOCKING_BY_STI | BLOCKING_BY_MOV_SS));
}

static bool nmis_open(void)
{
	return !(vmread(VMCS_GUEST_INTERRUPTIBILITY) &
		 (BLOCKING_BY_STI | BLOCKING_BY_MOV_SS | BLOCKING_BY_NMI));
}

/* CPUID.1:EAX of the guest, which RDX holds after INIT. */
static uint32_t guest_signature(const struct vcpu *vcpu)
{
	return vcpu->vm->cpuid.basic[1].r[0];
}

/* An INIT of the boot processor restarts the machine: to us, that VM ends. */
static enum vmx_verdict handle_init(struct vcpu *vcpu)
{
	if (vcpu->index == 0) {
		vm_end(vcpu->vm, VM_END_RESET, 0, "INIT of the boot processor");
		return VMX_STOP;
	}
	lapic_reset(&vcpu->lapic);
	vmx_apic_was_reset(vcpu);
	vcpu_timer_changed(vcpu);
	vcpu->wait = VCPU_WAIT_SIPI;
	return VMX_RESUME;
}

static void handle_sipi(struct vcpu *vcpu)
{
	struct vmcs_start start;

	if (vcpu->wait != VCPU_WAIT_SIPI)
		return;
	vmcs_start_sipi(&start, guest_signature(vcpu), lapic_sipi_vector(&vcpu->lapic));
	vmx_vcpu_restart(vcpu, &start);
	vmwrite(VMCS_ENTRY_INTERRUPTION_INFO, 0);
	vcpu->wait = VCPU_WAIT_NONE;
}

static enum vmx_verdict handle_start_events(struct vcpu *vcpu)
{
	struct lapic *lapic = &vcpu->lapic;

	if (lapic_take_event(lapic, LAPIC_EVENT_INIT)) {
		enum vmx_verdict verdict = handle_init(vcpu);

		if (verdict != VMX_RESUME)
			return verdict;
	}
	if (lapic_take_event(lapic, LAPIC_EVENT_SIPI))
		handle_sipi(vcpu);
	lapic_take_event(lapic, LAPIC_EVENT_SMI); /* the guest has no SMM */
	return VMX_RESUME;
}

/*
 * Bochs 2.7 does not end the blocking of virtual NMIs at a VM entry: a vCPU that left the core
 * within its handler leaves it to the next one, in whose state it is saved. What we did not begin
 * is not there.
 */
void vmx_check_nmi_blocking(struct vcpu *vcpu)
{
	uint64_t state = vmread(VMCS_GUEST_INTERRUPTIBILITY);

	if (!vcpu->nmi_in_service)
		vmwrite(VMCS_GUEST_INTERRUPTIBILITY, state & ~(uint64_t)BLOCKING_BY_NMI);
}

static void inject_nmi(struct vcpu *vcpu)
{
	if (!(vcpu->lapic.events & LAPIC_EVENT_NMI))
		return;
	vmx_end_stray_nmi_blocking(vcpu);
	if (event_queued() || !nmis_open()) {
		/* Without virtual NMIs there is no NMI window: try at the next exit. */
		if (vmx_caps.virtual_nmis)
			vmx_set_primary(vcpu, PRIMARY_NMI_WINDOW_EXITING, true);
		else
			vcpu_request_self(vcpu, VCPU_REQUEST_EVENT);
		return;
	}
	lapic_take_event(&vcpu->lapic, LAPIC_EVENT_NMI);
	queue_event(INTERRUPTION_NMI, VECTOR_NMI);
	vcpu->nmi_in_service = true;
}

/* For the hypervisor to inject. */
static bool interrupt_waits(const struct vcpu *vcpu)
{
	return lapic_pending_vector(&vcpu->lapic) >= 0 || (vcpu->lapic.events & LAPIC_EVENT_EXTINT);
}

static void inject_interrupt(struct vcpu *vcpu)
{
	int vector = lapic_pending_vector(&vcpu->lapic);

	if (vector >= 0) {
		lapic_accept(&vcpu->lapic, vector);
	} else {
		lapic_take_event(&vcpu->lapic, LAPIC_EVENT_EXTINT);
		vector = vm_pic_acknowledge(vcpu->vm);
	}
	queue_event(INTERRUPTION_EXTERNAL, vector);
}

bool vmx_event_waits(struct vcpu *vcpu)
{
	if (lapic_has_posted(&vcpu->lapic))
		lapic_sync(&vcpu->lapic);
	if (vcpu->lapic.events & ~(uint32_t)LAPIC_EVENT_EXTINT)
		return true;
	if (!interrupt_waits(vcpu) && !vcpu->apic_delivers)
		return false;
	if (!(vmread(VMCS_GUEST_RFLAGS) & RFLAGS_IF))
		return false;
	vmx_apic_hand_over(vcpu);
	return interrupt_waits(vcpu) || vmx_apic_waits(vcpu);
}

/*
 * A wake-up that was started before its time (hv/wake_lead.h): everything is made ready as of that
 * time, then waits for it.
 */
static bool wait_for_timer(struct vcpu *vcpu)
{
	struct wake_lead *lead = &this_core()->wake_lead;
	uint64_t due = vcpu->timer_due, now = tsc_now();
	bool waits;

	if (now < due && !wake_lead_reaches(lead, due, now))
		return false;
	vcpu_run_timers(vcpu, now < due ? due : now);
	waits = vmx_event_waits(vcpu);
	now = tsc_now();
	wake_lead_learn(lead, now - vcpu->wake.deadline, wake_lead_max);
	while (now < due)
		now = tsc_now();
	return waits;
}

/* Woken for nothing, or resumed by a person in the middle of a HLT: back to sleep. */
static bool still_waits(struct vcpu *vcpu)
{
	/* A processor that waits for its start loses NMIs. */
	if (vcpu->wait == VCPU_WAIT_SIPI)
		lapic_take_event(&vcpu->lapic, LAPIC_EVENT_NMI);
	if (vcpu->wait == VCPU_WAIT_HALT && (vmx_event_waits(vcpu) || wait_for_timer(vcpu)))
		vcpu->wait = VCPU_WAIT_NONE;
	return vcpu->wait != VCPU_WAIT_NONE;
}

enum vmx_verdict vmx_inject_pending(struct vcpu *vcpu)
{
	if (lapic_has_posted(&vcpu->lapic))
		lapic_sync(&vcpu->lapic);
	if (__builtin_expect(vcpu->lapic.events != 0, 0)) {
		enum vmx_verdict verdict = handle_start_events(vcpu);

		if (verdict != VMX_RESUME)
			return verdict;
	}
	vmx_apic_hand_over(vcpu);
	if (vcpu->wait != VCPU_WAIT_NONE && still_waits(vcpu))
		return VMX_BLOCK;
	inject_nmi(vcpu);
	if (interrupt_waits(vcpu) && !event_queued() && interrupts_open())
		inject_interrupt(vcpu);
	if (interrupt_waits(vcpu) || (vcpu->primary_controls & PRIMARY_INTERRUPT_WINDOW_EXITING))
		vmx_set_primary(vcpu, PRIMARY_INTERRUPT_WINDOW_EXITING, interrupt_waits(vcpu));
	return VMX_RESUME;
}
