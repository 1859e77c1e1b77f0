/* Exits that are events rather than instructions, and HLT: interrupts, windows, timers. */
#include "hv/core.h"
#include "hv/panic.h"
#include "hv/time.h"
#include "hv/timer_queue.h"
#include "hv/traps.h"
#include "hv/vm.h"
#include "vmx/exit.h"
#include "vmx/guest_state.h"
#include "vmx/inject.h"
#include "vmx/names.h"
#include "vmx/vmx.h"

/* NMIs are the host's: a kick. #MC is the machine's, and the only exception that exits. */
enum vmx_verdict vmx_exit_exception_nmi(struct vcpu *vcpu)
{
	uint32_t info = vmread(VMCS_EXIT_INTERRUPTION_INFO);

	vmx_reinject_interrupted_event();
	if ((info & INTERRUPTION_TYPE_MASK) == INTERRUPTION_NMI) {
		trap_nmi_after_exit();
		return VMX_RESUME;
	}
	if ((info & INTERRUPTION_VECTOR_MASK) == VECTOR_MC)
		panic("machine check while a guest ran");
	return vmx_crash(vcpu, "unexpected exception exit: %s",
			 vmx_exception_name(info & INTERRUPTION_VECTOR_MASK));
}

enum vmx_verdict vmx_exit_interrupt_window(struct vcpu *vcpu)
{
	vcpu_request_self(vcpu, VCPU_REQUEST_EVENT);
	return VMX_RESUME;
}

enum vmx_verdict vmx_exit_nmi_window(struct vcpu *vcpu)
{
	vmx_set_primary(vcpu, PRIMARY_NMI_WINDOW_EXITING, false);
	vcpu_request_self(vcpu, VCPU_REQUEST_EVENT);
	return VMX_RESUME;
}

enum vmx_verdict vmx_exit_preemption_timer(struct vcpu *vcpu)
{
	uint64_t now = tsc_now();

	if (now >= vcpu->timer_due) {
		vcpu_run_timers(vcpu, now);
		vcpu_request_self(vcpu, VCPU_REQUEST_EVENT);
	}
	if (now >= vcpu->slice_end || now >= timer_next(&this_core()->timers.queue))
		return VMX_RESCHEDULE;
	return VMX_RESUME;
}

enum vmx_verdict vmx_exit_hlt(struct vcpu *vcpu)
{
	guest_skip_instruction();
	if (vmx_event_waits(vcpu)) {
		vcpu_request_self(vcpu, VCPU_REQUEST_EVENT);
		return VMX_RESUME;
	}
	vcpu->wait = VCPU_WAIT_HALT;
	return VMX_BLOCK;
}

enum vmx_verdict vmx_exit_triple_fault(struct vcpu *vcpu)
{
	return vmx_crash(vcpu, "triple fault");
}

/* No 64-bit system switches tasks in hardware; a 32-bit one that does is told what we lack. */
enum vmx_verdict vmx_exit_task_switch(struct vcpu *vcpu)
{
	return vmx_crash(vcpu, "hardware task switch to selector 0x%lx, which is not supported",
			 vmread(VMCS_EXIT_QUALIFICATION) & TASK_SWITCH_SELECTOR_MASK);
}
