/*
 * Inside the extended page tables: entries, and finding them. Everybody else wants vmx/ept.h, whose
 * rules of locking hold here.
 */
#ifndef VMX_EPT_ENTRY_H
#define VMX_EPT_ENTRY_H

#include "vmx/ept.h"

#define EPT_ENTRIES	512 /* of a table */
#define EPT_PAGE_OFFSET 0xfffull
#define EPT_LEAF_BITS	(EPT_RWX | EPT_TYPE_MASK | EPT_IGNORE_PAT | EPT_BORROWED)

static inline uint64_t *ept_table_at(const struct ept *ept, uint64_t page)
{
	return (uint64_t *)(uintptr_t)(page + ept->ops->virtual_offset);
}

static inline unsigned ept_index(uint64_t gpa, unsigned level)
{
	return gpa >> EPT_LEVEL_SHIFT(level) & (EPT_ENTRIES - 1);
}

static inline bool entry_present(uint64_t entry)
{
	return entry & EPT_RWX;
}

static inline bool entry_is_leaf(uint64_t entry, unsigned level)
{
	return level == 1 || entry & EPT_LARGE;
}

/* The processor reads entries, and sets A and D, at any time. */
static inline uint64_t entry_load(const uint64_t *entry)
{
	return __atomic_load_n(entry, __ATOMIC_RELAXED);
}

static inline void entry_store(uint64_t *entry, uint64_t value)
{
	__atomic_store_n(entry, value, __ATOMIC_RELEASE);
}

static inline bool ept_range_valid(uint64_t gpa, uint64_t size)
{
	return gpa <= EPT_GPA_LIMIT && size <= EPT_GPA_LIMIT - gpa;
}

/* The entry at which a walk for gpa ends: a leaf, or one that is not present. */
uint64_t *ept_find(const struct ept *ept, uint64_t gpa, unsigned *level);

/* An empty table, whose physical address becomes *page; NULL if there is no page for it. */
uint64_t *ept_new_table(struct ept *ept, uint64_t *page);

/* This leaf is gone: counts it off, and tells `release` of its page. */
void ept_release_leaf(struct ept *ept, uint64_t entry, unsigned level, ept_release release);

#endif
