/* From the firmware's memory map to boot_info's. Pure. */
#ifndef BOOT_MEMORY_MAP_H
#define BOOT_MEMORY_MAP_H

#include <efi.h>
#include <stdint.h>

#include "boot/boot_info.h"
#include "hv/error.h"

/* What GetMemoryMap returns: descriptors of descriptor_size bytes each. */
struct efi_memory_map {
	uint8_t *descriptors;
	UINTN size; /* bytes used */
	UINTN descriptor_size;
};

/*
 * Fills ranges: ascending, disjoint, neighbours of one type joined, the first page reserved.
 * ERR_LIMIT if there are more than BOOT_MAX_RANGES.
 */
enum error memory_map_convert(const struct efi_memory_map *map, struct boot_info *info);

/* The end of the highest range that is RAM, bytes. */
uint64_t memory_map_ram_end(const struct boot_info *info);

#endif
