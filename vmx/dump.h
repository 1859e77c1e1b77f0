/* The state of a vCPU for people: what the tail of the exit path prints, and the shell. */
#ifndef VMX_DUMP_H
#define VMX_DUMP_H

#include "hv/vcpu.h"

/* Logs registers, segments and control registers of the vCPU, whose VMCS is current here. */
void vmx_dump(struct vcpu *vcpu);

/*
 * The value of a VMCS field of a vCPU that runs nowhere now (blocked, waiting, stopped), from the
 * boot core: makes its VMCS current for the read. 0 if it is in use on another core.
 */
uint64_t vmx_peek(struct vcpu *vcpu, uint32_t field);

#endif
