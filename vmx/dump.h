/* The state of a vCPU for people: what the tail of the exit path prints, and the shell. */
#ifndef VMX_DUMP_H
#define VMX_DUMP_H

#include "hv/vcpu.h"

/* Logs registers, segments and control registers of the vCPU, whose VMCS is current here. */
void vmx_dump(struct vcpu *vcpu);

#endif
