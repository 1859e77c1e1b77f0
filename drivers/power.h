/* The ways out of a machine: off and reset. Emulators first, then ACPI, then brute force. */
#ifndef DRIVERS_POWER_H
#define DRIVERS_POWER_H

#include <stdint.h>

struct acpi_info;

/* Remembers the reset register and port; without it only the legacy ways are tried. */
void power_init(const struct acpi_info *acpi);

/*
 * Ends the emulator (Bochs; QEMU's isa-debug-exit device: its exit status is then code * 2 + 1) or
 * halts where a machine cannot be switched off without an AML interpreter. Never returns.
 */
_Noreturn void power_off(uint8_t code);

/* ACPI reset register, then port 0xCF9, then the keyboard controller, then a triple fault. */
_Noreturn void power_reset(void);

#endif
