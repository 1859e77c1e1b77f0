/*
 * x86-64 page tables of four levels as a data structure (Intel SDM vol. 3, 4.5). Pure: table pages
 * come from a callback and are reached by adding an offset, so the same code builds the
 * hypervisor's tables on the machine and test tables on the host. No locks.
 */
#ifndef HV_PAGE_TABLE_H
#define HV_PAGE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "hv/error.h"

#define PTE_PRESENT    (1ull << 0)
#define PTE_WRITE      (1ull << 1)
#define PTE_USER       (1ull << 2)
#define PTE_PAT_LOW    (1ull << 3) /* PWT: bit 0 of the PAT index */
#define PTE_PAT_HIGH   (1ull << 4) /* PCD: bit 1 of the PAT index */
#define PTE_LARGE      (1ull << 7) /* in levels 2 and 3: a leaf of 2 MiB or 1 GiB */
#define PTE_GLOBAL     (1ull << 8)
#define PTE_NO_EXECUTE (1ull << 63)
#define PTE_ADDRESS    0x000ffffffffff000ull
#define PTE_LEAF_FLAGS                                                                             \
	(PTE_WRITE | PTE_USER | PTE_PAT_LOW | PTE_PAT_HIGH | PTE_GLOBAL | PTE_NO_EXECUTE)

struct page_table {
	uint64_t root;		       /* physical address of the level-4 table */
	uint64_t offset;	       /* physical + offset = where we can touch a table */
	uint64_t largest;	       /* largest leaf to use, bytes: 4 KiB, 2 MiB or 1 GiB */
	uint64_t (*alloc_table)(void); /* a zeroed page, physical; 0 when there is none */
};

/*
 * Maps [virt, virt+size) to [phys, ...) with `flags` (PTE_LEAF_FLAGS) in leaves as large as the
 * alignment allows. Addresses and size are multiples of 4 KiB, the range does not wrap.
 * ERR_EXISTS where something is mapped already and ERR_NO_MEMORY leave the part before it mapped.
 */
enum error page_table_map(struct page_table *table, uint64_t virt, uint64_t phys, uint64_t size,
			  uint64_t flags);

/*
 * Removes 4 KiB leaves; ERR_NOT_FOUND, at the first such page, where there is none. TLBs are the
 * caller's business.
 */
enum error page_table_unmap(struct page_table *table, uint64_t virt, uint64_t size);

struct page_leaf {
	uint64_t virt; /* first address, canonical */
	uint64_t phys;
	uint64_t size;	/* bytes */
	uint64_t flags; /* PTE_LEAF_FLAGS; write and user as granted by all levels */
};

/* The leaf that holds `virt`; ERR_NOT_FOUND if it is not mapped. */
enum error page_table_find(const struct page_table *table, uint64_t virt, struct page_leaf *leaf);

/*
 * The first leaf at or after `virt`: visits all mappings when called again with the end of the
 * last one. ERR_NOT_FOUND after the last.
 */
enum error page_table_next(const struct page_table *table, uint64_t virt, struct page_leaf *leaf);

/* True if any mapping allows both to write and to execute. */
bool page_leaf_writable_executable(const struct page_leaf *leaf);

#endif
