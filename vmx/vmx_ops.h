/*
 * The VMX instructions (SDM vol. 3C ch. 30) as inline functions. Core-local: they act on the
 * current VMCS of the calling core. VMREAD and VMWRITE of a field that exists cannot fail with a
 * current VMCS; a failure is a bug of ours and is not checked on the exit path.
 */
#ifndef VMX_VMX_OPS_H
#define VMX_VMX_OPS_H

#include <stdbool.h>
#include <stdint.h>

#include "vmx/vmcs.h"

static inline uint64_t vmread(uint32_t field)
{
	uint64_t value;

	asm volatile("vmread %1, %0" : "=rm"(value) : "r"((uint64_t)field) : "cc");
	return value;
}

static inline void vmwrite(uint32_t field, uint64_t value)
{
	asm volatile("vmwrite %1, %0" : : "r"((uint64_t)field), "rm"(value) : "cc", "memory");
}

/* True if the field exists and was written: for the one loop that sets up a VMCS. */
static inline bool vmwrite_checked(uint32_t field, uint64_t value)
{
	bool failed;

	asm volatile("vmwrite %2, %1"
		     : "=@ccbe"(failed)
		     : "r"((uint64_t)field), "rm"(value)
		     : "memory");
	return !failed;
}

/* VMXON, VMCLEAR and VMPTRLD take where the physical address of a 4 KiB region is; true on success.
 */
static inline bool vmxon(const uint64_t *region)
{
	bool failed;

	asm volatile("vmxon %1" : "=@ccbe"(failed) : "m"(*region) : "memory");
	return !failed;
}

static inline void vmxoff(void)
{
	asm volatile("vmxoff" : : : "cc", "memory");
}

static inline bool vmclear(const uint64_t *vmcs)
{
	bool failed;

	asm volatile("vmclear %1" : "=@ccbe"(failed) : "m"(*vmcs) : "memory");
	return !failed;
}

static inline bool vmptrld(const uint64_t *vmcs)
{
	bool failed;

	asm volatile("vmptrld %1" : "=@ccbe"(failed) : "m"(*vmcs) : "memory");
	return !failed;
}

/* Drops guest-physical and combined mappings of one EPT pointer, or of all. */
static inline void invept(enum invept_type type, uint64_t eptp)
{
	struct {
		uint64_t eptp, reserved;
	} descriptor = { eptp, 0 };

	asm volatile("invept %0, %1" : : "m"(descriptor), "r"((uint64_t)type) : "cc", "memory");
}

/* Drops linear and combined mappings of one VPID, or of all. */
static inline void invvpid(enum invvpid_type type, uint16_t vpid, uint64_t address)
{
	struct {
		uint64_t vpid, address;
	} descriptor = { vpid, address };

	asm volatile("invvpid %0, %1" : : "m"(descriptor), "r"((uint64_t)type) : "cc", "memory");
}

#endif
