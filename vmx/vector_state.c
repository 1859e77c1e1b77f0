#include "vmx/vector_state.h"

#include <string.h>

#include "hv/cpuid.h"
#include "hv/msr.h"
#include "vmx/registers.h"

#define CPUID_1_ECX_XSAVE (1u << 26)
#define LEGACY_SIZE	  512
#define HEADER_SIZE	  64
#define FCW_OFFSET	  0
#define MXCSR_OFFSET	  24
#define XSTATE_BV_OFFSET  LEGACY_SIZE
#define FCW_RESET	  0x37f
#define MXCSR_RESET	  0x1f80

static uint64_t components; /* 0: FXSAVE */
static size_t area_size = LEGACY_SIZE;

static uint64_t known_components(uint64_t offered)
{
	uint64_t known = offered & (XCR0_X87 | XCR0_SSE | XCR0_AVX);

	if ((offered & XCR0_AVX512) == XCR0_AVX512 && (known & XCR0_AVX))
		known |= XCR0_AVX512;
	return known;
}

/*
 * CPUID.D.0:EBX follows XCR0, so the size for all our components is the end of the last one.
 */
static size_t size_of(uint64_t mask)
{
	size_t size = LEGACY_SIZE + HEADER_SIZE;

	for (unsigned i = 2; i < 63; i++) {
		struct cpuid_result r;

		if (!(mask >> i & 1))
			continue;
		r = cpuid_read(0xd, i);
		if (r.ebx + r.eax > size)
			size = r.ebx + r.eax;
	}
	return size;
}

uint64_t vector_state_probe(void)
{
	struct cpuid_result r;

	if (!(cpuid_read(1, 0).ecx & CPUID_1_ECX_XSAVE))
		return 0;
	r = cpuid_read(0xd, 0);
	components = known_components((uint64_t)r.edx << 32 | r.eax);
	area_size = size_of(components);
	return components;
}

void xcr0_write(uint64_t value)
{
	asm volatile("xsetbv" : : "a"((uint32_t)value), "d"((uint32_t)(value >> 32)), "c"(0));
}

void vector_state_init_core(void)
{
	uint64_t cr4 = cr4_read() | CR4_OSFXSR | CR4_OSXMMEXCPT;

	cr0_write(cr0_read() & ~(CR0_EM | CR0_TS));
	if (!components) {
		cr4_write(cr4);
		return;
	}
	cr4_write(cr4 | CR4_OSXSAVE);
	xcr0_write(components);
}

size_t vector_state_size(void)
{
	return area_size;
}

/* XSTATE_BV of zero makes XRSTOR initialise every component but MXCSR, which it loads. */
void vector_state_reset(void *area)
{
	uint16_t fcw = FCW_RESET;
	uint32_t mxcsr = MXCSR_RESET;

	memset(area, 0, area_size);
	memcpy((char *)area + FCW_OFFSET, &fcw, sizeof(fcw));
	memcpy((char *)area + MXCSR_OFFSET, &mxcsr, sizeof(mxcsr));
}

void vector_state_save(void *area)
{
	if (components)
		asm volatile("xsave64 (%0)"
			     :
			     : "r"(area), "a"((uint32_t)components),
			       "d"((uint32_t)(components >> 32))
			     : "memory");
	else
		asm volatile("fxsave64 (%0)" : : "r"(area) : "memory");
}

void vector_state_restore(const void *area)
{
	if (components)
		asm volatile("xrstor64 (%0)"
			     :
			     : "r"(area), "a"((uint32_t)components),
			       "d"((uint32_t)(components >> 32))
			     : "memory");
	else
		asm volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
}
