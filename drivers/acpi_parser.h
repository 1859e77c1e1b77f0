/*
 * Inside the reader of ACPI tables; everybody else wants drivers/acpi.h.
 *
 * Tables are read byte by byte through small accessors: they are packed, unaligned and not to be
 * trusted. A table is accepted whole (length and checksum) before anything in it is used.
 */
#ifndef DRIVERS_ACPI_PARSER_H
#define DRIVERS_ACPI_PARSER_H

#include <stddef.h>
#include <stdint.h>

#include "drivers/acpi.h"

struct acpi_table {
	const uint8_t *bytes;
	uint32_t length;
};

struct acpi_parser {
	acpi_map_fn map;
	void *context;
	struct acpi_info *info;
	uint32_t domains[ACPI_MAX_NODES]; /* proximity domain of each node, as they appeared */
	uint32_t domain_count;
};

/* A number of 1 to 8 bytes; 0 where the table is too short for it: older revisions end early. */
uint64_t acpi_field(const struct acpi_table *table, uint32_t offset, uint32_t size);

/* Entries of type, length, data: how to read those we care about. */
struct acpi_entry_reader {
	uint8_t type;
	void (*read)(struct acpi_parser *parser, const struct acpi_table *entry);
};

/* Reads the entries from offset `first` to the end, or to the first that is unsound. */
void acpi_read_entries(struct acpi_parser *parser, const struct acpi_table *table, uint32_t first,
		       const struct acpi_entry_reader *readers, size_t reader_count);

void acpi_read_srat(struct acpi_parser *parser, const struct acpi_table *table);
void acpi_read_slit(struct acpi_parser *parser, const struct acpi_table *table);

#endif
