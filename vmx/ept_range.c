/* Changing and looking over ranges that are mapped: large pages are split at the range's ends. */
#include "vmx/ept.h"

#include <stddef.h>

#include "vmx/ept_entry.h"

#define INHERITED (EPT_LEAF_BITS | EPT_ACCESSED | EPT_DIRTY)

/* ---- Splitting ---- */

static enum error split_entry(struct ept *ept, uint64_t *entry, unsigned level)
{
	uint64_t value = entry_load(entry), page;
	uint64_t base = value & EPT_ADDRESS_MASK & ~(EPT_LEVEL_SIZE(level) - 1);
	uint64_t *table = ept_new_table(ept, &page);

	if (!table)
		return ERR_NO_MEMORY;
	for (unsigned i = 0; i < EPT_ENTRIES; i++)
		table[i] = (base + i * EPT_LEVEL_SIZE(level - 1)) | (value & INHERITED) |
			   (level > 2 ? EPT_LARGE : 0);
	entry_store(entry, page | EPT_RWX);
	ept->leaves[level]--;
	ept->leaves[level - 1] += EPT_ENTRIES;
	ept->flush_needed = true;
	return OK;
}

enum error ept_split(struct ept *ept, uint64_t gpa)
{
	unsigned level;
	uint64_t *entry;

	if (gpa >= EPT_GPA_LIMIT)
		return ERR_RANGE;
	entry = ept_find(ept, gpa, &level);
	if (!entry_present(entry_load(entry)) || level == 1)
		return OK;
	return split_entry(ept, entry, level);
}

/* Makes gpa a border between leaves. */
static enum error split_at(struct ept *ept, uint64_t gpa)
{
	for (unsigned step = 0; step < 2 && gpa < EPT_GPA_LIMIT; step++) {
		unsigned level;
		uint64_t *entry = ept_find(ept, gpa, &level);
		enum error error;

		if (!entry_present(entry_load(entry)) || !(gpa & (EPT_LEVEL_SIZE(level) - 1)))
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

	if (!ept_range_valid(gpa, size))
		return ERR_RANGE;
	if ((gpa | size) & EPT_PAGE_OFFSET)
		return ERR_INVALID;
	error = split_at(ept, gpa);
	return error ? error : split_at(ept, gpa + size);
}

/* ---- Leaf by leaf ---- */

/*
 * From the entry of *gpa on, the first that is present, in the same table of pages; *gpa becomes
 * its address. NULL: none, and *gpa is behind the table, or behind the entry of another level.
 */
static uint64_t *present_beside(uint64_t *entry, uint64_t *gpa, uint64_t end, unsigned level)
{
	do {
		if (entry_present(entry_load(entry)))
			return entry;
		entry++;
		*gpa += EPT_LEVEL_SIZE(level);
	} while (level == 1 && *gpa < end && ept_index(*gpa, 1) != 0);
	return NULL;
}

/*
 * The next present leaf at or after *gpa and before end; NULL if there is none. *gpa becomes the
 * address of the leaf's first byte. Absent tables are stepped over whole.
 */
static uint64_t *next_leaf(const struct ept *ept, uint64_t *gpa, uint64_t end, unsigned *level)
{
	while (*gpa < end) {
		uint64_t *entry = ept_find(ept, *gpa, level);

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
	bool beside = before && *level == 1 && *gpa < end && ept_index(*gpa, 1) != 0;
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

		ept_release_leaf(ept, value, level, release);
		ept->flush_needed = true;
		gpa += EPT_LEVEL_SIZE(level);
	}
	return OK;
}

/* At most two more turns: besides us only the processor writes, setting A and D once each. */
static void set_permissions(struct ept *ept, uint64_t *entry, uint64_t permissions)
{
	uint64_t old = entry_load(entry);

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

/* ---- What was used ---- */

/* A leaf's A and D as they were, cleared if asked for. */
static uint64_t take_usage(struct ept *ept, uint64_t *entry, bool clear)
{
	const uint64_t both = EPT_ACCESSED | EPT_DIRTY;
	uint64_t value;

	if (!ept->accessed_dirty)
		return both;
	value = entry_load(entry);
	if (!clear || !(value & both))
		return value;
	ept->flush_needed = true;
	return __atomic_fetch_and(entry, ~both, __ATOMIC_ACQ_REL);
}

struct ept_usage ept_collect(struct ept *ept, uint64_t gpa, uint64_t size, bool clear,
			     ept_visit visit)
{
	struct ept_usage usage = { 0 };
	uint64_t end = ept_range_valid(gpa, size) ? gpa + size : EPT_GPA_LIMIT;
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

#define REGION_SHIFT EPT_LEVEL_SHIFT(2)

/* A leaf table and what it covers: the next page asked for mostly has its entry there, too. */
struct near {
	uint64_t region; /* gpa >> REGION_SHIFT */
	uint64_t *table;
};

/* As ept_find. */
static inline uint64_t *find_near(const struct ept *ept, uint64_t gpa, struct near *near)
{
	unsigned level;
	uint64_t *entry;

	if (gpa >> REGION_SHIFT == near->region)
		return &near->table[ept_index(gpa, 1)];
	entry = ept_find(ept, gpa, &level);
	if (level == 1)
		*near = (struct near) { gpa >> REGION_SHIFT, entry - ept_index(gpa, 1) };
	return entry;
}

void ept_clear_dirty(struct ept *ept, const uint64_t *gpa, unsigned count)
{
	struct near near = { .region = UINT64_MAX };

	for (unsigned i = 0; ept->accessed_dirty && i < count; i++) {
		uint64_t *entry, value;

		if (gpa[i] >= EPT_GPA_LIMIT)
			continue;
		entry = find_near(ept, gpa[i], &near);
		value = entry_load(entry);
		if (!entry_present(value) || !(value & EPT_DIRTY))
			continue;
		__atomic_fetch_and(entry, ~EPT_DIRTY, __ATOMIC_ACQ_REL);
		ept->flush_needed = true;
	}
}
