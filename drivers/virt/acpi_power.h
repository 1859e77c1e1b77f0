/*
 * Power-off and reset of a hardware-reduced ACPI guest: sleep control, sleep status and reset
 * register, at three ports in a row (ACPI specification, 4.8.3.6 and 4.8.3.7).
 */
#ifndef DRIVERS_VIRT_ACPI_POWER_H
#define DRIVERS_VIRT_ACPI_POWER_H

#include <stdint.h>

#define ACPI_POWER_PORT	      0x600u /* where pc_ports_build() puts it */
#define ACPI_POWER_PORTS      3
#define ACPI_POWER_SLEEP_S5   5u    /* SLP_TYP that means off */
#define ACPI_POWER_RESET_CODE 0x42u /* value for the reset register */

enum acpi_power_request { ACPI_POWER_OFF, ACPI_POWER_RESET };

struct acpi_power {
	/* Runs inside the write; the guest goes on until the callee stops it. */
	void (*requested)(void *context, enum acpi_power_request request);
	void *context;
};

/* Guest access to register 0..2 (port - base). */
uint8_t acpi_power_read(const struct acpi_power *p, unsigned reg);
void acpi_power_write(struct acpi_power *p, unsigned reg, uint8_t value);

#endif
