/*
 * The hypervisor's own address space, one for all cores:
 *
 *   0xffff800000000000  all RAM, one to one, RW NX, write-back (the direct map)
 *   0xffffc00000000000  window for device memory, RW NX, uncached or write-combining
 *   0xffffd00000000000  window for own memory: stacks, core structures, big tables; RW NX, with an
 *                       unmapped guard page on either side of each allocation
 *   0xffffe00000000000  the C library's heap, RW NX
 *   0xffffffff80000000  the image: .text RX, .rodata R NX, .data and .bss RW NX
 *
 * Nothing else is mapped, the lower half least of all. No page is writable and executable.
 */
#ifndef HV_PAGING_H
#define HV_PAGING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "boot/boot_info.h"
#include "hv/error.h"

#define DIRECT_MAP_BASE	  0xffff800000000000ull
#define DIRECT_MAP_SIZE	  (64ull << 40) /* bytes: physical addresses the direct map can hold */
#define MMIO_WINDOW_BASE  0xffffc00000000000ull
#define OWN_WINDOW_BASE	  0xffffd00000000000ull
#define HEAP_WINDOW_BASE  0xffffe00000000000ull
#define IMAGE_WINDOW_BASE 0xffffffff80000000ull
#define WINDOW_SIZE	  (1ull << 40)

/*
 * IA32_PAT on every core, and the VMCS host PAT: as after reset but entry 1 (PWT) is
 * write-combining. 0 WB, 1 WC, 2 UC-, 3 UC, 4 WB, 5 WT, 6 UC-, 7 UC.
 */
#define PAGING_PAT 0x0007040600070106ull

extern uint64_t image_phys_base; /* where IMAGE_WINDOW_BASE lies in RAM */

/* Valid for RAM that boot_info lists as FREE, LOADER or ACPI. */
static inline void *phys_to_virt(uint64_t phys)
{
	return (void *)(phys + DIRECT_MAP_BASE);
}

/* For addresses of the direct map and of the image (static objects, functions), no others. */
static inline uint64_t virt_to_phys(const void *virt)
{
	uint64_t address = (uint64_t)virt;

	if (address >= IMAGE_WINDOW_BASE)
		return address - IMAGE_WINDOW_BASE + image_phys_base;
	return address - DIRECT_MAP_BASE;
}

/*
 * Builds the tables from boot_info, still under the loader's identity map, and switches this core
 * to them; new table pages come from early memory until paging_use_pool(). Panics if it cannot.
 */
void paging_init(const struct boot_info *info);
void paging_use_pool(void);

/* Sets CR3, CR0.WP, EFER.NXE and the PAT on this core. */
void paging_init_core(void);

/* Physical address of the tables: CR3 here, and the VMCS host CR3. */
uint64_t paging_root(void);

/* Highest physical address of RAM plus one. */
uint64_t paging_ram_end(void);

/* Unmaps the stacks that hv/entry.S started on; nobody may be on them any more. */
void paging_drop_boot_stacks(void);

/*
 * Tables below 4 GiB for a core that comes out of real mode: the hypervisor's address space and
 * `code_page`, executable and not writable, one to one. Before early_memory_finish(). Physical.
 */
uint64_t paging_trampoline_root(uint64_t code_page);

enum mmio_type { MMIO_UNCACHED, MMIO_WRITE_COMBINING };

/*
 * Maps [phys, phys+size) of device memory; returns the address of `phys` or NULL when no table page
 * is left. Mappings last for ever; mapping the same range again is allowed and costs a new one.
 * Locked.
 */
volatile void *mmio_map(uint64_t phys, uint64_t size, enum mmio_type type);

/*
 * Zeroed own memory of `size` bytes (rounded up to pages, any size), page-aligned, from `node`,
 * with a guard page on either side; NULL when memory has run out. Lasts for ever. Locked.
 */
void *own_memory_alloc(size_t size, uint32_t node);

/* Backs [HEAP_WINDOW_BASE + from, + to) with zeroed pages; both are multiples of a page. Locked. */
enum error heap_window_grow(uint64_t from, uint64_t to);

/*
 * What `virt` maps to here: true and the physical address, or false. For dumps and the shell's
 * memory command; takes no lock.
 */
bool paging_translate(uint64_t virt, uint64_t *phys);

/* True if `virt` is mapped readable: safe to look at in a dump. */
static inline bool paging_is_mapped(const void *virt)
{
	uint64_t phys;

	return paging_translate((uint64_t)virt, &phys);
}

struct paging_audit {
	uint64_t pages;		      /* leaf entries seen, of any size */
	uint64_t writable_executable; /* must be 0 */
	uint64_t user;		      /* must be 0 */
	uint64_t lower_half;	      /* must be 0 */
	uint64_t first_bad;	      /* virtual address of the first offender, else 0 */
	uint32_t guards;	      /* guard pages checked */
	uint32_t guards_mapped;	      /* must be 0 */
	bool protections_on;	      /* CR0.WP and EFER.NXE are set on this core */
};

/* Walks all tables and every core's guard pages. True if every rule above holds. */
bool paging_audit(struct paging_audit *audit);

#endif
