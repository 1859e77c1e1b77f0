/*
 * The few ACPI tables that a hypervisor needs: cores and I/O APICs (MADT), memory nodes (SRAT)
 * and their distances (SLIT), reset register and PM timer (FADT), serial console (SPCR). Pure and
 * suspicious: tables come from firmware through a callback, every length is checked, bad checksums
 * reject a table. ACPI 6.4.
 */
#ifndef DRIVERS_ACPI_H
#define DRIVERS_ACPI_H

#include <stdbool.h>
#include <stdint.h>

#include "hv/error.h"

#define ACPI_MAX_CORES	    256
#define ACPI_MAX_IOAPICS    16
#define ACPI_MAX_MEMORIES   64
#define ACPI_MAX_NODES	    16	       /* that the page allocator can tell apart */
#define ACPI_MAX_TABLE_SIZE (1u << 20) /* bytes; longer ones are refused */

/* Distances of the SLIT: of a node to itself, and to any other where nothing is known. */
#define ACPI_LOCAL  10
#define ACPI_REMOTE 20

enum acpi_space { ACPI_SPACE_MEMORY = 0, ACPI_SPACE_IO = 1 };

struct acpi_register {
	uint64_t address; /* 0: there is none */
	uint8_t space;	  /* enum acpi_space */
	uint8_t width;	  /* bits */
};

struct acpi_core {
	uint32_t apic_id;
	uint32_t node; /* proximity domain renumbered from 0; 0 without an SRAT */
};

struct acpi_ioapic {
	uint64_t address;
	uint32_t id;
	uint32_t gsi_base;
};

/* ISA IRQs that the board wired differently. */
struct acpi_irq {
	uint32_t gsi;
	bool active_low;
	bool level;
};

struct acpi_memory {
	uint64_t base, size; /* bytes */
	uint32_t node;
};

struct acpi_info {
	bool present; /* an RSDP with a sound XSDT or RSDT was found */

	uint32_t core_count; /* enabled ones only */
	struct acpi_core cores[ACPI_MAX_CORES];
	uint32_t ioapic_count;
	struct acpi_ioapic ioapics[ACPI_MAX_IOAPICS];
	struct acpi_irq isa_irqs[16]; /* identity, edge, active high unless overridden */

	uint32_t node_count; /* at least 1 */
	uint32_t memory_count;
	struct acpi_memory memories[ACPI_MAX_MEMORIES];
	/* SLIT: from node to node, 10 to itself; 255: cannot be reached. Without a SLIT 20 to
	 * others. */
	uint8_t distance[ACPI_MAX_NODES][ACPI_MAX_NODES];

	struct acpi_register reset; /* FADT reset register, if the machine supports it */
	uint8_t reset_value;
	uint16_t pm_timer_port;			       /* 0: none */
	uint16_t pm1a_control_port, pm1b_control_port; /* 0: none */

	struct acpi_register serial; /* SPCR: a 16550-compatible port */
	uint32_t serial_baud;	     /* 0: as the firmware left it */
};

/*
 * Returns `length` bytes of physical memory at `phys`, readable until acpi_parse() returns (NULL if
 * it is not RAM or tables). `context` is acpi_parse()'s.
 */
typedef const void *(*acpi_map_fn)(void *context, uint64_t phys, uint64_t length);

/*
 * Fills *info, with defaults for whatever is missing. OK also when single tables are bad (they
 * are skipped); ERR_NOT_FOUND for rsdp 0; ERR_FORMAT if the root tables are unsound, *info being
 * all defaults then.
 */
enum error acpi_parse(uint64_t rsdp, acpi_map_fn map, void *context, struct acpi_info *info);

/* The node of a physical address, 0 if no SRAT range holds it. */
uint32_t acpi_memory_node(const struct acpi_info *info, uint64_t phys);

/* The node of a core, 0 if unknown. */
uint32_t acpi_core_node(const struct acpi_info *info, uint32_t apic_id);

#endif
