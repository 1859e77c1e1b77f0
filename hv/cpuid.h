/* The CPUID instruction of the core that executes it. */
#ifndef HV_CPUID_H
#define HV_CPUID_H

#include <stdint.h>

struct cpuid_result {
	uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid_result cpuid_read(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid_result r;

	__asm__ volatile("cpuid"
			 : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
			 : "a"(leaf), "c"(subleaf));
	return r;
}

/* EAX, EBX, ECX, EDX in that order: the form in which tables and tests ask (vmx/caps.h). */
static inline void cpuid_read_registers(uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
	struct cpuid_result r = cpuid_read(leaf, subleaf);

	out[0] = r.eax;
	out[1] = r.ebx;
	out[2] = r.ecx;
	out[3] = r.edx;
}

/* All zero where the processor does not have the leaf. */
static inline struct cpuid_result cpuid_read_checked(uint32_t leaf, uint32_t subleaf)
{
	uint32_t last = cpuid_read(leaf & 0x80000000u, 0).eax;

	if (leaf > last || (last & 0x80000000u) != (leaf & 0x80000000u))
		return (struct cpuid_result) { 0 };
	return cpuid_read(leaf, subleaf);
}

#endif
