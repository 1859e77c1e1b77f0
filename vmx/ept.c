#include "vmx/ept.h"

#include <stddef.h>
#include <string.h>

#define ENTRIES	     512
#define NO_REGION    UINT64_MAX
#define REGION_SHIFT 21 /* a leaf table covers 2 MiB */
#define PAGE_OFFSET  0xfffull
#define EPTP_WALK_4  (3ull << 3)
#define EPTP_AD	     (1ull << 6)
#define LEAF_BITS    (EPT_RWX | EPT_TYPE_MASK | EPT_IGNORE_PAT | EPT_BORROWED)
#define INHERIT_BITS (LEAF_BITS | EPT_ACCESSED | EPT_DIRTY)

static uint64_t *table_of(const struct ept *ept, uint64_t page)
{
	return (uint64_t *)(uintptr_t)(page + ept->ops->virtual_offset);
}

static unsigned index_of(uint64_t gpa, unsigned level)
{
	return gpa >> EPT_LEVEL_SHIFT(level) & (ENTRIES - 1);
}

static bool is_present(uint64_t entry)
{
	return entry & EPT_RWX;
}

static bool is_leaf(uint64_t entry, unsigned level)
{
	return level == 1 || entry & EPT_LARGE;
}

/* The processor reads entries, and sets A and D, at any time. */
static uint64_t load(const uint64_t *entry)
{
	return __atomic_load_n(entry, __ATOMIC_RELAXED);
}

static void store(uint64_t *entry, uint64_t value)
{
	__atomic_store_n(entry, value, __ATOMIC_RELEASE);
}

static uint64_t *new_table(struct ept *ept, uint64_t *page)
{
	*page = ept->ops->alloc_page(ept->context);
	if (!*page)
		return NULL;
	ept->tables++;
	return table_of(ept, *page);
}

/* ---- Finding entries ---- */

/* The entry at which a walk for gpa ends: a leaf, or one that is not present. */
static uint64_t *find_entry(const struct ept *ept, uint64_t gpa, unsigned *level)
{
	uint64_t *table = table_of(ept, ept->root);

	for (*level = EPT_LEVELS; *level > 1; (*level)--) {
		uint64_t *entry = &table[index_of(gpa, *level)];
		uint64_t value = load(entry);

		if (!is_present(value) || is_leaf(value, *level))
			return entry;
		table = table_of(ept, value & EPT_ADDRESS_MASK);
	}
	return &table[index_of(gpa, 1)];
}

/* Puts a new table behind an entry; the entry's value, or 0 if there is no page. */
static uint64_t link_table(struct ept *ept, uint64_t *entry)
{
	uint64_t page;

	if (!new_table(ept, &page))
		return 0;
	store(entry, page | EPT_RWX);
	return page | EPT_RWX;
}

/*
 * The table of this level for gpa, made with the tables above it where it is not there. NULL if
 * there is no page for it (ERR_NO_MEMORY) or a large page is in the way (ERR_EXISTS).
 */
