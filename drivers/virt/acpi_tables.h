/*
 * The ACPI tables of a guest: RSDP, XSDT, FADT (revision 6, hardware-reduced), MADT, DSDT with COM1
 * and, if asked for, SRAT. Built as bytes in the caller's buffer, ready to be copied to guest RAM.
 * ACPI specification 6.3; the AML of the DSDT is put together by drivers/virt/aml.h.
 */
#ifndef DRIVERS_VIRT_ACPI_TABLES_H
#define DRIVERS_VIRT_ACPI_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hv/error.h"

/* One range of guest RAM for the SRAT. */
struct acpi_tables_memory {
	uint64_t base, size; /* bytes */
	uint32_t node;
};

struct acpi_config {
	uint64_t base; /* GPA where the buffer will be; the RSDP is its first byte. 16-aligned */
	unsigned cpu_count;	   /* at least 1 */
	const uint32_t *apic_ids;  /* cpu_count of them; above 254 needs x2APIC */
	const uint32_t *cpu_nodes; /* for the SRAT, or NULL: all on node 0 */
	const struct acpi_tables_memory *memory;
	unsigned memory_count; /* 0: no SRAT */
	uint32_t lapic_base;
	uint32_t ioapic_base;
	uint8_t ioapic_id;
	bool com1; /* declare PNP0501 at 0x3F8, interrupt 4 */
	bool rtc;  /* the VM has the clock at 0x70; else the FADT says that there is none */
	/* The VM has PIC and PIT: sets PCAT_COMPAT and maps ISA IRQ 0 to I/O APIC pin 2. */
	bool legacy_irq;
	/* Port of an acpi_power device (drivers/virt/acpi_power.h), or 0: the guest can power off
	 * and reset by ACPI. */
	uint16_t power_port;
};

/* Upper bound of the bytes that acpi_tables_build() needs. */
size_t acpi_tables_bound(const struct acpi_config *config);

/* Builds the tables; *used gets the bytes written. ERR_INVALID: bad configuration, ERR_NO_MEMORY:
 * buffer too small (its content is then undefined). */
enum error acpi_tables_build(const struct acpi_config *config, void *buffer, size_t size,
			     size_t *used);

#endif
