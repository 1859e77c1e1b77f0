/*
 * Extended page tables (SDM 28.2) of one VM, as pure code over the caller's pages.
 *
 * Locking: none inside. Everything that takes a struct ept * that is not const needs the VM's EPT
 * lock. Walks by const functions may run beside one writer: entries are written whole, and a
 * table page is linked only after it is filled; but pages freed by ept_unmap or ept_destroy must
 * not be looked at, so readers take the lock too unless the VM is paused.
 *
 * Invalidation: adding a mapping where none was needs none (a not-present entry is never cached;
 * SDM 28.3.3.1). Whatever removes or weakens a translation, or clears accessed or dirty bits,
 * sets ept->flush_needed; the caller does INVEPT (single context, ept_pointer()) on every core
 * that has run the VM before relying on the change, and clears the flag. Table pages emptied by an
 * unmap are kept until ept_destroy, so there is no table to be freed too early.
 *
 * Copy-on-write views (fork, snapshot, speculation) fit in so: a view is a second root whose
 * entries equal the first's with write permission dropped and EPT_SHARED set, in both roots:
 * O(1), one page copied. Every change goes through one function that finds the table for an
 * address (ept_table in ept.c); that is the place where an entry with EPT_SHARED gets a private
 * copy of the table below it, whose entries in turn become shared, before anything is written.
 * A guest's write to such memory is an EPT violation, handled by the same path down to the leaf,
 * where the page itself is copied. Table pages then need a reference count, kept by the page
 * allocator per physical page; ept->ops gains a `share` function for it.
 */
#ifndef VMX_EPT_H
#define VMX_EPT_H

#include <stdbool.h>
#include <stdint.h>

#include "hv/error.h"
#include "vmx/caps.h"
#include "vmx/memory_type.h"

/* Entry bits (SDM tables 28-1 to 28-6). */
#define EPT_READ	 (1ull << 0)
#define EPT_WRITE	 (1ull << 1)
#define EPT_EXECUTE	 (1ull << 2)
#define EPT_RWX		 (EPT_READ | EPT_WRITE | EPT_EXECUTE)
#define EPT_TYPE_SHIFT	 3
#define EPT_TYPE_MASK	 (7ull << EPT_TYPE_SHIFT)
#define EPT_IGNORE_PAT	 (1ull << 6)
#define EPT_LARGE	 (1ull << 7)
#define EPT_ACCESSED	 (1ull << 8)
#define EPT_DIRTY	 (1ull << 9)
#define EPT_ADDRESS_MASK 0x000ffffffffff000ull
/* Bits 61:52 are ignored by the processor. */
#define EPT_SHARED   (1ull << 52) /* reserved for views: the table or page below has other users */
#define EPT_BORROWED (1ull << 53) /* the page belongs to somebody else (MMIO, shared memory) */

#define EPT_LEVELS    4
#define EPT_GPA_LIMIT (1ull << 48) /* guest-physical addresses that four levels reach */

/* Sizes by level: 1 is 4 KiB, 2 is 2 MiB, 3 is 1 GiB. */
#define EPT_LEVEL_SHIFT(level) (12 + 9 * ((level)-1))
#define EPT_LEVEL_SIZE(level)  (1ull << EPT_LEVEL_SHIFT(level))

/*
 * Where table pages come from. Physical page p is at virtual address p + virtual_offset: a direct
 * map in the hypervisor, an arena in tests.
 */
struct ept_ops {
	uint64_t (*alloc_page)(void *context); /* physical, 4 KiB, zeroed; 0: none left */
	void (*free_page)(void *context, uint64_t page);
	uint64_t virtual_offset;
};

struct ept {
	uint64_t root; /* physical address of the top table */
	const struct ept_ops *ops;
	void *context;
	bool accessed_dirty;
	bool large_2m, large_1g;
	bool flush_needed;
	/* The last leaf table used: valid for addresses with gpa >> 21 == cached_region. */
	uint64_t cached_region;
	uint64_t *cached_table;
	uint64_t tables;    /* table pages held, the root included */
	uint64_t leaves[4]; /* present leaf entries by level; index 0 is not used */
};

/* ERR_NO_MEMORY. accessed_dirty asks for A/D bits, which are used only if there are any. */
enum error ept_init(struct ept *ept, const struct ept_ops *ops, void *context,
		    const struct vmx_caps *caps, bool accessed_dirty);

/* Told of a page that is no longer mapped: its host-physical address and size in bytes. */
typedef void (*ept_release)(void *context, uint64_t page, uint64_t size);

