/*
 * The MultiProcessor Specification 1.4 tables of a guest, for kernels that do not read ACPI: the
 * floating pointer and right behind it the configuration table. The ISA interrupts are wired to the
 * I/O APIC pins of their numbers, but for IRQ 0 on pin 2.
 */
#ifndef DRIVERS_VIRT_MPTABLE_H
#define DRIVERS_VIRT_MPTABLE_H

#include <stddef.h>
#include <stdint.h>

#include "hv/error.h"

/* The table has eight bits for an APIC ID and keeps 255 for broadcasts. */
#define MPTABLE_MAX_CPUS 254

struct mptable_config {
	uint32_t base;	    /* GPA of the buffer, 16-aligned, in the last KiB of base memory, the
			     * EBDA or 0xF0000..0xFFFFF, where kernels look */
	unsigned cpu_count; /* APIC IDs 0 .. cpu_count - 1, the first is the boot processor */
	uint32_t cpu_signature; /* CPUID.1:EAX */
	uint32_t cpu_features;	/* CPUID.1:EDX */
	uint32_t lapic_base;
	uint32_t ioapic_base;
	uint8_t ioapic_id; /* not that of a CPU */
};

/* Upper bound of the bytes that mptable_build() needs. */
size_t mptable_bound(const struct mptable_config *config);

/* Builds the tables; *used gets the bytes written. ERR_INVALID: bad configuration, ERR_NO_MEMORY:
 * buffer too small (its content is then undefined). */
enum error mptable_build(const struct mptable_config *config, void *buffer, size_t size,
			 size_t *used);

#endif
