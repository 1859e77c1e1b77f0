#include "hv/early_memory.h"

#include <stdbool.h>
#include <string.h>

#include "hv/page_pool.h"
#include "hv/panic.h"

#define FOUR_GIB (4ull << 30)

static uint64_t range_base, next, limit;
static uint64_t touch_offset;

/* The part of a range that early memory may use; size 0 if none. */
static struct boot_range usable_part(const struct boot_range *range)
{
	uint64_t base = range->base < LOW_MEMORY_END ? LOW_MEMORY_END : range->base;
	uint64_t end = range->base + range->size;

	if (end > FOUR_GIB)
		end = FOUR_GIB;
	if (range->type != BOOT_MEMORY_FREE || base >= end)
		return (struct boot_range) { 0 };
	return (struct boot_range) { .base = base, .size = end - base };
}

void early_memory_init(const struct boot_info *info)
{
	struct boot_range best = { 0 };

	for (uint32_t i = 0; i < info->range_count; i++) {
		struct boot_range part = usable_part(&info->ranges[i]);

		if (part.size > best.size)
			best = part;
	}
	range_base = next = best.base;
	limit = best.base + best.size;
}

void early_memory_set_offset(uint64_t offset)
{
	touch_offset = offset;
}

uint64_t early_alloc(uint64_t size)
{
	uint64_t phys = next;

	size = (size + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
	if (size > limit - next)
		panic("too little memory below 4 GiB: %lu KiB wanted", size >> 10);
	next += size;
	memset((void *)(phys + touch_offset), 0, size);
	return phys;
}

struct boot_range early_memory_finish(void)
{
	limit = next;
	return (struct boot_range) { .base = range_base, .size = next - range_base };
}
