#include "vmx/ept.h"

#include <stddef.h>
#include <string.h>

#include "vmx/ept_entry.h"

#define NO_REGION    UINT64_MAX
#define REGION_SHIFT 21 /* a leaf table covers 2 MiB */
#define EPTP_WALK_4  (3ull << 3)
#define EPTP_AD	     (1ull << 6)

uint64_t *ept_new_table(struct ept *ept, uint64_t *page)
{
	*page = ept->ops->alloc_page(ept->context);
	if (!*page)
		return NULL;
	ept->tables++;
	return ept_table_at(ept, *page);
}

/* ---- Finding entries ---- */

uint64_t *ept_find(const struct ept *ept, uint64_t gpa, unsigned *level)
{
	uint64_t *table = ept_table_at(ept, ept->root);

	for (*level = EPT_LEVELS; *level > 1; (*level)--) {
		uint64_t *entry = &table[ept_index(gpa, *level)];
		uint64_t value = entry_load(entry);

		if (!entry_present(value) || entry_is_leaf(value, *level))
			return entry;
		table = ept_table_at(ept, value & EPT_ADDRESS_MASK);
	}
	return &table[ept_index(gpa, 1)];
}

/* Puts a new table behind an entry; the entry's value, or 0 if there is no page. */
static uint64_t link_table(struct ept *ept, uint64_t *entry)
{
	uint64_t page;

	if (!ept_new_table(ept, &page))
		return 0;
	entry_store(entry, page | EPT_RWX);
	return page | EPT_RWX;
}

/*
 * The table of this level for gpa, made with the tables above it where it is not there. NULL if
 * there is no page for it (ERR_NO_MEMORY) or a large page is in the way (ERR_EXISTS).
 */
static uint64_t *ept_table(struct ept *ept, uint64_t gpa, unsigned level, enum error *error)
{
	uint64_t *table = ept_table_at(ept, ept->root);

	for (unsigned at = EPT_LEVELS; at > level; at--) {
		uint64_t *entry = &table[ept_index(gpa, at)];
		uint64_t value = entry_load(entry);

		if (!entry_present(value))
			value = link_table(ept, entry);
		if (!value || value & EPT_LARGE) {
			*error = value ? ERR_EXISTS : ERR_NO_MEMORY;
			return NULL;
		}
		table = ept_table_at(ept, value & EPT_ADDRESS_MASK);
	}
	return table;
}

/* ---- Life ---- */

enum error ept_init(struct ept *ept, const struct ept_ops *ops, void *context,
		    const struct vmx_caps *caps, bool accessed_dirty)
{
	memset(ept, 0, sizeof(*ept));
	ept->ops = ops;
	ept->context = context;
	ept->accessed_dirty = accessed_dirty && caps->ept_accessed_dirty;
	ept->large_2m = caps->ept_2m;
	ept->large_1g = caps->ept_1g;
	ept->cached_region = NO_REGION;
	return ept_new_table(ept, &ept->root) ? OK : ERR_NO_MEMORY;
}

uint64_t ept_pointer(const struct ept *ept)
{
	return ept->root | MEMORY_WB | EPTP_WALK_4 | (ept->accessed_dirty ? EPTP_AD : 0);
}

void ept_release_leaf(struct ept *ept, uint64_t entry, unsigned level, ept_release release)
{
	ept->leaves[level]--;
	if (release && !(entry & EPT_BORROWED))
		release(ept->context, entry & EPT_ADDRESS_MASK & ~(EPT_LEVEL_SIZE(level) - 1),
			EPT_LEVEL_SIZE(level));
}

static void free_table(struct ept *ept, uint64_t page)
{
	ept->ops->free_page(ept->context, page);
	ept->tables--;
}

/* Depth first with the path kept by hand: page[l] is the open table of level l, next[l] its index.
 */
void ept_destroy(struct ept *ept, ept_release release)
{
	uint64_t page[EPT_LEVELS + 1];
	unsigned next[EPT_LEVELS + 1] = { 0 };
	unsigned level = EPT_LEVELS;

	page[level] = ept->root;
	while (level <= EPT_LEVELS) {
		uint64_t entry;

		if (next[level] == EPT_ENTRIES) {
			free_table(ept, page[level++]);
			continue;
		}
		entry = ept_table_at(ept, page[level])[next[level]++];
		if (!entry_present(entry))
			continue;
		if (entry_is_leaf(entry, level)) {
			ept_release_leaf(ept, entry, level, release);
			continue;
		}
		page[--level] = entry & EPT_ADDRESS_MASK;
		next[level] = 0;
	}
	ept->root = 0;
	ept->cached_region = NO_REGION;
	ept->cached_table = NULL;
}

/* ---- Mapping ---- */

static enum error fill(struct ept *ept, uint64_t *entry, unsigned level, uint64_t value)
{
	if (entry_present(entry_load(entry)))
		return ERR_EXISTS;
	entry_store(entry, value);
	ept->leaves[level]++;
	return OK;
}

