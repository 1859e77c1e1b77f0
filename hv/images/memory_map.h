/* The PC's memory map as a guest's boot loader would report it. */
#ifndef HV_IMAGES_MEMORY_MAP_H
#define HV_IMAGES_MEMORY_MAP_H

#include <stdint.h>

/* Below 640 KiB ends the RAM for programs; up to 1 MiB is RAM too, but firmware's: ACPI tables. */
#define MEMORY_MAP_LOW_END    0x9FC00u
#define MEMORY_MAP_FIRMWARE   0xE0000u
#define MEMORY_MAP_UPPER_BASE 0x100000u

enum memory_map_type { MEMORY_MAP_RAM = 1, MEMORY_MAP_RESERVED = 2 };

struct memory_map_entry {
	uint64_t base;
	uint64_t size;
	uint32_t type; /* enum memory_map_type: the numbers of ACPI 15.1 */
};

#define MEMORY_MAP_MAX 5

/* The map of a guest with `ram_size` bytes (at least 1 MiB), ascending; returns the entries. */
unsigned memory_map(uint64_t ram_size, struct memory_map_entry entries[MEMORY_MAP_MAX]);

#endif
