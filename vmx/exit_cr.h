/* Control registers of the loaded vCPU, for other exit handlers and for people. */
#ifndef VMX_EXIT_CR_H
#define VMX_EXIT_CR_H

#include <stdbool.h>
#include <stdint.h>

#include "hv/vcpu.h"

/* Brings vcpu->cr0 and vcpu->cr4 up to date with the bits that the guest changes without an exit.
 */
void vmx_refresh_control_registers(struct vcpu *vcpu);

/* WRMSR to IA32_EFER. False: #GP(0), nothing changed. */
bool vmx_write_efer(struct vcpu *vcpu, uint64_t value);

#endif
