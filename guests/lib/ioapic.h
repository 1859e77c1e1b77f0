/* The I/O APIC at 0xfec00000 (82093AA). Not locked: one vCPU at a time. */
#ifndef GUESTS_LIB_IOAPIC_H
#define GUESTS_LIB_IOAPIC_H

#include <stdint.h>

#define IOAPIC_MMIO_BASE 0xfec00000u
#define IOAPIC_PIN_COM1	 4

enum ioapic_register { IOAPIC_REG_ID = 0, IOAPIC_REG_VERSION = 1, IOAPIC_REG_REDIRECTION = 0x10 };

#define IOAPIC_LEVEL  (1u << 15)
#define IOAPIC_MASKED (1u << 16)

static inline uint32_t ioapic_read(uint32_t reg)
{
	*(volatile uint32_t *)(uintptr_t)IOAPIC_MMIO_BASE = reg;
	return *(volatile uint32_t *)(uintptr_t)(IOAPIC_MMIO_BASE + 0x10);
}

static inline void ioapic_write(uint32_t reg, uint32_t value)
{
	*(volatile uint32_t *)(uintptr_t)IOAPIC_MMIO_BASE = reg;
	*(volatile uint32_t *)(uintptr_t)(IOAPIC_MMIO_BASE + 0x10) = value;
}

/* Sends a pin's interrupts to the APIC id, fixed and physical; flags: IOAPIC_LEVEL, _MASKED. */
static inline void ioapic_route(unsigned pin, uint8_t vector, uint8_t apic_id, uint32_t flags)
{
	ioapic_write(IOAPIC_REG_REDIRECTION + 2 * pin + 1, (uint32_t)apic_id << 24);
	ioapic_write(IOAPIC_REG_REDIRECTION + 2 * pin, flags | vector);
}

#endif
