/*
 * The few AML terms that our DSDT needs (ACPI specification, chapter 20).
 *
 * Scopes, devices, packages and buffers hold terms of their own: aml_open_*() returns a mark, the
 * terms inside follow, aml_close() takes the mark and fills in the length.
 */
#ifndef DRIVERS_VIRT_AML_H
#define DRIVERS_VIRT_AML_H

#include "drivers/virt/table_writer.h"

/* Names have four characters, shorter ones are padded with '_' by the caller ("_HID", "COM1"). */
size_t aml_open_scope(struct table_writer *w, const char *root_name); /* \name */
size_t aml_open_device(struct table_writer *w, const char *name);
size_t aml_open_package(struct table_writer *w, unsigned elements);

/* What encloses the mark is shorter than 4 KiB. */
void aml_close(struct table_writer *w, size_t mark);

/* Name (name, ...): the object's term has to follow. */
void aml_name(struct table_writer *w, const char *name);
void aml_integer(struct table_writer *w, uint64_t value);

/* A PNP ID such as "PNP0501" as the integer that EISAID() gives. */
void aml_eisa_id(struct table_writer *w, const char *id);

/* ResourceTemplate: aml_open_resources(), descriptors, aml_close_resources(). */
struct aml_resources {
	size_t package, length_at, start;
};
struct aml_resources aml_open_resources(struct table_writer *w);
void aml_io_ports(struct table_writer *w, uint16_t first, uint8_t count);
void aml_edge_interrupt(struct table_writer *w, uint32_t gsi); /* active high, exclusive */
void aml_close_resources(struct table_writer *w, struct aml_resources resources);

#endif
