#include "hv/page_alloc.h"

#include <string.h>

#include "drivers/acpi.h"
#include "hv/core.h"
#include "hv/cpuid.h"
#include "hv/early_memory.h"
#include "hv/paging.h"
#include "hv/panic.h"

#define POISON 0xa5

bool page_poison;

static struct page_pool pool;

/*
 * Pages that fit side by side in one way of the largest cache: sets * line size / page size. CPUID
 * leaf 4; 1 where the processor does not say.
 */
static uint32_t cache_colours(void)
{
	uint32_t colours = 1;

	for (uint32_t i = 0; i < 8; i++) {
		struct cpuid_result cache = cpuid_read_checked(4, i);
		uint32_t line = (cache.ebx & 0xfff) + 1, sets = cache.ecx + 1;
		uint64_t way = (uint64_t)line * sets;

		if ((cache.eax & 31) == 0)
			break;
		if (way / PAGE_SIZE > colours)
			colours = (uint32_t)(way / PAGE_SIZE);
	}
	return colours;
}

/* Gives [base, end) to the nodes that own its parts; what no SRAT range holds goes to node 0. */
static void add_by_node(const struct acpi_info *acpi, uint64_t base, uint64_t end)
{
	while (base < end) {
		uint64_t part_end = end;

		for (uint32_t i = 0; i < acpi->memory_count; i++) {
			uint64_t first = acpi->memories[i].base;
			uint64_t last = first + acpi->memories[i].size;

			if (first > base && first < part_end)
				part_end = first;
			if (last > base && last < part_end)
				part_end = last;
		}
		page_pool_add(&pool, base, part_end - base, acpi_memory_node(acpi, base));
		base = part_end;
	}
}

/* A free range without low memory and without what early memory has used. */
static void add_range(const struct acpi_info *acpi, const struct boot_range *range,
		      const struct boot_range *used)
{
	uint64_t base = range->base < LOW_MEMORY_END ? LOW_MEMORY_END : range->base;
	uint64_t end = range->base + range->size;
	uint64_t used_end = used->base + used->size;

	if (used->base >= base && used->base < end) {
		add_by_node(acpi, base, used->base);
		base = used_end;
	}
	if (base < end)
		add_by_node(acpi, base, end);
}

void page_alloc_init(const struct boot_info *info, const struct acpi_info *acpi)
{
	uint64_t end = paging_ram_end();
	uint64_t metadata = early_alloc(page_pool_metadata_size(0, end));
	struct boot_range used = early_memory_finish();

	page_pool_init(&pool, 0, end, cache_colours(), acpi->node_count, phys_to_virt(metadata));
	for (uint32_t i = 0; i < info->range_count; i++)
		if (info->ranges[i].type == BOOT_MEMORY_FREE)
			add_range(acpi, &info->ranges[i], &used);
	paging_use_pool();
}

/* Takes from `node` or, when that has nothing left, from the others. */
static uint64_t take_from(uint32_t node, uint32_t colour)
{
	uint64_t page;

	if (node >= pool.node_count)
		node = this_core()->node;
	page = page_pool_take(&pool, node, colour);
	for (uint32_t i = 0; page == 0 && i < pool.node_count; i++)
		page = page_pool_take(&pool, i, colour);
	return page;
}

uint64_t page_alloc(uint32_t node, uint32_t colour)
{
	return take_from(node, colour);
}

uint64_t page_alloc_zeroed(uint32_t node, uint32_t colour)
{
	uint64_t page = take_from(node, colour);

	if (page != 0)
		page_zero(page);
	return page;
}

uint64_t page_alloc_2m(uint32_t node)
{
	uint64_t block;

	if (node >= pool.node_count)
		node = this_core()->node;
	block = page_pool_take_block(&pool, node);
	for (uint32_t i = 0; block == 0 && i < pool.node_count; i++)
		block = page_pool_take_block(&pool, i);
	return block;
}

void page_free(uint64_t page)
{
	if (page_poison)
		memset(phys_to_virt(page), POISON, PAGE_SIZE);
	page_pool_give(&pool, page);
}

void page_free_2m(uint64_t block)
{
	if (page_poison)
		memset(phys_to_virt(block), POISON, BLOCK_SIZE);
	page_pool_give_block(&pool, block);
}

static void zero(uint64_t phys, uint64_t bytes)
{
	void *at = phys_to_virt(phys);
	uint64_t words = bytes / 8;

	__asm__ volatile("rep stosq" : "+D"(at), "+c"(words) : "a"(0) : "memory");
}

void page_zero(uint64_t page)
{
	zero(page, PAGE_SIZE);
}

void page_zero_2m(uint64_t block)
{
	zero(block, BLOCK_SIZE);
}

uint32_t page_colour_count(void)
{
	return pool.colours;
}

uint32_t page_node_count(void)
{
	return pool.node_count;
}

uint32_t page_colour_of(uint64_t page)
{
	return page_pool_colour(&pool, page);
}

uint32_t page_node_of(uint64_t page)
{
	return page_pool_node(&pool, page);
}

void page_counts(uint32_t node, struct page_counts *counts)
{
	page_pool_counts(&pool, node, counts);
}
