/*
 * What happens at a VM exit: a const table from exit reason to handler, one tail for all that
 * nobody handles, and the check before every entry.
 */
#ifndef VMX_EXIT_H
#define VMX_EXIT_H

#include <stdint.h>

#include "hv/core.h"
#include "hv/vcpu.h"
#include "vmx/vmx.h"
#include "vmx/vmx_ops.h"

/* What the core loop is to do after an exit. Known to vmx/entry.S: zero enters the guest again. */
enum vmx_verdict {
	VMX_RESUME = 0,
	VMX_RESCHEDULE, /* slice over, or the core has work: let the scheduler decide */
	VMX_YIELD,	/* the guest gives its slice away */
	VMX_SPIN,	/* the guest spins on a lock whose holder may be preempted */
	VMX_BLOCK,	/* nothing to do until vcpu->wait ends */
	VMX_STOP,	/* the VM has ended */
	VMX_VERDICTS,
	VMX_INJECT = VMX_VERDICTS /* within the exit path only: something may be there to inject */
};

/*
 * Handlers run on the vCPU's core with its VMCS current and its registers in vcpu->gpr. They know
 * nothing of policies; what takes long they leave to the core loop by their verdict.
 */
typedef enum vmx_verdict (*vmx_exit_handler)(struct vcpu *vcpu);

enum vmx_verdict vmx_exit_cpuid(struct vcpu *vcpu);
enum vmx_verdict vmx_exit_rdmsr(struct vcpu *vcpu);
enum vmx_verdict vmx_exit_wrmsr(struct vcpu *vcpu);
enum vmx_verdict vmx_exit_cr_access(struct vcpu *vcpu);
enum vmx_verdict vmx_exit_xsetbv(struct vcpu *vcpu);
enum vmx_verdict vmx_exit_io(struct vcpu *vcpu);
enum vmx_verdict vmx_exit_ept_violation(struct vcpu *vcpu);
enum vmx_verdict vmx_exit_ept_misconfiguration(struct vcpu *vcpu);
enum vmx_verdict vmx_exit_dirty_log_full(struct vcpu *vcpu);
enum vmx_verdict vmx_exit_vmcall(struct vcpu *vcpu);
enum vmx_verdict vmx_exit_mov_dr(struct vcpu *vcpu);
enum vmx_verdict vmx_exit_hlt(struct vcpu *vcpu);
enum vmx_verdict vmx_exit_preemption_timer(struct vcpu *vcpu);
enum vmx_verdict vmx_exit_exception_nmi(struct vcpu *vcpu);
enum vmx_verdict vmx_exit_interrupt_window(struct vcpu *vcpu);
enum vmx_verdict vmx_exit_nmi_window(struct vcpu *vcpu);
enum vmx_verdict vmx_exit_task_switch(struct vcpu *vcpu);
enum vmx_verdict vmx_exit_triple_fault(struct vcpu *vcpu);

/* The tail: says what was not handled, dumps the vCPU to the log and ends its VM. */
enum vmx_verdict vmx_exit_unhandled(struct vcpu *vcpu);

/*
 * Enters the loaded vCPU, again and again, until an exit asks for something else than VMX_RESUME
 * (vmx/entry.S). After vmx_before_entry() has said VMX_RESUME.
 */
enum vmx_verdict vmx_run_guest(struct vcpu *vcpu);

/* For vmx/entry.S: after an exit, and when an entry did not happen. */
enum vmx_verdict vmx_handle_exit(struct vcpu *vcpu);
enum vmx_verdict vmx_entry_failed(struct vcpu *vcpu);

/*
 * The timer is written before the last look at what is pending: whatever comes after that look
 * comes with an NMI, whose handler sets the timer to zero (vmx_nmi_in_hypervisor).
 */
static inline enum vmx_verdict vmx_arm_and_look(const struct vcpu *vcpu, uint64_t now)
{
	vmwrite(VMCS_PREEMPTION_TIMER, vmx_timer_value(vcpu->until, now));
	return core_pending_here() ? VMX_RESCHEDULE : VMX_RESUME;
}

/* For vmx_before_entry(). */
enum vmx_verdict vmx_deal_with_requests(struct vcpu *vcpu, uint64_t now);

/*
 * Deals with the vCPU's requests, injects what can be injected, arms the preemption timer. Zero
 * (VMX_RESUME): the guest may be entered. `now` is a host TSC not older than the last exit.
 */
static inline enum vmx_verdict vmx_before_entry(struct vcpu *vcpu, uint64_t now)
{
	if (__builtin_expect(vcpu_requests(vcpu) != 0, 0))
		return vmx_deal_with_requests(vcpu, now);
	return vmx_arm_and_look(vcpu, now);
}

/*
 * Ends the VM because of what a vCPU did: logs VM, vCPU, RIP and the reason. Returns VMX_STOP, so
 * that a handler may end with it.
 */
enum vmx_verdict vmx_crash(struct vcpu *vcpu, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
