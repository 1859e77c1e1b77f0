#include "vmx/exit.h"

#include "hv/core.h"
#include "hv/time.h"
#include "hv/trace.h"
#include "hv/traps.h"
#include "hv/vm.h"
#include "vmx/dump.h"
#include "vmx/guest_state.h"
#include "vmx/inject.h"
#include "vmx/names.h"
#include "vmx/virtual_apic.h"
#include "vmx/vmx.h"

/* VMX and SMX instructions, and others of features that the guest's CPUID does not offer. */
static enum vmx_verdict undefined_instruction(struct vcpu *vcpu)
{
	(void)vcpu;
	return vmx_inject_ud();
}

static enum vmx_verdict privileged_but_absent(struct vcpu *vcpu)
{
	(void)vcpu;
	return vmx_inject_gp();
}

/* WBINVD and INVD: nothing here depends on the guest flushing caches; MONITOR: see CPUID. */
static enum vmx_verdict no_operation(struct vcpu *vcpu)
{
	(void)vcpu;
	guest_skip_instruction();
	return VMX_RESUME;
}

static enum vmx_verdict external_interrupt(struct vcpu *vcpu)
{
	(void)vcpu;
	trap_drain_interrupts();
	return VMX_RESUME;
}

static enum vmx_verdict pause_loop(struct vcpu *vcpu)
{
	(void)vcpu;
	return VMX_SPIN;
}

static const vmx_exit_handler handlers[EXIT_REASON_COUNT] = {
	[EXIT_REASON_EXCEPTION_NMI] = vmx_exit_exception_nmi,
	[EXIT_REASON_EXTERNAL_INTERRUPT] = external_interrupt,
	[EXIT_REASON_TRIPLE_FAULT] = vmx_exit_triple_fault,
	[EXIT_REASON_INTERRUPT_WINDOW] = vmx_exit_interrupt_window,
	[EXIT_REASON_NMI_WINDOW] = vmx_exit_nmi_window,
	[EXIT_REASON_TASK_SWITCH] = vmx_exit_task_switch,
	[EXIT_REASON_CPUID] = vmx_exit_cpuid,
	[EXIT_REASON_GETSEC] = undefined_instruction,
	[EXIT_REASON_HLT] = vmx_exit_hlt,
	[EXIT_REASON_INVD] = no_operation,
	[EXIT_REASON_RDPMC] = privileged_but_absent,
	[EXIT_REASON_VMCALL] = vmx_exit_vmcall,
	[EXIT_REASON_VMCLEAR] = undefined_instruction,
	[EXIT_REASON_VMLAUNCH] = undefined_instruction,
	[EXIT_REASON_VMPTRLD] = undefined_instruction,
	[EXIT_REASON_VMPTRST] = undefined_instruction,
	[EXIT_REASON_VMREAD] = undefined_instruction,
	[EXIT_REASON_VMRESUME] = undefined_instruction,
	[EXIT_REASON_VMWRITE] = undefined_instruction,
	[EXIT_REASON_VMXOFF] = undefined_instruction,
	[EXIT_REASON_VMXON] = undefined_instruction,
	[EXIT_REASON_CR_ACCESS] = vmx_exit_cr_access,
	[EXIT_REASON_MOV_DR] = vmx_exit_mov_dr,
	[EXIT_REASON_IO] = vmx_exit_io,
	[EXIT_REASON_RDMSR] = vmx_exit_rdmsr,
	[EXIT_REASON_WRMSR] = vmx_exit_wrmsr,
	[EXIT_REASON_MWAIT] = undefined_instruction,
	[EXIT_REASON_MONITOR] = undefined_instruction,
	[EXIT_REASON_PAUSE] = pause_loop,
	[EXIT_REASON_VIRTUALIZED_EOI] = vmx_exit_virtualized_eoi,
	[EXIT_REASON_EPT_VIOLATION] = vmx_exit_ept_violation,
	[EXIT_REASON_EPT_MISCONFIGURATION] = vmx_exit_ept_misconfiguration,
	[EXIT_REASON_INVEPT] = undefined_instruction,
	[EXIT_REASON_PREEMPTION_TIMER] = vmx_exit_preemption_timer,
	[EXIT_REASON_INVVPID] = undefined_instruction,
	[EXIT_REASON_WBINVD] = no_operation,
	[EXIT_REASON_XSETBV] = vmx_exit_xsetbv,
	[EXIT_REASON_VMFUNC] = undefined_instruction,
	[EXIT_REASON_ENCLS] = undefined_instruction,
	[EXIT_REASON_PML_FULL] = vmx_exit_dirty_log_full,
	[EXIT_REASON_APIC_WRITE] = vmx_exit_apic_write,
	[EXIT_REASON_XSAVES] = undefined_instruction,
	[EXIT_REASON_XRSTORS] = undefined_instruction,
	[EXIT_REASON_PCONFIG] = undefined_instruction,
	[EXIT_REASON_UMWAIT] = undefined_instruction,
	[EXIT_REASON_TPAUSE] = undefined_instruction,
	[EXIT_REASON_LOADIWKEY] = undefined_instruction,
	[EXIT_REASON_ENCLV] = undefined_instruction,
};

