/*
 * Multiboot kernels (Multiboot Specification 0.6.96), entered in 32-bit protected mode: ELF of
 * either class, or any file whose header gives load addresses (the "a.out kludge"). The
 * information block and everything it points to lie at 0x90000, modules above the kernel.
 *
 * A request for a video mode is ignored: there is no screen, and the information block says so.
 */
#include <stdio.h>
#include <string.h>

#include "hv/images/elf_load.h"
#include "hv/images/load.h"
#include "hv/images/memory_map.h"
#include "hv/images/start.h"

#define HEADER_MAGIC 0x1BADB002u
#define HEADER_REACH 8192 /* the header lies within the first bytes */
#define BOOTED_MAGIC 0x2BADB002u
#define MODULES_MAX  64

/* Header flags. The lower half must be understood; bits 0-2 are. */
#define WANT_UNKNOWN   0xFFF8u
#define HAVE_ADDRESSES (1u << 16)

/* Flags of the information block: which of its fields are valid. */
#define INFO_MEMORY  (1u << 0)
#define INFO_CMDLINE (1u << 2)
#define INFO_MODULES (1u << 3)
#define INFO_MAP     (1u << 6)
#define INFO_LOADER  (1u << 9)

/* Where things go. */
#define INFO_GPA    0x90000u
#define GDT_GPA	    (INFO_GPA + 0x100)
#define MAP_GPA	    (INFO_GPA + 0x200)
#define MODULES_GPA (INFO_GPA + 0x400)
#define STRINGS_GPA (INFO_GPA + 0x1000)
#define STRINGS_END 0x9F000u

struct header {
	uint32_t magic, flags, checksum;
	uint32_t header_address, load_address, load_end, bss_end, entry; /* if HAVE_ADDRESSES */
};

struct info {
	uint32_t flags;
	uint32_t memory_lower, memory_upper; /* KiB below 640K, KiB from 1 MiB on */
	uint32_t boot_device;
	uint32_t cmdline;
	uint32_t module_count, modules;
	uint32_t symbols[4];
	uint32_t map_size, map;
	uint32_t drives_size, drives;
	uint32_t config_table;
	uint32_t loader_name;
	uint32_t apm_table;
	uint32_t video[7];
};

struct module {
	uint32_t start, end, string, reserved;
};

struct map_entry {
	uint32_t size; /* of the rest */
	uint64_t base, length;
	uint32_t type;
} __attribute__((packed));

_Static_assert(sizeof(struct header) == 32, "fixed by the specification");
_Static_assert(offsetof(struct info, loader_name) == 64, "fixed by the specification");
_Static_assert(sizeof(struct info) == 100, "fixed by the specification");
_Static_assert(sizeof(struct map_entry) == 24, "fixed by the specification");
_Static_assert(GDT_GPA + START_GDT32_SIZE <= MAP_GPA, "apart");
_Static_assert(MAP_GPA + MEMORY_MAP_MAX * sizeof(struct map_entry) <= MODULES_GPA, "apart");
_Static_assert(MODULES_GPA + MODULES_MAX * sizeof(struct module) <= STRINGS_GPA, "apart");
_Static_assert(STRINGS_END <= MEMORY_MAP_LOW_END, "in low memory");

/* What is known about the kernel, and how far the strings have been filled. */
struct kernel {
	struct header header;
	uint64_t header_offset;
	uint64_t entry;
	uint64_t end; /* first free address above what is loaded */
	uint64_t strings;
};

/* The header's offset in the file; its address fields are zero where the file ends before them. */
static bool find_header(const uint8_t *bytes, uint64_t size, struct header *header,
			uint64_t *offset)
{
	uint64_t reach = size < HEADER_REACH ? size : HEADER_REACH;
	const uint64_t least = offsetof(struct header, header_address);

	for (*offset = 0; *offset + least <= reach; *offset += 4) {
		uint64_t part = size - *offset < sizeof(*header) ? size - *offset : sizeof(*header);

		memset(header, 0, sizeof(*header));
		memcpy(header, bytes + *offset, part);
		if (header->magic == HEADER_MAGIC &&
		    header->magic + header->flags + header->checksum == 0)
			return true;
	}
	return false;
}

