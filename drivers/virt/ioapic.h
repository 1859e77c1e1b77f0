/*
 * A guest's I/O APIC (82093AA, 24 pins, version 0x20 with the EOI register). Shared by a VM's
 * vCPUs: the caller serialises all calls on one object.
 */
#ifndef DRIVERS_VIRT_IOAPIC_H
#define DRIVERS_VIRT_IOAPIC_H

#include <stdbool.h>
#include <stdint.h>

#include "drivers/virt/apic_message.h"

#define IOAPIC_DEFAULT_BASE 0xFEC00000u
#define IOAPIC_SIZE	    0x1000u
#define IOAPIC_PINS	    24

struct ioapic_ops {
	/* Runs inside the ioapic_ call that caused it and must not call back into this object. */
	void (*deliver)(void *context, const struct apic_message *message);
};

struct ioapic {
	const struct ioapic_ops *ops;
	void *context;
	uint32_t id; /* register 0 */
	uint8_t select;
	uint32_t asserted; /* bit n: device holds pin n active */
	uint64_t redirection[IOAPIC_PINS];
};

/* All pins masked. `id` is the I/O APIC's own ID, as the MADT tells it. */
void ioapic_init(struct ioapic *io, uint8_t id, const struct ioapic_ops *ops, void *context);

/* Guest access, offset 0..0xFFF inside the page. Only aligned 32-bit accesses count; others read
 * zero and write nothing. */
uint32_t ioapic_read(struct ioapic *io, uint32_t offset, unsigned size);
void ioapic_write(struct ioapic *io, uint32_t offset, unsigned size, uint32_t value);

/*
 * A device drives its pin: true is asserted, whatever the polarity bit says. Edge-triggered pins
 * deliver on false -> true and lose edges while masked; level-triggered pins deliver while
 * asserted, unmasked and not awaiting an EOI.
 */
void ioapic_set_pin(struct ioapic *io, unsigned pin, bool asserted);

/* EOI broadcast from a local APIC: clears remote IRR of the vector's level-triggered pins and
 * delivers again those that are still asserted. */
void ioapic_eoi(struct ioapic *io, uint8_t vector);

#endif
