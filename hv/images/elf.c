/*
 * Bare-metal ELF64 guests, entered in 64-bit mode as guests/include/augur/guest_boot.h promises.
 * The boot area below 64 KiB holds, by page: 1 struct guest_boot, GDT and TSS; 2 the command line;
 * 3 PML4; 4 PDPT; 5-8 page directories of the first 4 GiB (2 MiB pages); 12-15 the stack. RAM
 * above 4 GiB is mapped by 1 GiB pages in the PDPT.
 */
#include <string.h>

#include "guests/include/augur/guest_boot.h"
#include "hv/images/elf_load.h"
#include "hv/images/load.h"
#include "hv/images/start.h"

#define BOOT_GPA    GUEST_BOOT_AREA_BASE
#define GDT_GPA	    (BOOT_GPA + 0x200)
#define TSS_GPA	    (BOOT_GPA + 0x400)
#define CMDLINE_GPA 0x2000u
#define PML4_GPA    0x3000u
#define PDPT_GPA    0x4000u
#define PD_GPA	    0x5000u
#define PD_COUNT    4
#define STACK_TOP   GUEST_BOOT_AREA_END

#define TABLE_ENTRIES 512
#define GIB	      (1ull << 30)
#define MAPPED_MAX    (TABLE_ENTRIES * GIB) /* what one PDPT covers */

#define PAGE_TABLE 0x03ull /* present, writable */
#define PAGE_LARGE 0x83ull /* and maps a large page itself */

_Static_assert(sizeof(struct guest_boot) <= 0x200, "stays below the GDT");
_Static_assert(PD_GPA + PD_COUNT * GUEST_PAGE_SIZE <= STACK_TOP - GUEST_BOOT_STACK, "apart");

bool is_elf64(const uint8_t *bytes, uint64_t size)
{
	return elf_has_magic(bytes, size) && bytes[4] == 2;
}

/* `count` page table entries from `gpa` on: `first`, first + step, ... */
static enum error put_entries(struct load *load, uint64_t gpa, uint64_t first, uint64_t step,
			      unsigned count)
{
	uint64_t chunk[64];
	enum error error = OK;

	for (unsigned done = 0, part; done < count && !error; done += part) {
		part = count - done < 64 ? count - done : 64;
		for (unsigned i = 0; i < part; i++)
			chunk[i] = first + (done + i) * step;
		error = load_put(load, gpa + done * sizeof(chunk[0]), chunk,
				 part * sizeof(chunk[0]), "page tables");
	}
	return error;
}

static enum error put_page_tables(struct load *load)
{
	uint64_t end = guest_ram_end(load->ram->size);
	unsigned high_gibs =
		end > GUEST_RAM_HIGH_BASE ? align_up(end - GUEST_RAM_HIGH_BASE, GIB) / GIB : 0;
	enum error error = put_entries(load, PML4_GPA, PDPT_GPA | PAGE_TABLE, 0, 1);

	if (!error)
		error = put_entries(load, PDPT_GPA, PD_GPA | PAGE_TABLE, GUEST_PAGE_SIZE, PD_COUNT);
	if (!error)
		error = put_entries(load, PDPT_GPA + PD_COUNT * sizeof(uint64_t),
				    GUEST_RAM_HIGH_BASE | PAGE_LARGE, GIB, high_gibs);
	if (!error)
		error = put_entries(load, PD_GPA, PAGE_LARGE, 2ull << 20, PD_COUNT * TABLE_ENTRIES);
	return error;
}

static enum error put_cmdline(struct load *load)
{
	const char *cmdline = load_cmdline(load);
	size_t length = strlen(cmdline);

	if (length >= GUEST_PAGE_SIZE)
		return load_fail(load, ERR_LIMIT, "command line of %lu bytes, at most %u fit",
				 (unsigned long)length, GUEST_PAGE_SIZE - 1);
	return load_put(load, CMDLINE_GPA, cmdline, length + 1, "command line");
}

static enum error put_guest_boot(struct load *load)
{
	const struct image_request *request = load->request;
	uint64_t size = load->ram->size;
	struct guest_boot boot = { .magic = GUEST_BOOT_MAGIC,
				   .version = GUEST_BOOT_VERSION,
				   .size = sizeof(boot),
				   .memory_low = guest_ram_low_end(size),
				   .memory_high = size - guest_ram_low_end(size),
				   .tsc_hz = request->tsc_hz,
				   .vcpu_count = request->vcpus,
				   .vm_id = request->vm_id,
				   .cmdline = CMDLINE_GPA,
				   .rsdp = request->rsdp };

	if (request->vm_name)
		strncpy(boot.name, request->vm_name, sizeof(boot.name) - 1);
	return load_put(load, BOOT_GPA, &boot, sizeof(boot), "boot information");
}

static enum error put_boot_area(struct load *load)
{
	static const uint8_t tss[START_TSS_SIZE];
	enum error error = put_guest_boot(load);

	if (!error)
		error = put_cmdline(load);
	if (!error)
		error = load_put(load, TSS_GPA, tss, sizeof(tss), "TSS");
	return error ? error : put_page_tables(load);
}

enum error load_elf(struct load *load)
{
	struct elf_file elf;
	struct elf_layout layout;
	enum error error = elf_open_image(load, &elf);

	if (error)
		return error;
	if (!elf.is64 || elf.machine != ELF_MACHINE_X86_64)
		return load_fail(load, ERR_UNSUPPORTED, "not an ELF64 file for x86-64");
	if (guest_ram_end(load->ram->size) > MAPPED_MAX)
		return load_fail(load, ERR_LIMIT, "bare-metal guests have at most 511G of memory");
	error = elf_load(load, &elf, GUEST_LOAD_BASE, &layout);
	if (!error)
		error = put_boot_area(load);
	if (error)
		return error;
	load->start->gpr[GPR_RDI] = BOOT_GPA;
	load->start->gpr[GPR_RSP] = STACK_TOP;
	return start_long64(load, layout.entry, PML4_GPA, GDT_GPA, TSS_GPA);
}