/* Told of a page that was accessed: guest-physical address, size in bytes. */
typedef void (*ept_visit)(void *context, uint64_t gpa, uint64_t size, bool dirty);

/*
 * Frees every table page; no core may run the VM any more. release, unless NULL, is called for each
 * leaf page not marked EPT_BORROWED.
 */
void ept_destroy(struct ept *ept, ept_release release);

/* The EPTP for the VMCS: WB, four levels (SDM 24.6.11). Changes only with ept_init. */
uint64_t ept_pointer(const struct ept *ept);

/* Attributes of a leaf: permissions | EPT_LEAF_TYPE(memory type) | EPT_BORROWED | EPT_IGNORE_PAT.
 */
#define EPT_LEAF_TYPE(type) ((uint64_t)(type) << EPT_TYPE_SHIFT)
#define EPT_RAM		    (EPT_RWX | EPT_LEAF_TYPE(MEMORY_WB))

/*
 * The fast path of demand allocation: maps one 4 KiB page where nothing is mapped. ERR_EXISTS if
 * the page is mapped, alone or in a large page (another vCPU was quicker: look at the entry and
 * retry), ERR_NO_MEMORY, ERR_RANGE, ERR_INVALID (alignment).
 */
enum error ept_map_4k(struct ept *ept, uint64_t gpa, uint64_t hpa, uint64_t attributes);

/*
 * Maps one page of the level's size (1, 2 or 3). As ept_map_4k; also ERR_INVALID for bad
 * alignment or level, ERR_UNSUPPORTED for a size the processor lacks, ERR_EXISTS when smaller
 * pages or an empty lower table are there and in the way (ept_map_range goes around that).
 */
enum error ept_map_page(struct ept *ept, uint64_t gpa, uint64_t hpa, unsigned level,
			uint64_t attributes);

/*
 * Maps a range with the largest pages that alignment and processor allow. On error what has been
 * mapped stays mapped.
 */
enum error ept_map_range(struct ept *ept, uint64_t gpa, uint64_t hpa, uint64_t size,
			 uint64_t attributes);

/*
 * Removes all mappings of a range, splitting large pages at its ends (ERR_NO_MEMORY if that
 * fails). release as in ept_destroy, but until the invalidation processors may still use the
 * pages: it should only put them aside, to be freed after that.
 */
enum error ept_unmap(struct ept *ept, uint64_t gpa, uint64_t size, ept_release release);

/*
 * Sets the permissions (EPT_READ, EPT_WRITE, EPT_EXECUTE; not 0, and not write without read) of
 * all mapped pages in a range, splitting large pages at its ends.
 */
enum error ept_protect(struct ept *ept, uint64_t gpa, uint64_t size, uint64_t permissions);

/* Turns the large page that holds gpa into the next smaller size; OK if there is none. */
enum error ept_split(struct ept *ept, uint64_t gpa);

/* One walk, level by level, for people and for translation. */
struct ept_walk {
	uint64_t entry[EPT_LEVELS + 1]; /* by level 4..1; those below `level` are not set */
	unsigned level;			/* of the leaf or of the entry that is not present */
	bool present;			/* entry[level] is a leaf that maps gpa */
	uint64_t hpa;			/* of gpa itself, when present */
	uint64_t size;			/* bytes that one leaf of this level covers */
};
void ept_walk(const struct ept *ept, uint64_t gpa, struct ept_walk *walk);

/*
 * Host-physical address of gpa; false if it is not mapped. remaining, unless NULL, gets the bytes
 * from gpa to the end of its leaf.
 */
bool ept_translate(const struct ept *ept, uint64_t gpa, uint64_t *hpa, uint64_t *remaining);

/* Pages found by ept_collect, in units of 4 KiB. */
struct ept_usage {
	uint64_t mapped;
	uint64_t accessed;
	uint64_t dirty;
};

/*
 * Counts accessed and dirty pages of a range and, with clear, clears the bits (then
 * flush_needed). visit, unless NULL, is called for each accessed leaf. Without A/D bits in the
 * processor everything counts as accessed and dirty. The cost is proportional to the tables
 * present, not to the range.
 */
struct ept_usage ept_collect(struct ept *ept, uint64_t gpa, uint64_t size, bool clear,
			     ept_visit visit);

/* Clears the dirty bits of the leaves that map so many addresses, if there are (then flush_needed).
 */
void ept_clear_dirty(struct ept *ept, const uint64_t *gpa, unsigned count);

#endif
