#include "hv/images/memory_map.h"

#include "hv/guest_ram.h"

unsigned memory_map(uint64_t ram_size, struct memory_map_entry entries[MEMORY_MAP_MAX])
{
	struct gpa_range ranges[2];
	unsigned parts = guest_ram_ranges(ram_size, ranges);
	unsigned count = 0;

	entries[count++] = (struct memory_map_entry) { 0, MEMORY_MAP_LOW_END, MEMORY_MAP_RAM };
	entries[count++] =
		(struct memory_map_entry) { MEMORY_MAP_LOW_END, 0xA0000 - MEMORY_MAP_LOW_END,
					    MEMORY_MAP_RESERVED };
	entries[count++] = (struct memory_map_entry) { MEMORY_MAP_FIRMWARE,
						       MEMORY_MAP_UPPER_BASE - MEMORY_MAP_FIRMWARE,
						       MEMORY_MAP_RESERVED };
	if (ranges[0].size > MEMORY_MAP_UPPER_BASE)
		entries[count++] =
			(struct memory_map_entry) { MEMORY_MAP_UPPER_BASE,
						    ranges[0].size - MEMORY_MAP_UPPER_BASE,
						    MEMORY_MAP_RAM };
	if (parts == 2)
		entries[count++] = (struct memory_map_entry) { ranges[1].base, ranges[1].size,
							       MEMORY_MAP_RAM };
	return count;
}
