#include "hv/page_table.h"

#include <stddef.h>

#define LEVELS	     4
#define INDEX_BITS   9
#define SMALL_PAGE   4096ull
#define CANONICAL(a) ((uint64_t)((int64_t)((a) << 16) >> 16))

/* Bytes that one entry of a level (1 = 4 KiB) covers. */
static uint64_t entry_span(uint32_t level)
{
	return SMALL_PAGE << (INDEX_BITS * (level - 1));
}

static uint32_t entry_index(uint64_t virt, uint32_t level)
{
	return virt >> (12 + INDEX_BITS * (level - 1)) & 511;
}

static uint64_t *table_at(const struct page_table *table, uint64_t phys)
{
	return (uint64_t *)(phys + table->offset);
}

static bool is_leaf(uint64_t entry, uint32_t level)
{
	return level == 1 || (entry & PTE_LARGE) != 0;
}

/* The table below `entry`, made if there is none. Inner entries grant all; leaves decide. */
static enum error descend(struct page_table *table, uint64_t *entry, uint64_t **below)
{
	uint64_t page;

	if (*entry & PTE_PRESENT) {
		if (*entry & PTE_LARGE)
			return ERR_EXISTS;
		*below = table_at(table, *entry & PTE_ADDRESS);
		return OK;
	}
	page = table->alloc_table();
	if (page == 0)
		return ERR_NO_MEMORY;
	*entry = page | PTE_PRESENT | PTE_WRITE;
	*below = table_at(table, page);
	return OK;
}

static enum error map_leaf(struct page_table *table, uint64_t virt, uint64_t phys, uint64_t flags,
			   uint32_t leaf_level)
{
	uint64_t *entries = table_at(table, table->root);
	uint64_t *leaf;

	for (uint32_t level = LEVELS; level > leaf_level; level--) {
		enum error error = descend(table, &entries[entry_index(virt, level)], &entries);

		if (error != OK)
			return error;
	}
	leaf = &entries[entry_index(virt, leaf_level)];
	if (*leaf & PTE_PRESENT)
		return ERR_EXISTS;
	*leaf = phys | (flags & PTE_LEAF_FLAGS) | PTE_PRESENT | (leaf_level > 1 ? PTE_LARGE : 0);
	return OK;
}

/* The level of the largest leaf that fits at the start of the range. */
static uint32_t leaf_level_for(const struct page_table *table, uint64_t virt, uint64_t phys,
			       uint64_t size)
{
	uint32_t level = 1;

	while (level < 3 && entry_span(level + 1) <= table->largest &&
	       entry_span(level + 1) <= size && (virt | phys) % entry_span(level + 1) == 0)
		level++;
	return level;
}

enum error page_table_map(struct page_table *table, uint64_t virt, uint64_t phys, uint64_t size,
			  uint64_t flags)
{
	if ((virt | phys | size) % SMALL_PAGE != 0 || (phys & ~PTE_ADDRESS) != 0 ||
	    virt != CANONICAL(virt))
		return ERR_INVALID;
	while (size != 0) {
		uint32_t level = leaf_level_for(table, virt, phys, size);
		enum error error = map_leaf(table, virt, phys, flags, level);

		if (error != OK)
			return error;
		virt += entry_span(level);
		phys += entry_span(level);
		size -= entry_span(level);
	}
	return OK;
}

/*
 * Walks down to the entry that decides about `virt`: a leaf, or the first one not present. `write`
 * and `user` of all levels are anded into *granted.
 */
static uint64_t *deciding_entry(const struct page_table *table, uint64_t virt, uint32_t *level,
				uint64_t *granted)
{
	uint64_t *entries = table_at(table, table->root);
	uint64_t *entry = NULL;

	*granted = PTE_WRITE | PTE_USER;
	for (*level = LEVELS; *level >= 1; (*level)--) {
		entry = &entries[entry_index(virt, *level)];
		*granted &= *entry;
		if ((*entry & PTE_PRESENT) == 0 || is_leaf(*entry, *level))
			break;
		entries = table_at(table, *entry & PTE_ADDRESS);
	}
	return entry;
}

enum error page_table_unmap(struct page_table *table, uint64_t virt, uint64_t size)
{
	for (uint64_t end = virt + size; virt != end; virt += SMALL_PAGE) {
		uint64_t granted;
		uint32_t level;
		uint64_t *entry = deciding_entry(table, virt, &level, &granted);

		if ((*entry & PTE_PRESENT) == 0 || level != 1)
			return ERR_NOT_FOUND;
		*entry = 0;
	}
	return OK;
}

static void describe_leaf(struct page_leaf *leaf, uint64_t virt, uint64_t entry, uint32_t level,
			  uint64_t granted)
{
	uint64_t span = entry_span(level);

	leaf->virt = virt & ~(span - 1);
	leaf->phys = entry & PTE_ADDRESS & ~(span - 1);
	leaf->size = span;
	leaf->flags = (entry & PTE_LEAF_FLAGS & ~(PTE_WRITE | PTE_USER)) | granted;
}

enum error page_table_find(const struct page_table *table, uint64_t virt, struct page_leaf *leaf)
{
	uint64_t granted, entry;
	uint32_t level;

	if (virt != CANONICAL(virt))
		return ERR_NOT_FOUND;
	entry = *deciding_entry(table, virt, &level, &granted);
	if ((entry & PTE_PRESENT) == 0)
		return ERR_NOT_FOUND;
	describe_leaf(leaf, virt, entry, level, granted);
	return OK;
}

enum error page_table_next(const struct page_table *table, uint64_t virt, struct page_leaf *leaf)
{
	for (virt = CANONICAL(virt);;) {
		uint64_t granted, entry, end;
		uint32_t level;

		entry = *deciding_entry(table, virt, &level, &granted);
		if (entry & PTE_PRESENT) {
			describe_leaf(leaf, virt, entry, level, granted);
			return OK;
		}
		end = CANONICAL((virt & ~(entry_span(level) - 1)) + entry_span(level));
		if (end == 0)
			return ERR_NOT_FOUND;
		virt = end;
	}
}

bool page_leaf_writable_executable(const struct page_leaf *leaf)
{
	return (leaf->flags & PTE_WRITE) != 0 && (leaf->flags & PTE_NO_EXECUTE) == 0;
}
