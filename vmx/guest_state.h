/*
 * Reading and changing the registers of the vCPU whose VMCS is current. Header-only: the exit path
 * is counted in instructions.
 */
#ifndef VMX_GUEST_STATE_H
#define VMX_GUEST_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "hv/guest_walk.h"
#include "hv/vcpu.h"
#include "vmx/registers.h"
#include "vmx/vmcs.h"
#include "vmx/vmx_ops.h"

static inline uint64_t guest_rip(void)
{
	return vmread(VMCS_GUEST_RIP);
}

/* EDX:EAX as RDMSR and friends use them. */
static inline uint64_t guest_edx_eax(const struct vcpu *vcpu)
{
	return vcpu->gpr[GPR_RDX] << 32 | (uint32_t)vcpu->gpr[GPR_RAX];
}

static inline void guest_set_edx_eax(struct vcpu *vcpu, uint64_t value)
{
	vcpu->gpr[GPR_RAX] = (uint32_t)value;
	vcpu->gpr[GPR_RDX] = value >> 32;
}

static inline uint64_t guest_gpr(const struct vcpu *vcpu, unsigned reg)
{
	return reg == GPR_RSP ? vmread(VMCS_GUEST_RSP) : vcpu->gpr[reg];
}

static inline void guest_set_gpr(struct vcpu *vcpu, unsigned reg, uint64_t value)
{
	if (reg == GPR_RSP)
		vmwrite(VMCS_GUEST_RSP, value);
	else
		vcpu->gpr[reg] = value;
}

/* 64-bit code: CS.L with long mode active. */
static inline bool guest_in_64bit_mode(const struct vcpu *vcpu)
{
	return (vcpu->efer & EFER_LMA) && (vmread(VMCS_GUEST_CS_ACCESS) & ACCESS_LONG);
}

static inline enum mmio_code guest_code_size(const struct vcpu *vcpu)
{
	uint64_t access = vmread(VMCS_GUEST_CS_ACCESS);

	if ((vcpu->efer & EFER_LMA) && (access & ACCESS_LONG))
		return MMIO_CODE64;
	return access & ACCESS_DEFAULT_BIG ? MMIO_CODE32 : MMIO_CODE16;
}

/* SS.DPL is the CPL (SDM 25.4.1). */
static inline unsigned guest_cpl(void)
{
	return vmread(VMCS_GUEST_SS_ACCESS) >> ACCESS_DPL_SHIFT & 3;
}

static inline struct guest_paging guest_paging_of(const struct vcpu *vcpu)
{
	return (struct guest_paging) {
		.cr0 = vcpu->cr0,
		.cr3 = vmread(VMCS_GUEST_CR3),
		.cr4 = vcpu->cr4,
		.efer = vcpu->efer,
	};
}

/* The shadow of an STI or MOV SS ends with the instruction that was emulated. */
static inline void guest_end_shadow(void)
{
	uint64_t state = vmread(VMCS_GUEST_INTERRUPTIBILITY);

	if (__builtin_expect(state & (BLOCKING_BY_STI | BLOCKING_BY_MOV_SS), 0))
		vmwrite(VMCS_GUEST_INTERRUPTIBILITY,
			state & ~(uint64_t)(BLOCKING_BY_STI | BLOCKING_BY_MOV_SS));
}

/*
 * Moves on behind the instruction that caused the exit. Outside 64-bit mode RIP wraps as EIP does;
 * a guest that runs over the end of its address space meets its own fault.
 */
static inline void guest_skip_instruction(void)
{
	vmwrite(VMCS_GUEST_RIP, guest_rip() + vmread(VMCS_EXIT_INSTRUCTION_LENGTH));
	guest_end_shadow();
}

#endif
