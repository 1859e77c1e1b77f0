/*
 * The page allocator's bookkeeping: which 4 KiB pages of RAM are free. Pure: it never touches the
 * pages themselves, only its own metadata, and is tested on the host.
 *
 * RAM is seen as blocks of 2 MiB. A block is *whole* (all 512 pages free), *split* (some free) or
 * *full*. A split block sits on one list per colour of which it has a free page, so that taking a
 * page of a given colour is: first block of that list, first set bit, done - O(1), no search.
 * Splitting or joining a block costs one list operation per colour.
 *
 * The colour of a page is the part of its page number that selects cache sets: page number modulo
 * the number of colours. Pages of different colours never compete for a cache set.
 */
#ifndef HV_PAGE_POOL_H
#define HV_PAGE_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "hv/spinlock.h"

#define PAGE_SIZE	 4096ul
#define PAGE_SHIFT	 12
#define BLOCK_SIZE	 (2ul << 20)
#define BLOCK_PAGES	 512
#define PAGE_MIN_COLOURS 8 /* fewer cache colours are seen as 8: a colour's bits fit one word */
#define PAGE_MAX_COLOURS 32
#define PAGE_MAX_NODES	 16
#define PAGE_COLOUR_ANY	 UINT32_MAX
#define PAGE_NODE_ANY	 UINT32_MAX

struct page_counts {
	uint64_t total;	       /* pages ever given to the pool */
	uint64_t free;	       /* pages, those of whole blocks included */
	uint64_t whole_blocks; /* free 2 MiB blocks */
};

struct page_block; /* metadata of one 2 MiB block */

struct page_node {
	struct spinlock lock;
	uint32_t whole;			    /* list head: whole blocks */
	uint32_t partial[PAGE_MAX_COLOURS]; /* list heads: split blocks, by colour */
	uint32_t colours_free;		    /* bit c: partial[c] is not empty */
	uint32_t rotor;			    /* the colour PAGE_COLOUR_ANY tries next */
	struct page_counts counts;
} __attribute__((aligned(64)));

/* Where a colour's bits are among the 512 of a block. */
struct page_bits {
	uint64_t mask; /* in place */
	uint32_t word;
	uint32_t shift; /* of the lowest bit of mask */
};

struct page_pool {
	uint64_t base; /* physical address of block 0, a multiple of 2 MiB */
	uint32_t block_count;
	uint32_t colours;      /* a power of two, PAGE_MIN_COLOURS..PAGE_MAX_COLOURS */
	uint32_t colour_shift; /* log2 of colours */
	uint32_t node_count;
	struct page_block *blocks;
	struct page_bits bits[PAGE_MAX_COLOURS]; /* by colour */
	struct page_node nodes[PAGE_MAX_NODES];
};

/* Bytes of metadata for RAM that lies in [base, end). */
size_t page_pool_metadata_size(uint64_t base, uint64_t end);

/*
 * An empty pool for RAM in [base, end); `metadata` is zeroed memory of page_pool_metadata_size()
 * bytes, 64-byte aligned. `colours` is rounded into the allowed range.
 */
void page_pool_init(struct page_pool *pool, uint64_t base, uint64_t end, uint32_t colours,
		    uint32_t nodes, void *metadata);

/*
 * Gives [base, base+size) to `node`; whole pages inside the pool's range only. A 2 MiB block
 * belongs to the node that first gave a page of it. Not locked: before the pool is in use.
 */
void page_pool_add(struct page_pool *pool, uint64_t base, uint64_t size, uint32_t node);

/* A free page of exactly this node (and colour, unless PAGE_COLOUR_ANY), or 0. */
uint64_t page_pool_take(struct page_pool *pool, uint32_t node, uint32_t colour);

/* A whole 2 MiB block of exactly this node, or 0. */
uint64_t page_pool_take_block(struct page_pool *pool, uint32_t node);

/* Gives back; asserts that the page lies in a block of the pool and is not free already. */
void page_pool_give(struct page_pool *pool, uint64_t page);
void page_pool_give_block(struct page_pool *pool, uint64_t block);

uint32_t page_pool_colour(const struct page_pool *pool, uint64_t page);
uint32_t page_pool_node(const struct page_pool *pool, uint64_t page);
void page_pool_counts(struct page_pool *pool, uint32_t node, struct page_counts *counts);

#endif
