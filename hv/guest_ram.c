#include "hv/guest_ram.h"

#include <string.h>

static uint64_t high_size(uint64_t size)
{
	return size > GUEST_RAM_LOW_MAX ? size - GUEST_RAM_LOW_MAX : 0;
}

uint64_t guest_ram_low_end(uint64_t size)
{
	return size < GUEST_RAM_LOW_MAX ? size : GUEST_RAM_LOW_MAX;
}

uint64_t guest_ram_end(uint64_t size)
{
	return high_size(size) ? GUEST_RAM_HIGH_BASE + high_size(size) : guest_ram_low_end(size);
}

unsigned guest_ram_ranges(uint64_t size, struct gpa_range ranges[2])
{
	unsigned count = 0;

	if (size)
		ranges[count++] = (struct gpa_range) { 0, guest_ram_low_end(size) };
	if (high_size(size))
		ranges[count++] = (struct gpa_range) { GUEST_RAM_HIGH_BASE, high_size(size) };
	return count;
}

bool gpa_is_ram(uint64_t size, uint64_t gpa)
{
	return gpa_range_is_ram(size, gpa, 1);
}

bool gpa_range_is_ram(uint64_t size, uint64_t gpa, uint64_t length)
{
	struct gpa_range ranges[2];
	unsigned count = guest_ram_ranges(size, ranges);

	for (unsigned i = 0; i < count; i++) {
		uint64_t offset = gpa - ranges[i].base;

		if (gpa >= ranges[i].base && offset < ranges[i].size &&
		    length <= ranges[i].size - offset)
			return true;
	}
	return length == 0;
}

bool guest_ram_valid(const struct guest_ram *ram, uint64_t gpa, uint64_t length)
{
	return gpa_range_is_ram(ram->size, gpa, length);
}

/* Of `length` bytes from gpa on, those in the first page. */
static size_t in_page(uint64_t gpa, uint64_t length)
{
	uint64_t left = GUEST_PAGE_SIZE - gpa % GUEST_PAGE_SIZE;

	return left < length ? left : length;
}

static uint8_t *host_address(const struct guest_ram *ram, uint64_t gpa, bool write)
{
	uint8_t *page = ram->page(ram->ctx, gpa, write);

	return page ? page + gpa % GUEST_PAGE_SIZE : NULL;
}

enum error guest_ram_read(const struct guest_ram *ram, uint64_t gpa, void *to, size_t length)
{
	uint8_t *next = to;

	if (!guest_ram_valid(ram, gpa, length))
		return ERR_FAULT;
	while (length) {
		size_t part = in_page(gpa, length);
		const uint8_t *host = host_address(ram, gpa, false);

		if (!host)
			return ERR_NO_MEMORY;
		memcpy(next, host, part);
		next += part;
		gpa += part;
		length -= part;
	}
	return OK;
}

enum error guest_ram_write(const struct guest_ram *ram, uint64_t gpa, const void *from,
			   size_t length)
{
	const uint8_t *next = from;

	if (!guest_ram_valid(ram, gpa, length))
		return ERR_FAULT;
	while (length) {
		size_t part = in_page(gpa, length);
		uint8_t *host = host_address(ram, gpa, true);

		if (!host)
			return ERR_NO_MEMORY;
		memcpy(host, next, part);
		next += part;
		gpa += part;
		length -= part;
	}
	return OK;
}

enum error guest_ram_zero(const struct guest_ram *ram, uint64_t gpa, uint64_t length)
{
	if (!guest_ram_valid(ram, gpa, length))
		return ERR_FAULT;
	while (length) {
		size_t part = in_page(gpa, length);
		uint8_t *host = host_address(ram, gpa, true);

		if (!host)
			return ERR_NO_MEMORY;
		memset(host, 0, part);
		gpa += part;
		length -= part;
	}
	return OK;
}
