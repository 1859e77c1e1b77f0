/*
 * The I/O port map of a guest PC: turns the device models of a VM into a bus table.
 */
#ifndef DRIVERS_VIRT_PC_PORTS_H
#define DRIVERS_VIRT_PC_PORTS_H

#include "drivers/virt/acpi_power.h"
#include "drivers/virt/bus.h"
#include "drivers/virt/fwcfg.h"
#include "drivers/virt/ioapic.h"
#include "drivers/virt/pic.h"
#include "drivers/virt/pit.h"
#include "drivers/virt/rtc.h"
#include "drivers/virt/testexit.h"
#include "drivers/virt/uart16550.h"

#define PC_COM1	       0x3F8u
#define PC_COM1_IRQ    4
#define PC_PORT_RANGES 10 /* at most */

/* NULL: the VM does not have that device, its ports read as all-ones. */
struct pc_devices {
	struct uart16550 *com1;
	struct pic *pic;
	struct pit *pit;
	struct rtc *rtc;
	struct fwcfg *fwcfg;
	struct testexit *testexit;
	struct acpi_power *power; /* at ACPI_POWER_PORT */
};

/* Fills `ranges` in ascending order, ready for bus_init(); returns how many. */
unsigned pc_ports_build(const struct pc_devices *devices, struct bus_range ranges[PC_PORT_RANGES]);

/* The I/O APIC's page as an MMIO range at IOAPIC_DEFAULT_BASE. */
struct bus_range pc_ioapic_range(struct ioapic *ioapic);

#endif
