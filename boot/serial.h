/* The serial line that the hypervisor will talk on. */
#ifndef BOOT_SERIAL_H
#define BOOT_SERIAL_H

#include <stdint.h>

#include "boot/boot_info.h"

/*
 * What the firmware's SPCR table names (rsdp: ACPI root pointer or 0); else COM1 at its standard
 * port if a UART answers there; else kind BOOT_SERIAL_NONE.
 */
struct boot_serial serial_find(uint64_t rsdp);

/* Raw output to COM1, as the firmware set it up. Does nothing if there is no UART. */
void serial_write(const char *text);

#endif
