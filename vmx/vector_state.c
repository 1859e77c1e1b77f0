#include "vmx/vector_state.h"

#include <string.h>

#include "hv/cpuid.h"
#include "hv/msr.h"

#define CPUID_1_ECX_XSAVE (1u << 26)
#define LEGACY_SIZE	  512
#define HEADER_SIZE	  64
#define FCW_OFFSET	  0
#define MXCSR_OFFSET	  24
#define FCW_RESET	  0x37f
#define MXCSR_RESET	  0x1f80

uint32_t vector_components;
static size_t area_size = LEGACY_SIZE;

static uint32_t known_components(uint32_t offered)
{
	uint32_t known = offered & (XCR0_X87 | XCR0_SSE | XCR0_AVX);

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
	vector_components = known_components(r.eax);
	area_size = size_of(vector_components);
	return vector_components;
}

void vector_state_init_core(void)
{
	uint64_t cr4 = cr4_read() | CR4_OSFXSR | CR4_OSXMMEXCPT;

	cr0_write(cr0_read() & ~(CR0_EM | CR0_TS));
	if (!vector_components) {
		cr4_write(cr4);
		return;
	}
	cr4_write(cr4 | CR4_OSXSAVE);
	xcr0_write(vector_components);
}

size_t vector_state_size(void)
{
	return area_size;
}

/* XRSTOR initialises every component that is not in XSTATE_BV; the other two are as after reset. */
void vector_state_reset(void *area)
{
	uint16_t fcw = FCW_RESET;
	uint32_t mxcsr = MXCSR_RESET;
	uint64_t used = XCR0_X87 | XCR0_SSE;

	memset(area, 0, area_size);
	memcpy((char *)area + FCW_OFFSET, &fcw, sizeof(fcw));
	memcpy((char *)area + MXCSR_OFFSET, &mxcsr, sizeof(mxcsr));
	memcpy((char *)area + VECTOR_HEADER, &used, sizeof(used));
}
