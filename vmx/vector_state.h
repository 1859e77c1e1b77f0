/*
 * x87, SSE, AVX and AVX-512 registers of guests (SDM vol. 1 ch. 13). The hypervisor never uses
 * them, so they stay in the core while it runs and move only when a core changes its vCPU.
 *
 * Most vCPUs never switch on more than SSE: FXSAVE and FXRSTOR do for them, whatever XCR0 says.
 * Once a vCPU has had more in its XCR0 it is wide for good, and all components that the core has
 * are saved and restored, with the host's XCR0. A core is wide while the components beyond SSE may
 * hold something; a vCPU that is not wide is only run on a core that is not, so that no guest finds
 * what another left, and none pays for upper halves it does not use.
 */
#ifndef VMX_VECTOR_STATE_H
#define VMX_VECTOR_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "vmx/registers.h"

#define VECTOR_HEADER 512 /* offset of XSTATE_BV in a save area */

/* XCR0 bits of all components that are saved; 0: the core has no XSAVE. */
extern uint32_t vector_components;

/* XCR0 bits to be used on every core, from this core's CPUID; 0 without XSAVE. */
uint64_t vector_state_probe(void);

/* CR4.OSFXSR, CR4.OSXSAVE and XCR0 on this core. */
void vector_state_init_core(void);

/* Bytes of a save area; it must be 64-byte aligned. After vector_state_probe(). */
size_t vector_state_size(void);

/* The state after reset: all registers in their initial configuration. */
void vector_state_reset(void *area);

static inline void xcr0_write(uint64_t value)
{
	asm volatile("xsetbv" : : "a"((uint32_t)value), "d"((uint32_t)(value >> 32)), "c"(0));
}

/* x87 and SSE only. The area stays one that vector_state_restore() takes. */
static inline void vector_state_save_sse(void *area)
{
	asm volatile("fxsave64 (%0)" : : "r"(area) : "memory");
	*(uint64_t *)((char *)area + VECTOR_HEADER) = XCR0_X87 | XCR0_SSE;
}

static inline void vector_state_restore_sse(const void *area)
{
	asm volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
}

/* All components. XCR0 is the host's while these run. */
static inline void vector_state_save(void *area)
{
	if (vector_components)
		asm volatile("xsave64 (%0)"
			     :
			     : "r"(area), "a"(vector_components), "d"(0)
			     : "memory");
	else
		vector_state_save_sse(area);
}

static inline void vector_state_restore(const void *area)
{
	if (vector_components)
		asm volatile("xrstor64 (%0)"
			     :
			     : "r"(area), "a"(vector_components), "d"(0)
			     : "memory");
	else
		vector_state_restore_sse(area);
}

#endif
