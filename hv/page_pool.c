#include "hv/page_pool.h"

#include <assert.h>
#include <stdbool.h>

#define WORDS	 (BLOCK_PAGES / 64)
#define NO_NODE	 0u /* blocks store node + 1 */
#define NO_BLOCK 0u /* lists hold block index + 1 */

/*
 * Free pages are bits, ordered by colour first: the pages of one colour are neighbours, and since
 * there are at least 8 colours they never cross a word. Links are per colour; those of colour 0
 * serve the list of whole blocks too, for a block is on one kind of list only.
 */
struct page_block {
	uint64_t free[WORDS];
	uint32_t next[PAGE_MAX_COLOURS];
	uint32_t prev[PAGE_MAX_COLOURS];
	uint16_t free_count;
	uint16_t owner;	  /* node + 1 */
	uint64_t address; /* of its first page */
} __attribute__((aligned(64)));

static uint32_t block_index(const struct page_pool *pool, uint64_t address)
{
	uint64_t index = (address - pool->base) / BLOCK_SIZE;

	assert(address >= pool->base && index < pool->block_count);
	return (uint32_t)index;
}

static struct page_node *block_node(struct page_pool *pool, const struct page_block *block)
{
	assert(block->owner != NO_NODE);
	return &pool->nodes[block->owner - 1];
}

static void list_push(struct page_pool *pool, uint32_t *head, uint32_t link,
		      struct page_block *block)
{
	uint32_t self = (uint32_t)(block - pool->blocks) + 1;

	block->next[link] = *head;
	block->prev[link] = NO_BLOCK;
	if (*head != NO_BLOCK)
		pool->blocks[*head - 1].prev[link] = self;
	*head = self;
}

static void list_remove(struct page_pool *pool, uint32_t *head, uint32_t link,
			struct page_block *block)
{
	uint32_t next = block->next[link], prev = block->prev[link];

	if (next != NO_BLOCK)
		pool->blocks[next - 1].prev[link] = prev;
	if (prev != NO_BLOCK)
		pool->blocks[prev - 1].next[link] = next;
	else
		*head = next;
}

static void partial_add(struct page_pool *pool, struct page_node *node, uint32_t colour,
			struct page_block *block)
{
	list_push(pool, &node->partial[colour], colour, block);
	node->colours_free |= 1u << colour;
}

static __attribute__((noinline)) void partial_remove(struct page_pool *pool, struct page_node *node,
						     uint32_t colour, struct page_block *block)
{
	list_remove(pool, &node->partial[colour], colour, block);
	if (node->partial[colour] == NO_BLOCK)
		node->colours_free &= ~(1u << colour);
}

/* whole -> split: the block leaves one list and joins one per colour. */
static __attribute__((noinline)) bool split_whole_block(struct page_pool *pool,
							struct page_node *node)
{
	struct page_block *block;

	if (node->whole == NO_BLOCK)
		return false;
	block = &pool->blocks[node->whole - 1];
	list_remove(pool, &node->whole, 0, block);
	node->counts.whole_blocks--;
	for (uint32_t colour = 0; colour < pool->colours; colour++)
		partial_add(pool, node, colour, block);
	return true;
}

static void join_whole_block(struct page_pool *pool, struct page_node *node,
			     struct page_block *block)
{
	for (uint32_t colour = 0; colour < pool->colours; colour++)
		partial_remove(pool, node, colour, block);
	list_push(pool, &node->whole, 0, block);
	node->counts.whole_blocks++;
}

/* Marks one page free and keeps lists and counts right. */
static void put_page(struct page_pool *pool, struct page_node *node, struct page_block *block,
		     uint64_t page)
{
	uint32_t number = (page - pool->base) / PAGE_SIZE % BLOCK_PAGES;
	uint32_t colour = number & (pool->colours - 1);
	const struct page_bits *bits = &pool->bits[colour];
	uint64_t bit = 1ull << (bits->shift + (number >> pool->colour_shift));

	assert((block->free[bits->word] & bit) == 0); /* else it was free already */
	if ((block->free[bits->word] & bits->mask) == 0)
		partial_add(pool, node, colour, block);
	block->free[bits->word] |= bit;
	node->counts.free++;
	if (++block->free_count == BLOCK_PAGES)
		join_whole_block(pool, node, block);
}

