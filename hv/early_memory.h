/*
 * Memory before there is a page allocator: pages cut off, one after another, from the largest
 * free range below 4 GiB. Boot core only. What was cut off is never given back; the page allocator
 * gets the rest.
 */
#ifndef HV_EARLY_MEMORY_H
#define HV_EARLY_MEMORY_H

#include <stdint.h>

#include "boot/boot_info.h"

/* RAM below this address is left alone but for the start-up code of the other cores. */
#define LOW_MEMORY_END 0x100000ull

void early_memory_init(const struct boot_info *info);

/* What is added to physical addresses to reach them: 0 at first, under the loader's identity map.
 */
void early_memory_set_offset(uint64_t offset);

/* Zeroed, 4 KiB aligned, below 4 GiB; `size` is rounded up to pages. Physical. Panics if short. */
uint64_t early_alloc(uint64_t size);

/* No more early_alloc(): the physical range that it has used. */
struct boot_range early_memory_finish(void);

#endif
