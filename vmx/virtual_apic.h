/*
 * Virtual-interrupt delivery (SDM vol. 3C, 30.2): while a guest's local APIC is in x2APIC mode, a
 * processor that can keeps its TPR, IRR and ISR. Then interrupts that wait for the guest need no
 * interrupt-window exit, and EOI, TPR, CR8 and self-IPIs need no exit at all. In xAPIC mode, and on
 * a processor without the feature, the model delivers by event injection (vmx/inject.c); both end
 * up in the same guest. ExtINT of the PIC is always injected.
 *
 * Bochs 2.7 delivers a waiting virtual interrupt in spite of IF=0 if a host's interrupt comes at
 * that moment. None comes in guest mode: cores kick one another by NMI, and slices end by the
 * preemption timer.
 *
 * For the vCPU whose VMCS is current.
 */
#ifndef VMX_VIRTUAL_APIC_H
#define VMX_VIRTUAL_APIC_H

#include <stdbool.h>

#include "hv/vcpu.h"
#include "vmx/exit.h"

/* The guest has written IA32_APIC_BASE. */
void vmx_apic_mode_changed(struct vcpu *vcpu);

/* An INIT has reset the model, whose mode stays. */
void vmx_apic_was_reset(struct vcpu *vcpu);

/* Gives the processor what the model requested. */
void vmx_apic_give_requests(struct vcpu *vcpu);

static inline void vmx_apic_hand_over(struct vcpu *vcpu)
{
	if (vcpu->apic_delivers && lapic_pending_vector(&vcpu->lapic) >= 0)
		vmx_apic_give_requests(vcpu);
}

/* True if the processor has an interrupt for the guest that only IF holds back. */
bool vmx_apic_waits(const struct vcpu *vcpu);

/* Exit handlers, behind the guest's instruction: an EOI, or a register write, for the model. */
enum vmx_verdict vmx_exit_virtualized_eoi(struct vcpu *vcpu);
enum vmx_verdict vmx_exit_apic_write(struct vcpu *vcpu);

#endif
