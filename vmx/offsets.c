/*
 * Offsets for vmx/entry.S: compiled to assembly, from which the build takes the lines that begin
 * with "->" (scripts/hv.mk).
 */
#include <stddef.h>

#include "hv/vcpu.h"

#define OFFSET(name, field)                                                                        \
	asm volatile("\n.ascii \"->" #name " %c0\"" : : "i"(offsetof(struct vcpu, field)))

_Static_assert(VMCS_HOST_RSP == 0x6c14, "known to vmx/entry.S");

void offsets(void);
void offsets(void)
{
	OFFSET(VCPU_RAX, gpr[GPR_RAX]);
	OFFSET(VCPU_RCX, gpr[GPR_RCX]);
	OFFSET(VCPU_RDX, gpr[GPR_RDX]);
	OFFSET(VCPU_RBX, gpr[GPR_RBX]);
	OFFSET(VCPU_RBP, gpr[GPR_RBP]);
	OFFSET(VCPU_RSI, gpr[GPR_RSI]);
	OFFSET(VCPU_RDI, gpr[GPR_RDI]);
	OFFSET(VCPU_R8, gpr[GPR_R8]);
	OFFSET(VCPU_R9, gpr[GPR_R9]);
	OFFSET(VCPU_R10, gpr[GPR_R10]);
	OFFSET(VCPU_R11, gpr[GPR_R11]);
	OFFSET(VCPU_R12, gpr[GPR_R12]);
	OFFSET(VCPU_R13, gpr[GPR_R13]);
	OFFSET(VCPU_R14, gpr[GPR_R14]);
	OFFSET(VCPU_R15, gpr[GPR_R15]);
	OFFSET(VCPU_LAUNCHED, launched);
}
