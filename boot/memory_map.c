#include "boot/memory_map.h"

#include <stdbool.h>
#include <string.h>

#define PAGE_BYTES 4096ull

/* The loader's own code and stack are free memory once it has jumped. */
static const uint8_t kinds[EfiMaxMemoryType] = {
	[EfiLoaderCode] = BOOT_MEMORY_FREE,
	[EfiLoaderData] = BOOT_MEMORY_LOADER,
	[EfiBootServicesCode] = BOOT_MEMORY_FREE,
	[EfiBootServicesData] = BOOT_MEMORY_FREE,
	[EfiConventionalMemory] = BOOT_MEMORY_FREE,
	[EfiACPIReclaimMemory] = BOOT_MEMORY_ACPI,
	[EfiACPIMemoryNVS] = BOOT_MEMORY_ACPI,
	[EfiMemoryMappedIO] = BOOT_MEMORY_MMIO,
	[EfiMemoryMappedIOPortSpace] = BOOT_MEMORY_MMIO,
};

static struct boot_range range_of(const EFI_MEMORY_DESCRIPTOR *descriptor)
{
	return (struct boot_range) {
		.base = descriptor->PhysicalStart,
		.size = descriptor->NumberOfPages * PAGE_BYTES,
		.type = descriptor->Type < EfiMaxMemoryType ? kinds[descriptor->Type]
							    : BOOT_MEMORY_RESERVED,
	};
}

static bool joins(const struct boot_range *before, const struct boot_range *after)
{
	return before->type == after->type && before->base + before->size == after->base;
}

/* Keeps the list sorted; the firmware's nearly always is, so the loop ends at once. */
static enum error insert(struct boot_info *info, struct boot_range range)
{
	struct boot_range *ranges = info->ranges;
	uint32_t at = info->range_count;

	while (at > 0 && ranges[at - 1].base > range.base)
		at--;
	if (at > 0 && joins(&ranges[at - 1], &range)) {
		ranges[at - 1].size += range.size;
		return OK;
	}
	if (info->range_count == BOOT_MAX_RANGES)
		return ERR_LIMIT;
	memmove(&ranges[at + 1], &ranges[at], (info->range_count - at) * sizeof(range));
	ranges[at] = range;
	info->range_count++;
	return OK;
}

/* Address 0 stays out of every allocator: a null pointer must not become a page. */
static enum error insert_usable(struct boot_info *info, struct boot_range range)
{
	struct boot_range first = { 0, PAGE_BYTES, BOOT_MEMORY_RESERVED, 0 };
	enum error error;

	if (range.size == 0)
		return OK;
	if (range.base != 0 || range.type != BOOT_MEMORY_FREE)
		return insert(info, range);
	error = insert(info, first);
	range.base += PAGE_BYTES;
	range.size -= PAGE_BYTES;
	return error != OK || range.size == 0 ? error : insert(info, range);
}

enum error memory_map_convert(const struct efi_memory_map *map, struct boot_info *info)
{
	info->range_count = 0;
	for (UINTN at = 0; at + map->descriptor_size <= map->size; at += map->descriptor_size) {
		EFI_MEMORY_DESCRIPTOR descriptor;
		enum error error;

		memcpy(&descriptor, map->descriptors + at, sizeof(descriptor));
		error = insert_usable(info, range_of(&descriptor));
		if (error != OK)
			return error;
	}
	return OK;
}

uint64_t memory_map_ram_end(const struct boot_info *info)
{
	uint64_t end = 0;

	for (uint32_t i = 0; i < info->range_count; i++) {
		const struct boot_range *range = &info->ranges[i];

		if (range->type != BOOT_MEMORY_MMIO && range->type != BOOT_MEMORY_RESERVED &&
		    range->base + range->size > end)
			end = range->base + range->size;
	}
	return end;
}
