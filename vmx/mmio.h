/* Device registers in guest-physical memory: the instruction that touched one is carried out. */
#ifndef VMX_MMIO_H
#define VMX_MMIO_H

#include <stdint.h>

#include "vmx/exit.h"

/*
 * The loaded vCPU accessed gpa, which is not RAM. Its local APIC answers, a device of the VM, or
 * nobody (all-ones). An instruction that we cannot carry out ends the VM.
 */
enum vmx_verdict vmx_mmio(struct vcpu *vcpu, uint64_t gpa);

#endif
