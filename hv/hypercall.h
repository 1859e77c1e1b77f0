/* What guests may ask of the hypervisor; the ABI is guests/include/augur/hypercall.h. */
#ifndef HV_HYPERCALL_H
#define HV_HYPERCALL_H

#include "vmx/exit.h"

/* Carries out the call in the vCPU's registers and puts the result into RAX. */
enum vmx_verdict hypercall(struct vcpu *vcpu);

#endif