bool is_multiboot(const uint8_t *bytes, uint64_t size)
{
	struct header header;
	uint64_t offset;

	return find_header(bytes, size, &header, &offset);
}

static enum error check_addresses(struct load *load, const struct kernel *kernel)
{
	const struct header *header = &kernel->header;
	uint64_t size = load->request->image.size;

	if (!range_inside(kernel->header_offset, sizeof(*header), size))
		return load_fail(load, ERR_TRUNCATED, "the multiboot header is cut off");
	if (header->header_address < header->load_address ||
	    header->header_address - header->load_address > kernel->header_offset)
		return load_fail(load, ERR_FORMAT,
				 "the multiboot header is at 0x%x, which the file does not hold",
				 header->header_address);
	if (header->load_address < MEMORY_MAP_UPPER_BASE)
		return load_fail(load, ERR_RANGE, "loads at 0x%x, below 1 MiB",
				 header->load_address);
	if (header->load_end && header->load_end < header->load_address)
		return load_fail(load, ERR_FORMAT, "the multiboot header ends before its start");
	return OK;
}

/* The file as one piece, placed by the header's addresses. */
static enum error load_flat(struct load *load, struct kernel *kernel)
{
	const struct header *header = &kernel->header;
	const struct image_file *image = &load->request->image;
	enum error error = check_addresses(load, kernel);

	if (error)
		return error;
	uint64_t from = kernel->header_offset - (header->header_address - header->load_address);
	uint64_t length =
		header->load_end ? header->load_end - header->load_address : image->size - from;
	if (!range_inside(from, length, image->size))
		return load_fail(load, ERR_TRUNCATED,
				 "the multiboot header promises %lu bytes, the file has %lu",
				 (unsigned long)length, (unsigned long)(image->size - from));
	kernel->entry = header->entry;
	kernel->end = header->load_address + length;
	if (header->bss_end > kernel->end)
		kernel->end = header->bss_end;
	if (header->entry < header->load_address || header->entry >= kernel->end)
		return load_fail(load, ERR_FORMAT, "the entry point 0x%x is not in the kernel",
				 header->entry);
	error = load_need(load, kernel->end, "the kernel");
	if (error)
		return error;
	return load_put(load, header->load_address, image->bytes + from, length, "kernel");
}

static enum error load_segments(struct load *load, struct kernel *kernel)
{
	struct elf_file elf;
	struct elf_layout layout;
	enum error error = elf_open_image(load, &elf);

	if (error)
		return error;
	if (elf.machine != ELF_MACHINE_386 && elf.machine != ELF_MACHINE_X86_64)
		return load_fail(load, ERR_UNSUPPORTED, "an ELF file for another machine");
	error = elf_load(load, &elf, MEMORY_MAP_UPPER_BASE, &layout);
	if (error)
		return error;
	if (layout.entry >= GUEST_RAM_LOW_MAX)
		return load_fail(load, ERR_RANGE, "the entry point 0x%lx is above 3 GiB",
				 (unsigned long)layout.entry);
	kernel->entry = layout.entry;
	kernel->end = layout.end;
	return OK;
}

static enum error load_kernel(struct load *load, struct kernel *kernel)
{
	const struct image_file *image = &load->request->image;

	if (!find_header(image->bytes, image->size, &kernel->header, &kernel->header_offset))
		return load_fail(load, ERR_FORMAT, "no multiboot header in the first 8 KiB");
	if (kernel->header.flags & WANT_UNKNOWN)
		return load_fail(load, ERR_UNSUPPORTED,
				 "the multiboot header wants unknown features (flags 0x%x)",
				 kernel->header.flags);
	if (kernel->header.flags & HAVE_ADDRESSES)
		return load_flat(load, kernel);
	return load_segments(load, kernel);
}

static enum error put_string_part(struct load *load, struct kernel *kernel, const char *string,
				  uint64_t length)
{
	if (length > STRINGS_END - kernel->strings)
		return load_fail(load, ERR_LIMIT, "command lines exceed %u bytes in all",
				 STRINGS_END - STRINGS_GPA);
	enum error error = load_put(load, kernel->strings, string, length, "command line");
	kernel->strings += length;
	return error;
}

