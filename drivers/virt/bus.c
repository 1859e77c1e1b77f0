#include "drivers/virt/bus.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define HINT_SHIFT 3 /* eight addresses share a hint: the registers of a small device */

static bool range_valid(const struct bus_range *r)
{
	bool power_of_two = r->width && !(r->width & (r->width - 1)) && r->width <= 8;

	return power_of_two && r->first <= r->last && r->read && r->write;
}

static unsigned hint_of(uint64_t address)
{
	return address >> HINT_SHIFT & (BUS_HINTS - 1);
}

static bool holds(const struct bus_range *r, uint64_t address)
{
	return address >= r->first && address <= r->last;
}

/* A hint is only where to look first, so a later range may take it from an earlier one. */
static void set_hints(struct bus *bus)
{
	memset(bus->hints, 0, sizeof(bus->hints));
	for (unsigned i = 0; i < bus->count; i++) {
		const struct bus_range *r = &bus->ranges[i];

		bus->hints[hint_of(r->last)] = (uint8_t)i;
		bus->hints[hint_of(r->first)] = (uint8_t)i;
	}
}

enum error bus_init(struct bus *bus, const struct bus_range *ranges, unsigned count)
{
	if (count > UINT8_MAX)
		return ERR_INVALID;
	for (unsigned i = 0; i < count; i++) {
		if (!range_valid(&ranges[i]))
			return ERR_INVALID;
		if (i && ranges[i].first <= ranges[i - 1].last)
			return ERR_INVALID;
	}
	bus->ranges = ranges;
	bus->count = count;
	set_hints(bus);
	return OK;
}

/* The rare paths stay out of line, so that the common one saves no registers for them. */
#define RARE __attribute__((noinline, cold))

RARE static const struct bus_range *search(const struct bus *bus, uint64_t address)
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

static inline const struct bus_range *find(const struct bus *bus, uint64_t address)
{
	const struct bus_range *likely = &bus->ranges[bus->hints[hint_of(address)]];

	return bus->count && holds(likely, address) ? likely : search(bus, address);
}

const struct bus_range *bus_find(const struct bus *bus, uint64_t address)
{
	return find(bus, address);
}

static bool takes_whole(const struct bus_range *r, uint64_t address, unsigned size)
{
	return r && size <= r->width && size - 1 <= r->last - address;
}

static uint64_t cut(uint64_t value, unsigned size)
{
	return value & UINT64_MAX >> (64 - 8 * size);
}

static uint64_t read_from(const struct bus_range *r, uint64_t address, unsigned size, uint64_t now)
{
	return cut(r->read(r->device, address - r->first + r->first_offset, size, now), size);
}

static void write_to(const struct bus_range *r, uint64_t address, unsigned size, uint64_t value,
		     uint64_t now)
{
	r->write(r->device, address - r->first + r->first_offset, size, cut(value, size), now);
}

RARE static uint64_t read_bytes(const struct bus *bus, uint64_t address, unsigned size,
				uint64_t now)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < size; i++) {
		const struct bus_range *r = find(bus, address + i);
		uint64_t byte = r ? read_from(r, address + i, 1, now) : UINT8_MAX;

		value |= byte << 8 * i;
	}
	return value;
}

RARE static void write_bytes(const struct bus *bus, uint64_t address, unsigned size, uint64_t value,
			     uint64_t now)
{
	for (unsigned i = 0; i < size; i++) {
		const struct bus_range *r = find(bus, address + i);

		if (r)
			write_to(r, address + i, 1, value >> 8 * i, now);
	}
}

uint64_t bus_read(const struct bus *bus, uint64_t address, unsigned size, uint64_t now)
{
	const struct bus_range *r = find(bus, address);

	if (takes_whole(r, address, size))
		return read_from(r, address, size, now);
	return size == 1 ? UINT8_MAX : read_bytes(bus, address, size, now);
}

void bus_write(const struct bus *bus, uint64_t address, unsigned size, uint64_t value, uint64_t now)
{
	const struct bus_range *r = find(bus, address);

	if (takes_whole(r, address, size))
		write_to(r, address, size, value, now);
	else if (size > 1)
		write_bytes(bus, address, size, value, now);
}
