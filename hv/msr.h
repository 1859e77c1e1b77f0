/*
 * Model-specific and control registers of this core. The plain forms must not fault: use them for
 * registers that exist by architecture or by a CPUID bit already checked. The _safe forms catch
 * #GP through the exception table (hv/traps.h) and are for probing.
 */
#ifndef HV_MSR_H
#define HV_MSR_H

#include <stdbool.h>
#include <stdint.h>

#include "hv/traps.h"

/* Registers of the hypervisor's base; the VMX ones are in vmx/. Intel SDM vol. 4. */
enum msr {
	MSR_APIC_BASE = 0x1b,
	MSR_PAT = 0x277,
	MSR_TSC_DEADLINE = 0x6e0,
	MSR_X2APIC_FIRST = 0x800,
	MSR_EFER = 0xc0000080,
	MSR_FS_BASE = 0xc0000100,
	MSR_GS_BASE = 0xc0000101,
};

static inline uint64_t msr_read(uint32_t msr)
{
	uint64_t low, high; /* it clears the upper halves */

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr) : "memory");
	return high << 32 | low;
}

static inline void msr_write(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
			 : "memory");
}

/* True and *value, or false and *value 0 when the register is not there (#GP). */
static inline bool rdmsr_safe(uint32_t msr, uint64_t *value)
{
	uint32_t low = 0, high = 0;
	bool failed = true;

	__asm__ volatile("1:	rdmsr\n"
			 "	movb $0, %[failed]\n"
			 "2:\n" EXCEPTION_FIXUP("1b", "2b")
			 : "+a"(low), "+d"(high), [failed] "+qm"(failed)
			 : "c"(msr)
			 : "memory");
	*value = (uint64_t)high << 32 | low;
	return !failed;
}

/* False when the register is not there or refuses the value (#GP). */
static inline bool wrmsr_safe(uint32_t msr, uint64_t value)
{
	bool failed = true;

	__asm__ volatile("1:	wrmsr\n"
			 "	movb $0, %[failed]\n"
			 "2:\n" EXCEPTION_FIXUP("1b", "2b")
			 : [failed] "+qm"(failed)
			 : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
			 : "memory");
	return !failed;
}

#define CONTROL_REGISTER(name)                                                                     \
	static inline uint64_t name##_read(void)                                                   \
	{                                                                                          \
		uint64_t value;                                                                    \
		__asm__ volatile("mov %%" #name ", %0" : "=r"(value)::"memory");                   \
		return value;                                                                      \
	}                                                                                          \
	static inline void name##_write(uint64_t value)                                            \
	{                                                                                          \
		__asm__ volatile("mov %0, %%" #name ::"r"(value) : "memory");                      \
	}

CONTROL_REGISTER(cr0)
CONTROL_REGISTER(cr2)
CONTROL_REGISTER(cr3)
CONTROL_REGISTER(cr4)

#endif