/* "NAME ARGUMENTS", as GRUB and QEMU pass it; *gpa becomes its address. */
static enum error put_string(struct load *load, struct kernel *kernel, const char *name,
			     const char *arguments, uint32_t *gpa)
{
	*gpa = kernel->strings;
	name = name ? name : "";
	if (!arguments || !*arguments)
		return put_string_part(load, kernel, name, strlen(name) + 1);
	enum error error = put_string_part(load, kernel, name, strlen(name));
	if (!error)
		error = put_string_part(load, kernel, " ", 1);
	return error ? error : put_string_part(load, kernel, arguments, strlen(arguments) + 1);
}

/* Always on a page boundary, whether the kernel asked for it or not. */
static enum error put_module(struct load *load, struct kernel *kernel, unsigned index)
{
	const struct image_module *source = &load->request->modules[index];
	struct module module = { .start = align_up(kernel->end, GUEST_PAGE_SIZE) };
	enum error error;

	if (source->file.size > GUEST_RAM_LOW_MAX)
		return load_fail(load, ERR_LIMIT, "module %u is larger than 3 GiB", index + 1);
	error = load_need(load, module.start + source->file.size, "the kernel with its modules");
	if (error)
		return error;
	kernel->end = module.start + source->file.size;
	module.end = kernel->end;
	error = load_put(load, module.start, source->file.bytes, source->file.size, "module");
	if (!error)
		error = put_string(load, kernel, source->file.name, source->arguments,
				   &module.string);
	if (error)
		return error;
	return load_put(load, MODULES_GPA + index * sizeof(module), &module, sizeof(module),
			"module list");
}

static enum error put_modules(struct load *load, struct kernel *kernel)
{
	enum error error = OK;

	if (load->request->module_count > MODULES_MAX)
		return load_fail(load, ERR_LIMIT, "more than %u modules", MODULES_MAX);
	for (unsigned i = 0; i < load->request->module_count && !error; i++)
		error = put_module(load, kernel, i);
	return error;
}

static enum error put_map(struct load *load, uint32_t *size)
{
	struct memory_map_entry entries[MEMORY_MAP_MAX];
	struct map_entry map[MEMORY_MAP_MAX];
	unsigned count = memory_map(load->ram->size, entries);

	for (unsigned i = 0; i < count; i++)
		map[i] = (struct map_entry) { sizeof(map[i]) - sizeof(map[i].size), entries[i].base,
					      entries[i].size, entries[i].type };
	*size = count * sizeof(map[0]);
	return load_put(load, MAP_GPA, map, *size, "memory map");
}

static enum error put_info(struct load *load, struct kernel *kernel)
{
	uint64_t low_end = guest_ram_low_end(load->ram->size);
	struct info info = { .flags = INFO_MEMORY | INFO_CMDLINE | INFO_MODULES | INFO_MAP |
				      INFO_LOADER,
			     .memory_lower = MEMORY_MAP_LOW_END / 1024,
			     .memory_upper = (low_end - MEMORY_MAP_UPPER_BASE) / 1024,
			     .module_count = load->request->module_count,
			     .modules = MODULES_GPA,
			     .map = MAP_GPA };
	enum error error = put_string(load, kernel, load->request->image.name, load_cmdline(load),
				      &info.cmdline);

	if (!error)
		error = put_string(load, kernel, "Augur", NULL, &info.loader_name);
	if (!error)
		error = put_map(load, &info.map_size);
	return error ? error : load_put(load, INFO_GPA, &info, sizeof(info), "information block");
}

enum error load_multiboot(struct load *load)
{
	struct kernel kernel = { .strings = STRINGS_GPA };
	enum error error = load_kernel(load, &kernel);

	if (!error)
		error = put_modules(load, &kernel);
	if (!error)
		error = put_info(load, &kernel);
	if (error)
		return error;
	load->start->gpr[GPR_RAX] = BOOTED_MAGIC;
	load->start->gpr[GPR_RBX] = INFO_GPA;
	return start_prot32(load, kernel.entry, GDT_GPA);
}
