/*
 * x87, SSE, AVX and AVX-512 registers of guests (SDM vol. 1 ch. 13). The hypervisor never uses
 * them, so they stay in the core while it runs and move only when a core changes its vCPU. Saved
 * and restored with all components that the core has, whatever the guest's XCR0 says, so that no
 * guest finds what another left.
 */
#ifndef VMX_VECTOR_STATE_H
#define VMX_VECTOR_STATE_H

#include <stddef.h>
#include <stdint.h>

/* XCR0 bits to be used on every core, from this core's CPUID; 0 without XSAVE. */
uint64_t vector_state_probe(void);

/* CR4.OSFXSR, CR4.OSXSAVE and XCR0 on this core. */
void vector_state_init_core(void);

/* Bytes of a save area; it must be 64-byte aligned. After vector_state_probe(). */
size_t vector_state_size(void);

/* The state after reset: all registers in their initial configuration. */
void vector_state_reset(void *area);

/* XCR0 is the host's while these run; the caller sets the guest's afterwards. */
void vector_state_save(void *area);
void vector_state_restore(const void *area);

void xcr0_write(uint64_t value);

#endif
