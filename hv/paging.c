#include "hv/paging.h"

#include <string.h>

#include "hv/core.h"
#include "hv/cpuid.h"
#include "hv/early_memory.h"
#include "hv/msr.h"
#include "hv/page_alloc.h"
#include "hv/page_table.h"
#include "hv/panic.h"
#include "hv/spinlock.h"

#define DATA_FLAGS     (PTE_WRITE | PTE_NO_EXECUTE)
#define UNCACHED_FLAGS (DATA_FLAGS | PTE_PAT_HIGH | PTE_PAT_LOW) /* PAT entry 3 */
#define COMBINE_FLAGS  (DATA_FLAGS | PTE_PAT_LOW)		 /* PAT entry 1 */
#define EFER_NXE       (1ull << 11)
#define EFER_LME       (1ull << 8)
#define CR0_WP	       (1ull << 16)

extern const uint8_t image_text_start[], image_text_end[];
extern const uint8_t image_rodata_start[], image_rodata_end[];
extern const uint8_t image_data_start[], image_data_end[];
extern const uint8_t boot_stacks_start[], boot_stacks_end[];

uint64_t image_phys_base;

static struct spinlock lock = SPINLOCK_INIT("paging");
static struct page_table table;
static uint64_t mmio_next = MMIO_WINDOW_BASE;
static uint64_t own_next = OWN_WINDOW_BASE + PAGE_SIZE;
static uint64_t ram_end;

static uint64_t early_table(void)
{
	return early_alloc(PAGE_SIZE);
}

static uint64_t pool_table(void)
{
	return page_alloc_zeroed(PAGE_NODE_ANY, PAGE_COLOUR_ANY);
}

static void map_or_panic(uint64_t virt, uint64_t phys, uint64_t size, uint64_t flags)
{
	enum error error = page_table_map(&table, virt, phys, size, flags);

	if (error != OK)
		panic("cannot map %#lx: %s", virt, error_name(error));
}

static bool is_ram(const struct boot_range *range)
{
	return range->type == BOOT_MEMORY_FREE || range->type == BOOT_MEMORY_LOADER ||
	       range->type == BOOT_MEMORY_ACPI;
}

/* Neighbouring ranges of RAM are mapped as one, for leaves as large as possible. */
static void map_ram(const struct boot_info *info)
{
	uint32_t i = 0;

	while (i < info->range_count) {
		uint64_t base = info->ranges[i].base, end = base;

		for (; i < info->range_count && is_ram(&info->ranges[i]) &&
		       info->ranges[i].base == end;
		     i++)
			end += info->ranges[i].size;
		if (end == base) {
			i++;
			continue;
		}
		if (base == 0)
			base = PAGE_SIZE; /* nothing of ours is there: let a wild access fault */
		map_or_panic(DIRECT_MAP_BASE + base, base, end - base, DATA_FLAGS);
		ram_end = end;
	}
}