/* Table pages are not freed before ept_destroy, so what is cached stays right until then. */
static uint64_t *leaf_table(struct ept *ept, uint64_t gpa, enum error *error)
{
	uint64_t *table;

	if (ept->cached_region == gpa >> REGION_SHIFT)
		return ept->cached_table;
	table = ept_table(ept, gpa, 1, error);
	if (!table)
		return NULL;
	ept->cached_table = table;
	ept->cached_region = gpa >> REGION_SHIFT;
	return table;
}

enum error ept_map_4k(struct ept *ept, uint64_t gpa, uint64_t hpa, uint64_t attributes)
{
	enum error error = OK;
	uint64_t *table;

	if (gpa >= EPT_GPA_LIMIT)
		return ERR_RANGE;
	if ((gpa | hpa) & EPT_PAGE_OFFSET)
		return ERR_INVALID;
	table = leaf_table(ept, gpa, &error);
	if (!table)
		return error;
	return fill(ept, &table[ept_index(gpa, 1)], 1, hpa | (attributes & EPT_LEAF_BITS));
}

static bool level_supported(const struct ept *ept, unsigned level)
{
	return level == 1 || (level == 2 && ept->large_2m) || (level == 3 && ept->large_1g);
}

enum error ept_map_page(struct ept *ept, uint64_t gpa, uint64_t hpa, unsigned level,
			uint64_t attributes)
{
	enum error error = OK;
	uint64_t *table;

	if (gpa >= EPT_GPA_LIMIT)
		return ERR_RANGE;
	if (level < 1 || level > 3 || (gpa | hpa) & (EPT_LEVEL_SIZE(level) - 1))
		return ERR_INVALID;
	if (!level_supported(ept, level))
		return ERR_UNSUPPORTED;
	table = ept_table(ept, gpa, level, &error);
	if (!table)
		return error;
	return fill(ept, &table[ept_index(gpa, level)], level,
		    hpa | (attributes & EPT_LEAF_BITS) | (level > 1 ? EPT_LARGE : 0));
}

static bool level_fits(const struct ept *ept, uint64_t gpa, uint64_t hpa, uint64_t size,
		       unsigned level)
{
	return level_supported(ept, level) && size >= EPT_LEVEL_SIZE(level) &&
	       !((gpa | hpa) & (EPT_LEVEL_SIZE(level) - 1));
}

/* One page, the largest that fits; smaller ones where a table of smaller pages is already there. */
static enum error map_largest(struct ept *ept, uint64_t gpa, uint64_t hpa, uint64_t size,
			      uint64_t attributes, uint64_t *done)
{
	enum error error = ERR_INVALID;

	for (unsigned level = 3; level >= 1; level--) {
		if (!level_fits(ept, gpa, hpa, size, level))
			continue;
		error = ept_map_page(ept, gpa, hpa, level, attributes);
		*done = EPT_LEVEL_SIZE(level);
		if (error != ERR_EXISTS)
			break;
	}
	return error;
}

enum error ept_map_range(struct ept *ept, uint64_t gpa, uint64_t hpa, uint64_t size,
			 uint64_t attributes)
{
	uint64_t done = 0;

	if (!ept_range_valid(gpa, size))
		return ERR_RANGE;
	if ((gpa | hpa | size) & EPT_PAGE_OFFSET)
		return ERR_INVALID;
	for (uint64_t at = 0; at < size; at += done) {
		enum error error =
			map_largest(ept, gpa + at, hpa + at, size - at, attributes, &done);

		if (error)
			return error;
	}
	return OK;
}

/* ---- Looking ---- */

void ept_walk(const struct ept *ept, uint64_t gpa, struct ept_walk *walk)
{
	uint64_t *table = ept_table_at(ept, ept->root);
	uint64_t entry = 0;

	memset(walk, 0, sizeof(*walk));
	if (gpa >= EPT_GPA_LIMIT)
		return;
	for (walk->level = EPT_LEVELS;; walk->level--) {
		entry = entry_load(&table[ept_index(gpa, walk->level)]);
		walk->entry[walk->level] = entry;
		if (!entry_present(entry) || entry_is_leaf(entry, walk->level))
			break;
		table = ept_table_at(ept, entry & EPT_ADDRESS_MASK);
	}
	walk->size = EPT_LEVEL_SIZE(walk->level);
	walk->present = entry_present(entry);
	if (walk->present)
		walk->hpa =
			(entry & EPT_ADDRESS_MASK & ~(walk->size - 1)) | (gpa & (walk->size - 1));
}

bool ept_translate(const struct ept *ept, uint64_t gpa, uint64_t *hpa, uint64_t *remaining)
{
	uint64_t offset, value;
	unsigned level;

	if (gpa >= EPT_GPA_LIMIT)
		return false;
	value = entry_load(ept_find(ept, gpa, &level));
	if (!entry_present(value))
		return false;
	offset = gpa & (EPT_LEVEL_SIZE(level) - 1);
	*hpa = (value & EPT_ADDRESS_MASK & ~(EPT_LEVEL_SIZE(level) - 1)) | offset;
	if (remaining)
		*remaining = EPT_LEVEL_SIZE(level) - offset;
	return true;
}
