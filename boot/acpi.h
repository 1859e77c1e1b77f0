/* The little that the loader reads from ACPI tables. */
#ifndef BOOT_ACPI_H
#define BOOT_ACPI_H

#include <stdbool.h>
#include <stdint.h>

#include "boot/boot_info.h"

/* Physical address of the root pointer, the newest version that the firmware names; 0: none. */
uint64_t acpi_find_rsdp(void);

/*
 * The console that the Serial Port Console Redirection table names, if it is a 16550. False, and
 * *serial untouched, if there is none. rsdp may be 0.
 */
bool acpi_find_serial(uint64_t rsdp, struct boot_serial *serial);

#endif
