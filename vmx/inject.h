/*
 * Events into the guest whose VMCS is current (SDM vol. 3C, 27.6 "Event Injection"). At most one a
 * VM entry: exceptions by the handlers, interrupts and NMIs by vmx_inject_pending.
 */
#ifndef VMX_INJECT_H
#define VMX_INJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "hv/vcpu.h"
#include "vmx/exit.h"
#include "vmx/vmcs.h"
#include "vmx/vmx_ops.h"

/* Faults of the instruction that caused the exit; RIP stays. Each returns VMX_RESUME. */
enum vmx_verdict vmx_inject_ud(void);
enum vmx_verdict vmx_inject_gp(void);
enum vmx_verdict vmx_inject_exception(uint8_t vector, bool has_error, uint32_t error);

/*
 * An exit can interrupt the delivery of an event (IDT-vectoring information valid): that event must
 * be delivered again. Handlers of such exits call this first.
 */
void vmx_reinject_interrupted_event(void);

/*
 * Injects the highest-priority thing that waits and can be taken now; opens an interrupt or NMI
 * window for what cannot. Executes INIT and SIPI. VMX_BLOCK: the vCPU now waits for a SIPI.
 */
enum vmx_verdict vmx_inject_pending(struct vcpu *vcpu);

/* For the loaded vCPU: what an NMI handler of another vCPU left on this core is not its own. */
void vmx_check_nmi_blocking(struct vcpu *vcpu);
static inline void vmx_end_stray_nmi_blocking(struct vcpu *vcpu)
{
	if (__builtin_expect(vmread(VMCS_GUEST_INTERRUPTIBILITY) & BLOCKING_BY_NMI, 0))
		vmx_check_nmi_blocking(vcpu);
	else
		vcpu->nmi_in_service = false;
}

/* True if an event waits that ends a HLT; merges what other cores posted. */
bool vmx_event_waits(struct vcpu *vcpu);

#endif