/* The colour to take from: the wanted one, or for ANY one that has a page without a split. */
static uint32_t choose_colour(struct page_pool *pool, struct page_node *node, uint32_t wanted)
{
	uint32_t colour = wanted;

	if (wanted == PAGE_COLOUR_ANY) {
		colour = node->rotor++ & (pool->colours - 1);
		if (node->colours_free != 0 && (node->colours_free & 1u << colour) == 0)
			colour = (uint32_t)__builtin_ctz(node->colours_free);
	}
	assert(colour < pool->colours);
	return colour;
}

static uint64_t take_locked(struct page_pool *pool, struct page_node *node, uint32_t wanted)
{
	uint32_t colour = choose_colour(pool, node, wanted);
	const struct page_bits *bits = &pool->bits[colour];
	struct page_block *block;
	uint64_t available, row;

	if (node->partial[colour] == NO_BLOCK && !split_whole_block(pool, node))
		return 0;
	block = &pool->blocks[node->partial[colour] - 1];
	available = block->free[bits->word] & bits->mask;
	row = (uint64_t)__builtin_ctzll(available) - bits->shift;
	block->free[bits->word] ^= available & -available;
	block->free_count--;
	node->counts.free--;
	if ((available & (available - 1)) == 0)
		partial_remove(pool, node, colour, block);
	return block->address + ((row << pool->colour_shift) + colour) * PAGE_SIZE;
}

uint64_t page_pool_take(struct page_pool *pool, uint32_t node, uint32_t colour)
{
	struct page_node *home = &pool->nodes[node];
	uint64_t page;

	assert(node < pool->node_count);
	spin_lock(&home->lock);
	page = take_locked(pool, home, colour);
	spin_unlock(&home->lock);
	return page;
}

uint64_t page_pool_take_block(struct page_pool *pool, uint32_t node)
{
	struct page_node *home = &pool->nodes[node];
	struct page_block *block = NULL;

	assert(node < pool->node_count);
	spin_lock(&home->lock);
	if (home->whole != NO_BLOCK) {
		block = &pool->blocks[home->whole - 1];
		list_remove(pool, &home->whole, 0, block);
		for (uint32_t i = 0; i < WORDS; i++)
			block->free[i] = 0;
		block->free_count = 0;
		home->counts.whole_blocks--;
		home->counts.free -= BLOCK_PAGES;
	}
	spin_unlock(&home->lock);
	return block == NULL ? 0 : block->address;
}

void page_pool_give(struct page_pool *pool, uint64_t page)
{
	struct page_block *block = &pool->blocks[block_index(pool, page)];
	struct page_node *node = block_node(pool, block);

	assert(page % PAGE_SIZE == 0);
	spin_lock(&node->lock);
	put_page(pool, node, block, page);
	spin_unlock(&node->lock);
}

void page_pool_give_block(struct page_pool *pool, uint64_t address)
{
	struct page_block *block = &pool->blocks[block_index(pool, address)];
	struct page_node *node = block_node(pool, block);

	assert(address % BLOCK_SIZE == 0);
	spin_lock(&node->lock);
	assert(block->free_count == 0);
	for (uint32_t i = 0; i < WORDS; i++)
		block->free[i] = ~0ull;
	block->free_count = BLOCK_PAGES;
	list_push(pool, &node->whole, 0, block);
	node->counts.whole_blocks++;
	node->counts.free += BLOCK_PAGES;
	spin_unlock(&node->lock);
}

size_t page_pool_metadata_size(uint64_t base, uint64_t end)
{
	uint64_t first = base / BLOCK_SIZE;
	uint64_t last = (end + BLOCK_SIZE - 1) / BLOCK_SIZE;

	return (last - first) * sizeof(struct page_block);
}

