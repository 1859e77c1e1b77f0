/*
 * Address decoding for guest I/O: which device answers an I/O port or a guest-physical address.
 * One table for ports, one for MMIO; both are data that the VM owns. Addresses that nobody claims
 * read as all-ones and ignore writes.
 *
 * The local APIC page belongs to a vCPU, not to the VM: look there first.
 */
#ifndef DRIVERS_VIRT_BUS_H
#define DRIVERS_VIRT_BUS_H

#include <stdint.h>

#include "hv/error.h"

struct bus_range {
	uint64_t first;
	uint64_t last; /* inclusive */
	/* Widest access in bytes that the device takes in one piece (1, 2, 4 or 8). Wider ones, and
	 * those that run past `last`, are split into bytes, each decoded on its own. */
	unsigned width;
	uint64_t (*read)(void *device, uint64_t offset, unsigned size, uint64_t now);
	void (*write)(void *device, uint64_t offset, unsigned size, uint64_t value, uint64_t now);
	void *device;
	/* The offset that the device sees for `first`; usually 0. */
	uint64_t first_offset;
};

#define BUS_HINTS 64

struct bus {
	const struct bus_range *ranges; /* ascending, disjoint */
	unsigned count;
	/* For addresses with equal bits 8:3, the range that most likely holds them. */
	uint8_t hints[BUS_HINTS];
};

/* Checks the table: ascending, disjoint, widths, callbacks, at most 255 ranges. The table stays the
 * caller's and has to outlive the bus. OK or ERR_INVALID. */
enum error bus_init(struct bus *bus, const struct bus_range *ranges, unsigned count);

/* The range that holds `address`, or NULL. */
const struct bus_range *bus_find(const struct bus *bus, uint64_t address);

/* One guest access of 1, 2, 4 or 8 bytes; the value is zero-extended. `now` goes to the device. */
uint64_t bus_read(const struct bus *bus, uint64_t address, unsigned size, uint64_t now);
void bus_write(const struct bus *bus, uint64_t address, unsigned size, uint64_t value,
	       uint64_t now);

#endif
