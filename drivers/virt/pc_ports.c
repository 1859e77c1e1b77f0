#include "drivers/virt/pc_ports.h"

#include <stdbool.h>
#include <stddef.h>

/* Adapters from the bus to the devices. Devices of a byte's width get bytes only. */

static uint64_t com1_read(void *device, uint64_t offset, unsigned size, uint64_t now)
{
	(void)size, (void)now;
	return uart16550_read(device, (unsigned)offset);
}

static void com1_write(void *device, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
	(void)size, (void)now;
	uart16550_write(device, (unsigned)offset, (uint8_t)value);
}

static uint64_t pic_bus_read(void *device, uint64_t port, unsigned size, uint64_t now)
{
	(void)size, (void)now;
	return pic_read(device, (uint16_t)port);
}

static void pic_bus_write(void *device, uint64_t port, unsigned size, uint64_t value, uint64_t now)
{
	(void)size, (void)now;
	pic_write(device, (uint16_t)port, (uint8_t)value);
}

static uint64_t pit_bus_read(void *device, uint64_t port, unsigned size, uint64_t now)
{
	(void)size;
	return pit_read(device, (uint16_t)port, now);
}

static void pit_bus_write(void *device, uint64_t port, unsigned size, uint64_t value, uint64_t now)
{
	(void)size;
	pit_write(device, (uint16_t)port, (uint8_t)value, now);
}

static uint64_t rtc_bus_read(void *device, uint64_t port, unsigned size, uint64_t now)
{
	(void)size;
	return rtc_read(device, (uint16_t)port, now);
}

static void rtc_bus_write(void *device, uint64_t port, unsigned size, uint64_t value, uint64_t now)
{
	(void)size;
	rtc_write(device, (uint16_t)port, (uint8_t)value, now);
}

/* The selector is written as 16 bits at 0x510; a byte at 0x511 is data. */
static uint64_t fwcfg_bus_read(void *device, uint64_t offset, unsigned size, uint64_t now)
{
	(void)now;
	return offset == 1 && size == 1 ? fwcfg_read(device) : UINT64_MAX;
}

static void fwcfg_bus_write(void *device, uint64_t offset, unsigned size, uint64_t value,
			    uint64_t now)
{
	(void)now;
	if (offset == 0 && size == 2)
		fwcfg_select(device, (uint16_t)value);
}

static uint64_t testexit_bus_read(void *device, uint64_t offset, unsigned size, uint64_t now)
{
	(void)device, (void)offset, (void)size, (void)now;
	return UINT64_MAX;
}

static void testexit_bus_write(void *device, uint64_t offset, unsigned size, uint64_t value,
			       uint64_t now)
{
	(void)size, (void)now;
	if (offset == 0)
		testexit_write(device, (uint32_t)value);
}

static uint64_t power_bus_read(void *device, uint64_t offset, unsigned size, uint64_t now)
{
	(void)size, (void)now;
	return acpi_power_read(device, (unsigned)offset);
}

static void power_bus_write(void *device, uint64_t offset, unsigned size, uint64_t value,
			    uint64_t now)
{
	(void)size, (void)now;
	acpi_power_write(device, (unsigned)offset, (uint8_t)value);
}

static uint64_t ioapic_bus_read(void *device, uint64_t offset, unsigned size, uint64_t now)
{
	(void)now;
	return ioapic_read(device, (uint32_t)offset, size);
}

static void ioapic_bus_write(void *device, uint64_t offset, unsigned size, uint64_t value,
			     uint64_t now)
{
	(void)now;
	ioapic_write(device, (uint32_t)offset, size, (uint32_t)value);
}

struct port_map {
	uint16_t first, last;
	uint8_t width;
	bool by_port; /* the device's offsets are the port numbers themselves */
	uint64_t (*read)(void *device, uint64_t offset, unsigned size, uint64_t now);
	void (*write)(void *device, uint64_t offset, unsigned size, uint64_t value, uint64_t now);
	void *device;
};

static struct bus_range range_of(const struct port_map *m)
{
	return (struct bus_range) {
		.first = m->first,
		.last = m->last,
		.width = m->width,
		.read = m->read,
		.write = m->write,
		.device = m->device,
		.first_offset = m->by_port ? m->first : 0,
	};
}

unsigned pc_ports_build(const struct pc_devices *d, struct bus_range ranges[PC_PORT_RANGES])
{
	const struct port_map map[] = {
		{ 0x020, 0x021, 1, true, pic_bus_read, pic_bus_write, d->pic },
		{ 0x040, 0x043, 1, true, pit_bus_read, pit_bus_write, d->pit },
		{ 0x061, 0x061, 1, true, pit_bus_read, pit_bus_write, d->pit },
		{ 0x070, 0x071, 1, true, rtc_bus_read, rtc_bus_write, d->rtc },
		{ 0x0A0, 0x0A1, 1, true, pic_bus_read, pic_bus_write, d->pic },
		{ 0x0F4, 0x0F7, 4, false, testexit_bus_read, testexit_bus_write, d->testexit },
		{ 0x3F8, 0x3FF, 1, false, com1_read, com1_write, d->com1 },
		{ 0x4D0, 0x4D1, 1, true, pic_bus_read, pic_bus_write, d->pic },
		{ 0x510, 0x511, 2, false, fwcfg_bus_read, fwcfg_bus_write, d->fwcfg },
		{ 0x600, 0x602, 1, false, power_bus_read, power_bus_write, d->power },
	};
	unsigned count = 0;

	_Static_assert(sizeof(map) / sizeof(map[0]) <= PC_PORT_RANGES, "room for all ranges");
	_Static_assert(PC_COM1 == 0x3F8 && TESTEXIT_PORT == 0xF4 && ACPI_POWER_PORT == 0x600,
		       "as in the table");
	for (unsigned i = 0; i < sizeof(map) / sizeof(map[0]); i++) {
		if (map[i].device)
			ranges[count++] = range_of(&map[i]);
	}
	return count;
}

struct bus_range pc_ioapic_range(struct ioapic *ioapic)
{
	return (struct bus_range) {
		.first = IOAPIC_DEFAULT_BASE,
		.last = IOAPIC_DEFAULT_BASE + IOAPIC_SIZE - 1,
		.width = 4,
		.read = ioapic_bus_read,
		.write = ioapic_bus_write,
		.device = ioapic,
	};
}