static uint64_t *ept_table(struct ept *ept, uint64_t gpa, unsigned level, enum error *error)
{
	uint64_t *table = table_of(ept, ept->root);

	for (unsigned at = EPT_LEVELS; at > level; at--) {
		uint64_t *entry = &table[index_of(gpa, at)];
		uint64_t value = load(entry);

		if (!is_present(value))
			value = link_table(ept, entry);
		if (!value || value & EPT_LARGE) {
			*error = value ? ERR_EXISTS : ERR_NO_MEMORY;
			return NULL;
		}
		table = table_of(ept, value & EPT_ADDRESS_MASK);
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
	return new_table(ept, &ept->root) ? OK : ERR_NO_MEMORY;
}

uint64_t ept_pointer(const struct ept *ept)
{
	return ept->root | MEMORY_WB | EPTP_WALK_4 | (ept->accessed_dirty ? EPTP_AD : 0);
}

static void release_leaf(struct ept *ept, uint64_t entry, unsigned level, ept_release release)
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

		if (next[level] == ENTRIES) {
			free_table(ept, page[level++]);
			continue;
		}
		entry = table_of(ept, page[level])[next[level]++];
		if (!is_present(entry))
			continue;
		if (is_leaf(entry, level)) {
			release_leaf(ept, entry, level, release);
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
	if (is_present(load(entry)))
		return ERR_EXISTS;
	store(entry, value);
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
	if ((gpa | hpa) & PAGE_OFFSET)
		return ERR_INVALID;
	table = leaf_table(ept, gpa, &error);
	if (!table)
		return error;
	return fill(ept, &table[index_of(gpa, 1)], 1, hpa | (attributes & LEAF_BITS));
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
	return fill(ept, &table[index_of(gpa, level)], level,
		    hpa | (attributes & LEAF_BITS) | (level > 1 ? EPT_LARGE : 0));
}

static bool range_valid(uint64_t gpa, uint64_t size)
{
	return gpa <= EPT_GPA_LIMIT && size <= EPT_GPA_LIMIT - gpa;
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

	if (!range_valid(gpa, size))
		return ERR_RANGE;
	if ((gpa | hpa | size) & PAGE_OFFSET)
		return ERR_INVALID;
	for (uint64_t at = 0; at < size; at += done) {
		enum error error =
			map_largest(ept, gpa + at, hpa + at, size - at, attributes, &done);

		if (error)
			return error;
	}
	return OK;
}

/* ---- Splitting ---- */

static enum error split_entry(struct ept *ept, uint64_t *entry, unsigned level)
{
	uint64_t value = load(entry), page;
	uint64_t base = value & EPT_ADDRESS_MASK & ~(EPT_LEVEL_SIZE(level) - 1);
	uint64_t *table = new_table(ept, &page);

	if (!table)
		return ERR_NO_MEMORY;
	for (unsigned i = 0; i < ENTRIES; i++)
		table[i] = (base + i * EPT_LEVEL_SIZE(level - 1)) | (value & INHERIT_BITS) |
			   (level > 2 ? EPT_LARGE : 0);
	store(entry, page | EPT_RWX);
	ept->leaves[level]--;
	ept->leaves[level - 1] += ENTRIES;
	ept->flush_needed = true;
	return OK;
}

enum error ept_split(struct ept *ept, uint64_t gpa)
{
	unsigned level;
	uint64_t *entry;

	if (gpa >= EPT_GPA_LIMIT)
		return ERR_RANGE;
	entry = find_entry(ept, gpa, &level);
	if (!is_present(load(entry)) || level == 1)
		return OK;
	return split_entry(ept, entry, level);
}

/* Makes gpa a border between leaves. */
static enum error split_at(struct ept *ept, uint64_t gpa)
{
	for (unsigned step = 0; step < 2 && gpa < EPT_GPA_LIMIT; step++) {
		unsigned level;
		uint64_t *entry = find_entry(ept, gpa, &level);
		enum error error;

		if (!is_present(load(entry)) || !(gpa & (EPT_LEVEL_SIZE(level) - 1)))
			return OK;
		error = split_entry(ept, entry, level);
		if (error)
			return error;
	}
	return OK;
}

static enum error split_ends(struct ept *ept, uint64_t gpa, uint64_t size)
{
	enum error error;

	if (!range_valid(gpa, size))
		return ERR_RANGE;
	if ((gpa | size) & PAGE_OFFSET)
		return ERR_INVALID;
	error = split_at(ept, gpa);
	return error ? error : split_at(ept, gpa + size);
}

/* ---- Ranges ---- */

/*
 * From the entry of *gpa on, the first that is present, in the same table of pages; *gpa becomes
 * its address. NULL: none, and *gpa is behind the table, or behind the entry of another level.
 */
static uint64_t *present_beside(uint64_t *entry, uint64_t *gpa, uint64_t end, unsigned level)
{
	do {
		if (is_present(load(entry)))
			return entry;
		entry++;
		*gpa += EPT_LEVEL_SIZE(level);
	} while (level == 1 && *gpa < end && index_of(*gpa, 1) != 0);
	return NULL;
}

/*
 * The next present leaf at or after *gpa and before end; NULL if there is none. *gpa becomes the
 * address of the leaf's first byte. Absent tables are stepped over whole.
 */
static uint64_t *next_leaf(const struct ept *ept, uint64_t *gpa, uint64_t end, unsigned *level)
{
	while (*gpa < end) {
		uint64_t *entry = find_entry(ept, *gpa, level);

		*gpa &= ~(EPT_LEVEL_SIZE(*level) - 1);
		entry = present_beside(entry, gpa, end, *level);
		if (entry)
			return entry;
	}
	return NULL;
}

/* As next_leaf(), for who comes from the entry `before`: neighbours in a table need no walk. */
static uint64_t *leaf_after(const struct ept *ept, uint64_t *before, uint64_t *gpa, uint64_t end,
			    unsigned *level)
{
	bool beside = before && *level == 1 && *gpa < end && index_of(*gpa, 1) != 0;
	uint64_t *entry = beside ? present_beside(before + 1, gpa, end, 1) : NULL;

	return entry ? entry : next_leaf(ept, gpa, end, level);
}

enum error ept_unmap(struct ept *ept, uint64_t gpa, uint64_t size, ept_release release)
{
	uint64_t end = gpa + size;
	enum error error = split_ends(ept, gpa, size);
	uint64_t *entry;
	unsigned level;

	if (error)
		return error;
	while ((entry = next_leaf(ept, &gpa, end, &level))) {
		uint64_t value = __atomic_exchange_n(entry, 0, __ATOMIC_ACQ_REL);

		release_leaf(ept, value, level, release);
		ept->flush_needed = true;
		gpa += EPT_LEVEL_SIZE(level);
	}
	return OK;
}

/* At most two more turns: besides us only the processor writes, setting A and D once each. */
static void set_permissions(struct ept *ept, uint64_t *entry, uint64_t permissions)
{
	uint64_t old = load(entry);

	while (!__atomic_compare_exchange_n(entry, &old, (old & ~EPT_RWX) | permissions, false,
					    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		;
	if (old & EPT_RWX & ~permissions)
		ept->flush_needed = true;
}

enum error ept_protect(struct ept *ept, uint64_t gpa, uint64_t size, uint64_t permissions)
{
	uint64_t end = gpa + size;
	uint64_t *entry;
	unsigned level;
	enum error error;

	if (!permissions || permissions & ~EPT_RWX ||
	    (permissions & (EPT_READ | EPT_WRITE)) == EPT_WRITE)
		return ERR_INVALID;
	error = split_ends(ept, gpa, size);
	if (error)
		return error;
	while ((entry = next_leaf(ept, &gpa, end, &level))) {
		set_permissions(ept, entry, permissions);
		gpa += EPT_LEVEL_SIZE(level);
	}
	return OK;
}

/* ---- Looking ---- */

void ept_walk(const struct ept *ept, uint64_t gpa, struct ept_walk *walk)
{
	uint64_t *table = table_of(ept, ept->root);
	uint64_t entry = 0;

	memset(walk, 0, sizeof(*walk));
	if (gpa >= EPT_GPA_LIMIT)
		return;
	for (walk->level = EPT_LEVELS;; walk->level--) {
		entry = load(&table[index_of(gpa, walk->level)]);
		walk->entry[walk->level] = entry;
		if (!is_present(entry) || is_leaf(entry, walk->level))
			break;
		table = table_of(ept, entry & EPT_ADDRESS_MASK);
	}
	walk->size = EPT_LEVEL_SIZE(walk->level);
	walk->present = is_present(entry);
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
	value = load(find_entry(ept, gpa, &level));
	if (!is_present(value))
		return false;
	offset = gpa & (EPT_LEVEL_SIZE(level) - 1);
	*hpa = (value & EPT_ADDRESS_MASK & ~(EPT_LEVEL_SIZE(level) - 1)) | offset;
	if (remaining)
		*remaining = EPT_LEVEL_SIZE(level) - offset;
	return true;
}

/* A leaf's A and D as they were, cleared if asked for. */
static uint64_t take_usage(struct ept *ept, uint64_t *entry, bool clear)
{
	const uint64_t both = EPT_ACCESSED | EPT_DIRTY;
	uint64_t value;

	if (!ept->accessed_dirty)
		return both;
	value = load(entry);
	if (!clear || !(value & both))
		return value;
	ept->flush_needed = true;
	return __atomic_fetch_and(entry, ~both, __ATOMIC_ACQ_REL);
}

struct ept_usage ept_collect(struct ept *ept, uint64_t gpa, uint64_t size, bool clear,
			     ept_visit visit)
{
	struct ept_usage usage = { 0 };
	uint64_t end = range_valid(gpa, size) ? gpa + size : EPT_GPA_LIMIT;
	uint64_t *entry = NULL;
	unsigned level = 0;

	while ((entry = leaf_after(ept, entry, &gpa, end, &level))) {
		uint64_t value = take_usage(ept, entry, clear);
		uint64_t pages = EPT_LEVEL_SIZE(level) >> 12;

		usage.mapped += pages;
		usage.accessed += value & EPT_ACCESSED ? pages : 0;
		usage.dirty += value & EPT_DIRTY ? pages : 0;
		if (visit && value & EPT_ACCESSED)
			visit(ept->context, gpa, EPT_LEVEL_SIZE(level), value & EPT_DIRTY);
		gpa += EPT_LEVEL_SIZE(level);
	}
	return usage;
}

void ept_clear_dirty(struct ept *ept, uint64_t gpa)
{
	uint64_t *entry, value;
	unsigned level;

	if (!ept->accessed_dirty || gpa >= EPT_GPA_LIMIT)
		return;
	entry = find_entry(ept, gpa, &level);
	value = load(entry);
	if (!is_present(value) || !(value & EPT_DIRTY))
		return;
	__atomic_fetch_and(entry, ~EPT_DIRTY, __ATOMIC_ACQ_REL);
	ept->flush_needed = true;
}