static void map_section(const uint8_t *start, const uint8_t *end, uint64_t flags)
{
	uint64_t size = ((uint64_t)(end - start) + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;

	map_or_panic((uint64_t)start, virt_to_phys(start), size, flags);
}

static void map_image(void)
{
	map_section(image_text_start, image_text_end, 0);
	map_section(image_rodata_start, image_rodata_end, PTE_NO_EXECUTE);
	map_section(image_data_start, image_data_end, DATA_FLAGS);
}

static bool has_1g_pages(void)
{
	return cpuid_read_checked(0x80000001, 0).edx >> 26 & 1;
}

void paging_init(const struct boot_info *info)
{
	image_phys_base = info->image_base;
	early_memory_init(info);
	table = (struct page_table) {
		.largest = has_1g_pages() ? 1ull << 30 : 2ull << 20,
		.alloc_table = early_table,
		.root = early_table(),
	};
	map_ram(info);
	map_image();
	paging_init_core();
	table.offset = DIRECT_MAP_BASE;
	early_memory_set_offset(DIRECT_MAP_BASE);
}

void paging_use_pool(void)
{
	table.alloc_table = pool_table;
}

void paging_init_core(void)
{
	msr_write(MSR_EFER, msr_read(MSR_EFER) | EFER_NXE);
	cr0_write(cr0_read() | CR0_WP);
	msr_write(MSR_PAT, PAGING_PAT);
	cr3_write(table.root);
}

uint64_t paging_root(void)
{
	return table.root;
}

uint64_t paging_ram_end(void)
{
	return ram_end;
}

void paging_drop_boot_stacks(void)
{
	uint64_t start = (uint64_t)boot_stacks_start, end = (uint64_t)boot_stacks_end;

	if (page_table_unmap(&table, start, end - start) != OK)
		panic("the boot stacks were not mapped");
	cr3_write(table.root);
}

uint64_t paging_trampoline_root(uint64_t code_page)
{
	struct page_table trampoline = {
		.offset = DIRECT_MAP_BASE,
		.largest = PAGE_SIZE,
		.alloc_table = early_table,
		.root = early_table(),
	};
	uint64_t *entries = phys_to_virt(trampoline.root);
	const uint64_t *kernel = phys_to_virt(table.root);

	for (uint32_t i = 256; i < 512; i++)
		entries[i] = kernel[i];
	if (page_table_map(&trampoline, code_page, code_page, PAGE_SIZE, 0) != OK)
		panic("cannot map the start-up page %#lx", code_page);
	return trampoline.root;
}

volatile void *mmio_map(uint64_t phys, uint64_t size, enum mmio_type type)
{
	uint64_t first = phys / PAGE_SIZE * PAGE_SIZE;
	uint64_t length = (phys + size - first + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
	uint64_t flags = type == MMIO_WRITE_COMBINING ? COMBINE_FLAGS : UNCACHED_FLAGS;
	enum error error;
	uint64_t virt;

	if (size == 0 || phys + size < phys || size > WINDOW_SIZE / 2)
		return NULL;
	spin_lock(&lock);
	virt = mmio_next;
	mmio_next += length + PAGE_SIZE;
	error = page_table_map(&table, virt, first, length, flags);
	spin_unlock(&lock);
	return error == OK ? (volatile void *)(virt + (phys - first)) : NULL;
}

/* Backs [virt, virt+size) with zeroed pages; what is backed when memory ends stays so. */
static enum error back_with_pages(uint64_t virt, uint64_t size, uint32_t node)
{
	for (uint64_t end = virt + size; virt < end; virt += PAGE_SIZE) {
		uint64_t page = page_alloc_zeroed(node, PAGE_COLOUR_ANY);
		enum error error;

		if (page == 0)
			return ERR_NO_MEMORY;
		error = page_table_map(&table, virt, page, PAGE_SIZE, DATA_FLAGS);
		if (error == OK)
			continue;
		page_free(page);
		return error;
	}
	return OK;
}

void *own_memory_alloc(size_t size, uint32_t node)
{
	uint64_t length = (size + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
	enum error error;
	uint64_t virt;

	if (size == 0 || size > WINDOW_SIZE / 2)
		return NULL;
	spin_lock(&lock);
	virt = own_next;
	own_next += length + PAGE_SIZE; /* the page between is the guard */
	error = back_with_pages(virt, length, node);
	spin_unlock(&lock);
	return error == OK ? (void *)virt : NULL;
}

enum error heap_window_grow(uint64_t from, uint64_t to)
{
	enum error error;

	if (to > WINDOW_SIZE)
		return ERR_LIMIT;
	spin_lock(&lock);
	error = back_with_pages(HEAP_WINDOW_BASE + from, to - from, PAGE_NODE_ANY);
	spin_unlock(&lock);
	return error;
}

bool paging_translate(uint64_t virt, uint64_t *phys)
{
	struct page_leaf leaf;

	if (table.root == 0 || page_table_find(&table, virt, &leaf) != OK)
		return false;
	*phys = leaf.phys + (virt - leaf.virt);
	return true;
}

static void audit_leaf(struct paging_audit *audit, const struct page_leaf *leaf)
{
	bool bad_access = page_leaf_writable_executable(leaf);
	bool user = leaf->flags & PTE_USER;
	bool low = leaf->virt < DIRECT_MAP_BASE;

	audit->pages++;
	audit->writable_executable += bad_access;
	audit->user += user;
	audit->lower_half += low;
	if ((bad_access || user || low) && audit->first_bad == 0)
		audit->first_bad = leaf->virt;
}

static void audit_guard(struct paging_audit *audit, uint64_t virt)
{
	uint64_t phys;

	audit->guards++;
	audit->guards_mapped += paging_translate(virt, &phys);
}

static void audit_stacks(struct paging_audit *audit, const struct core *core)
{
	for (uint32_t i = 0; i < CORE_STACKS; i++) {
		audit_guard(audit, core->stacks[i].bottom - 1);
		audit_guard(audit, core->stacks[i].top);
	}
}

bool paging_audit(struct paging_audit *audit)
{
	struct page_leaf leaf = { 0 };

	*audit = (struct paging_audit) { 0 };
	do {
		if (page_table_next(&table, leaf.virt + leaf.size, &leaf) != OK)
			break;
		audit_leaf(audit, &leaf);
	} while (leaf.virt + leaf.size != 0);
	for (uint32_t i = 0; i < core_count; i++)
		audit_stacks(audit, cores[i]);
	audit_guard(audit, 0);
	audit_guard(audit, (uint64_t)boot_stacks_start);
	audit->protections_on = (cr0_read() & CR0_WP) && (msr_read(MSR_EFER) & EFER_NXE) &&
				(cr3_read() & PTE_ADDRESS) == table.root;
	return audit->protections_on && audit->pages > 0 && audit->writable_executable == 0 &&
	       audit->user == 0 && audit->lower_half == 0 && audit->guards_mapped == 0;
}
