/* Exits that are events rather than instructions, and HLT: interrupts, windows, timers. */
#include "hv/core.h"
#include "hv/panic.h"
#include "hv/time.h"
#include "hv/timer_queue.h"
#include "hv/traps.h"
#include "hv/vm.h"
#include "vmx/debug_policy.h"
#include "vmx/exit.h"
#include "vmx/guest_state.h"
#include "vmx/inject.h"
#include "vmx/names.h"
#include "vmx/vmx.h"

/* The first touch: the instruction runs again, this time on registers that are the vCPU's. */
enum vmx_verdict vmx_exit_mov_dr(struct vcpu *vcpu)
{
	vmx_give_debug_registers(vcpu);
	return VMX_RESUME;
}

/* DR6 is the core's own while its vCPU is loaded. */
static enum vmx_verdict reflect_debug_exception(struct vcpu *vcpu)
{
	struct debug_registers now = { .dr7 = vmread(VMCS_GUEST_DR7) };
	struct debug_registers after;

	if (!vcpu->uses_debug)
		vmx_give_debug_registers(vcpu);
	asm volatile("mov %%db6, %0" : "=r"(now.dr6));
	after = debug_reflect(vmread(VMCS_EXIT_QUALIFICATION), now);
	asm volatile("mov %0, %%db6" : : "r"(after.dr6));
	vmwrite(VMCS_GUEST_DR7, after.dr7);
	return vmx_inject_exception(VECTOR_DB, false, 0);
}

/*
 * #DB and #AC are the guest's own and exit only because a guest can make their delivery loop
 * inside one instruction (vmx/debug_policy.h). One that came while another event was being
 * delivered is dropped: that event goes again.
 */
static enum vmx_verdict reflect_exception(struct vcpu *vcpu, uint8_t vector)
{
	if (vmread(VMCS_IDT_VECTORING_INFO) & INTERRUPTION_VALID) {
		vmx_reinject_interrupted_event();
		return VMX_RESUME;
	}
	if (vector == VECTOR_DB)
		return reflect_debug_exception(vcpu);
	if (vector == VECTOR_AC)
		return vmx_inject_exception(VECTOR_AC, true, 0);
	return vmx_crash(vcpu, "unexpected exception exit: %s", vmx_exception_name(vector));
}

/* NMIs are the host's: a kick. #MC is the machine's. */
enum vmx_verdict vmx_exit_exception_nmi(struct vcpu *vcpu)
{
	uint32_t info = vmread(VMCS_EXIT_INTERRUPTION_INFO);

	if ((info & INTERRUPTION_TYPE_MASK) == INTERRUPTION_NMI) {
		vmx_reinject_interrupted_event();
		trap_nmi_after_exit();
		return VMX_RESUME;
	}
	if ((info & INTERRUPTION_VECTOR_MASK) == VECTOR_MC)
		panic("machine check while a guest ran");
	return reflect_exception(vcpu, info & INTERRUPTION_VECTOR_MASK);
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
	vcpu->deaf = !(vmread(VMCS_GUEST_RFLAGS) & RFLAGS_IF);
	vcpu->wait = VCPU_WAIT_HALT;
	if (vcpu->deaf && vm_is_dead(vcpu->vm)) {
		vm_end(vcpu->vm, VM_END_HALTED, 0, "halted with interrupts off at rip 0x%lx",
		       guest_rip());
		return VMX_STOP;
	}
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
