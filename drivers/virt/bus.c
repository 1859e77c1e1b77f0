#include "drivers/virt/bus.h"

#include <stdbool.h>
#include <stddef.h>

static bool range_valid(const struct bus_range *r)
{
	bool power_of_two = r->width && !(r->width & (r->width - 1)) && r->width <= 8;

	return power_of_two && r->first <= r->last && r->read && r->write;
}

enum error bus_init(struct bus *bus, const struct bus_range *ranges, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (!range_valid(&ranges[i]))
			return ERR_INVALID;
		if (i && ranges[i].first <= ranges[i - 1].last)
			return ERR_INVALID;
	}
	bus->ranges = ranges;
	bus->count = count;
	return OK;
}

const struct bus_range *bus_find(const struct bus *bus, uint64_t address)
{
	unsigned low = 0, high = bus->count;

	while (low < high) {
		unsigned middle = (low + high) / 2;
		const struct bus_range *r = &bus->ranges[middle];

		if (address < r->first)
			high = middle;
		else if (address > r->last)
			low = middle + 1;
		else
			return r;
	}
	return NULL;
}

static bool takes_whole(const struct bus_range *r, uint64_t address, unsigned size)
{
	return r && size <= r->width && size - 1 <= r->last - address;
}

static uint64_t offset_in(const struct bus_range *r, uint64_t address)
{
	return address - r->first + r->first_offset;
}

static uint8_t read_byte(const struct bus *bus, uint64_t address, uint64_t now)
{
	const struct bus_range *r = bus_find(bus, address);

	return r ? (uint8_t)r->read(r->device, offset_in(r, address), 1, now) : 0xFF;
}

uint64_t bus_read(const struct bus *bus, uint64_t address, unsigned size, uint64_t now)
{
	const struct bus_range *r = bus_find(bus, address);
	uint64_t value = 0;

	if (takes_whole(r, address, size)) {
		value = r->read(r->device, offset_in(r, address), size, now);
		return size == 8 ? value : value & ((1ull << 8 * size) - 1);
	}
	for (unsigned i = 0; i < size; i++)
		value |= (uint64_t)read_byte(bus, address + i, now) << 8 * i;
	return value;
}

static void write_byte(const struct bus *bus, uint64_t address, uint8_t value, uint64_t now)
{
	const struct bus_range *r = bus_find(bus, address);

	if (r)
		r->write(r->device, offset_in(r, address), 1, value, now);
}

void bus_write(const struct bus *bus, uint64_t address, unsigned size, uint64_t value, uint64_t now)
{
	const struct bus_range *r = bus_find(bus, address);

	if (takes_whole(r, address, size)) {
		value = size == 8 ? value : value & ((1ull << 8 * size) - 1);
		r->write(r->device, offset_in(r, address), size, value, now);
		return;
	}
	for (unsigned i = 0; i < size; i++)
		write_byte(bus, address + i, (uint8_t)(value >> 8 * i), now);
}
