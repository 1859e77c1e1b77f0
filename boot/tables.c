#include "boot/tables.h"

#include <stddef.h>

#include "boot/uefi.h"

#define PRESENT	       1ull
#define WRITABLE       2ull
#define LARGE	       0x80ull
#define ENTRIES	       512
#define ADDRESS_MASK   0xffffffffff000ull
#define LARGE_BYTES    (2ull << 20)
#define IDENTITY_LEAST (4ull << 30)

/* Distance between the bits of the virtual address that index tables of neighbouring levels. */
#define LEVEL_SHIFT(level) (12 + 9 * (level))

enum level { LEVEL_4K, LEVEL_2M, LEVEL_1G, LEVEL_TOP };

/* The next table down from *entry, made if it is not there; NULL if memory is short. */
static uint64_t *table_below(uint64_t *entry)
{
	if (!(*entry & PRESENT)) {
		void *table = alloc_handed_over(PAGE_BYTES);

		if (table == NULL)
			return NULL;
		*entry = (uint64_t)table | PRESENT | WRITABLE;
	}
	return (uint64_t *)(*entry & ADDRESS_MASK);
}

/* Maps one page, of the size that the level says. */
static bool map(uint64_t *top, uint64_t virtual, uint64_t physical, enum level leaf)
{
	uint64_t *table = top;
	unsigned level = LEVEL_TOP;

	for (; level > leaf; level--) {
		table = table_below(&table[virtual >> LEVEL_SHIFT(level) & (ENTRIES - 1)]);
		if (table == NULL)
			return false;
	}
	table[virtual >> LEVEL_SHIFT(level) & (ENTRIES - 1)] =
		physical | PRESENT | WRITABLE | (leaf == LEVEL_4K ? 0 : LARGE);
	return true;
}

static bool map_identity(uint64_t *top, uint64_t end)
{
	for (uint64_t address = 0; address < end; address += LARGE_BYTES)
		if (!map(top, address, address, LEVEL_2M))
			return false;
	return true;
}

static bool map_image(uint64_t *top, const struct boot_info *info, const struct loaded_image *image)
{
	for (uint64_t offset = 0; offset < info->image_size; offset += PAGE_BYTES)
		if (!map(top, image->virtual_base + offset, info->image_base + offset, LEVEL_4K))
			return false;
	return true;
}

uint64_t tables_build(const struct boot_info *info, const struct loaded_image *image,
		      uint64_t ram_end)
{
	uint64_t *top = alloc_handed_over(PAGE_BYTES);
	uint64_t end = ram_end > IDENTITY_LEAST ? ram_end : IDENTITY_LEAST;

	if (top == NULL || !map_identity(top, end) || !map_image(top, info, image))
		return 0;
	return (uint64_t)top;
}