static uint32_t clamp_colour_shift(uint32_t colours)
{
	uint32_t shift = (uint32_t)__builtin_ctz(PAGE_MIN_COLOURS);

	while (2u << shift <= colours && 2u << shift <= PAGE_MAX_COLOURS)
		shift++;
	return shift;
}

static void init_colours(struct page_pool *pool, uint32_t colours)
{
	uint32_t rows;

	pool->colour_shift = clamp_colour_shift(colours);
	pool->colours = 1u << pool->colour_shift;
	rows = BLOCK_PAGES >> pool->colour_shift;
	for (uint32_t colour = 0; colour < pool->colours; colour++) {
		struct page_bits *bits = &pool->bits[colour];

		bits->word = colour * rows / 64;
		bits->shift = colour * rows % 64;
		bits->mask = ~0ull >> (64 - rows) << bits->shift;
	}
}

void page_pool_init(struct page_pool *pool, uint64_t base, uint64_t end, uint32_t colours,
		    uint32_t nodes, void *metadata)
{
	assert(nodes >= 1 && nodes <= PAGE_MAX_NODES);
	*pool = (struct page_pool) {
		.base = base / BLOCK_SIZE * BLOCK_SIZE,
		.block_count =
			(uint32_t)(page_pool_metadata_size(base, end) / sizeof(struct page_block)),
		.node_count = nodes,
		.blocks = metadata,
	};
	init_colours(pool, colours);
	for (uint32_t i = 0; i < pool->block_count; i++)
		pool->blocks[i].address = pool->base + i * BLOCK_SIZE;
	for (uint32_t i = 0; i < nodes; i++)
		spinlock_init(&pool->nodes[i].lock, "page node");
}

static void add_page(struct page_pool *pool, uint64_t page, uint32_t node)
{
	struct page_block *block = &pool->blocks[block_index(pool, page)];

	if (block->owner == NO_NODE)
		block->owner = (uint16_t)(node + 1);
	block_node(pool, block)->counts.total++;
	put_page(pool, block_node(pool, block), block, page);
}

/* A block nobody owns yet is added at once: machines have many. */
static bool add_block(struct page_pool *pool, uint64_t address, uint64_t end, uint32_t node)
{
	struct page_block *block = &pool->blocks[block_index(pool, address)];

	if (address % BLOCK_SIZE != 0 || end - address < BLOCK_SIZE || block->owner != NO_NODE)
		return false;
	block->owner = (uint16_t)(node + 1);
	pool->nodes[node].counts.total += BLOCK_PAGES;
	page_pool_give_block(pool, address);
	return true;
}

void page_pool_add(struct page_pool *pool, uint64_t base, uint64_t size, uint32_t node)
{
	uint64_t limit = pool->base + pool->block_count * BLOCK_SIZE;
	uint64_t page = (base + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
	uint64_t end = (base + size) / PAGE_SIZE * PAGE_SIZE;

	assert(node < pool->node_count);
	if (page < pool->base)
		page = pool->base;
	if (page == 0)
		page = PAGE_SIZE; /* address 0 means "none" */
	if (end > limit)
		end = limit;
	while (page < end) {
		if (add_block(pool, page, end, node)) {
			page += BLOCK_SIZE;
			continue;
		}
		add_page(pool, page, node);
		page += PAGE_SIZE;
	}
}

uint32_t page_pool_colour(const struct page_pool *pool, uint64_t page)
{
	return page / PAGE_SIZE & (pool->colours - 1);
}

uint32_t page_pool_node(const struct page_pool *pool, uint64_t page)
{
	const struct page_block *block = &pool->blocks[block_index(pool, page)];

	return block->owner == NO_NODE ? 0 : block->owner - 1u;
}

void page_pool_counts(struct page_pool *pool, uint32_t node, struct page_counts *counts)
{
	assert(node < pool->node_count);
	spin_lock(&pool->nodes[node].lock);
	*counts = pool->nodes[node].counts;
	spin_unlock(&pool->nodes[node].lock);
}