enum vmx_verdict vmx_exit_unhandled(struct vcpu *vcpu)
{
	uint32_t reason = vmread(VMCS_EXIT_REASON);

	vmx_dump(vcpu);
	if (reason & EXIT_REASON_ENTRY_FAILURE)
		vmx_log_broken_rules();
	return vmx_crash(vcpu, "%s exit %u (%s), qualification 0x%lx",
			 reason & EXIT_REASON_ENTRY_FAILURE ? "VM entry failed:" : "unhandled",
			 reason & EXIT_REASON_BASIC_MASK, vmx_exit_reason_name(reason),
			 vmread(VMCS_EXIT_QUALIFICATION));
}

static void rare_requests(struct vcpu *vcpu, uint32_t requests)
{
	if (requests & VCPU_REQUEST_EPT_FLUSH)
		vmx_flush_ept(vcpu);
	if (requests & VCPU_REQUEST_TIMER)
		vcpu_timer_changed(vcpu);
}

/* Work that came while the hypervisor ran: what the vCPU can do itself, else the core loop. */
enum vmx_verdict vmx_deal_with_requests(struct vcpu *vcpu, uint64_t now)
{
	uint32_t requests = __atomic_exchange_n(&vcpu->requests, 0, __ATOMIC_SEQ_CST);
	enum vmx_verdict verdict;

	if (requests & VCPU_REQUEST_STOP)
		return VMX_STOP;
	if (__builtin_expect(requests & (VCPU_REQUEST_EPT_FLUSH | VCPU_REQUEST_TIMER), 0))
		rare_requests(vcpu, requests);
	if (vcpu->pause_asked) {
		vcpu_request_self(vcpu, requests & (VCPU_REQUEST_EVENT | VCPU_REQUEST_WAKE));
		return VMX_BLOCK;
	}
	if (now >= vcpu->timer_due && vcpu->wait != VCPU_WAIT_HALT)
		vcpu_run_timers(vcpu, now);
	verdict = vmx_inject_pending(vcpu);
	return verdict == VMX_RESUME ? vmx_arm_and_look(vcpu, tsc_now()) : verdict;
}

/* The short way for what a vCPU does to its own local APIC. */
static enum vmx_verdict inject_and_enter(struct vcpu *vcpu, uint64_t now)
{
	enum vmx_verdict verdict;

	if (vcpu_requests(vcpu) != 0)
		return vmx_deal_with_requests(vcpu, now);
	verdict = vmx_inject_pending(vcpu);
	return verdict == VMX_RESUME ? vmx_arm_and_look(vcpu, now) : verdict;
}

/*
 * The hot path of the hypervisor: what is not needed by every exit is elsewhere. An exit's ticks
 * fit 32 bits.
 */
static inline enum vmx_verdict handle_exit(struct vcpu *vcpu)
{
	uint32_t start = tsc_now_low();
	uint32_t reason = vmread(VMCS_EXIT_REASON);
	enum vmx_verdict verdict;
	uint64_t end;

	if (__builtin_expect(reason >= EXIT_REASON_COUNT || !handlers[reason], 0))
		return vmx_exit_unhandled(vcpu);
	verdict = handlers[reason](vcpu);
	end = tsc_now();
	vcpu_count_exit(vcpu, reason, (uint32_t)end - start);
	if (__builtin_expect(verdict != VMX_RESUME, 0))
		return verdict == VMX_INJECT ? inject_and_enter(vcpu, end) : verdict;
	return vmx_before_entry(vcpu, end);
}

static __attribute__((noinline)) enum vmx_verdict handle_traced(struct vcpu *vcpu)
{
	enum vmx_verdict verdict;

	trace_event(TRACE_EXIT, vcpu->sched.id, vmread(VMCS_EXIT_REASON) & EXIT_REASON_BASIC_MASK,
		    vmread(VMCS_GUEST_RIP));
	verdict = handle_exit(vcpu);
	trace_event(TRACE_ENTRY, vcpu->sched.id, verdict, 0);
	return verdict;
}

enum vmx_verdict vmx_handle_exit(struct vcpu *vcpu)
{
	if (__builtin_expect(trace_exits, 0))
		return handle_traced(vcpu);
	return handle_exit(vcpu);
}

enum vmx_verdict vmx_entry_failed(struct vcpu *vcpu)
{
	uint32_t error = vmread(VMCS_INSTRUCTION_ERROR);

	vmx_dump(vcpu);
	vmx_log_broken_rules();
	return vmx_crash(vcpu, "VM entry refused: error %u (%s)", error,
			 vmx_instruction_error_name(error));
}
