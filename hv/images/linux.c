/*
 * Linux bzImage by the 32-bit boot protocol (Documentation/x86/boot.rst, protocol 2.06 or later):
 * the kernel's own entry code builds its page tables, so one way serves 32- and 64-bit kernels.
 *
 * Low memory holds the zero page (struct boot_params), a GDT and the command line; the kernel goes
 * to the address it prefers, where it also unpacks itself, and the initrd as high as allowed.
 */
#include <string.h>

#include "hv/images/load.h"
#include "hv/images/memory_map.h"
#include "hv/images/start.h"

/* Offsets in the file and, but for the first two, in the zero page. */
#define SETUP_SECTORS	  0x1F1 /* u8 */
#define SYSTEM_SIZE	  0x1F4 /* u32, in units of SYSTEM_UNIT bytes */
#define BOOT_FLAG	  0x1FE /* u16 */
#define HEADER_JUMP	  0x201 /* u8: the header ends at HEADER_MAGIC plus this */
#define HEADER_MAGIC	  0x202 /* u32 "HdrS" */
#define PROTOCOL	  0x206 /* u16 */
#define LOADER_TYPE	  0x210 /* u8 */
#define LOAD_FLAGS	  0x211 /* u8 */
#define CODE32_START	  0x214 /* u32 */
#define RAMDISK_IMAGE	  0x218 /* u32 */
#define RAMDISK_SIZE	  0x21C /* u32 */
#define CMDLINE_POINTER	  0x228 /* u32 */
#define INITRD_MAX	  0x22C /* u32: last byte that an initrd may occupy */
#define CMDLINE_MAX	  0x238 /* u32: without the terminating zero */
#define PREFERRED_ADDRESS 0x258 /* u64, from 2.10 on */
#define INIT_SIZE	  0x260 /* u32, from 2.10 on */

/* In the zero page only. */
#define ACPI_RSDP    0x070 /* u64 */
#define E820_COUNT   0x1E8 /* u8 */
#define HEADER_START SETUP_SECTORS
#define HEADER_LIMIT 0x290
#define E820_TABLE   0x2D0 /* of struct e820_entry */

#define LOADED_HIGH	 0x01 /* in LOAD_FLAGS: a bzImage */
#define LOADER_UNKNOWN	 0xFF
#define PROTOCOL_MIN	 0x0206
#define PROTOCOL_PREFERS 0x020A
#define SECTOR_SIZE	 512
#define SYSTEM_UNIT	 16
#define SETUP_DEFAULT	 4

#define ZERO_PAGE_GPA 0x10000u
#define GDT_GPA	      0x11000u
#define CMDLINE_GPA   0x20000u
#define CMDLINE_ROOM  0x10000u

struct e820_entry {
	uint64_t base, size;
	uint32_t type;
} __attribute__((packed));

_Static_assert(sizeof(struct e820_entry) == 20, "fixed by the protocol");

struct kernel {
	const uint8_t *file;
	uint64_t setup_size; /* bytes of the file before the kernel proper */
	uint64_t size;	     /* of the kernel proper */
	uint64_t base;
	uint64_t end; /* of the memory it needs until it has found its own */
};

/* A little-endian field of the file's header. */
static uint64_t field(const struct kernel *kernel, unsigned offset, unsigned size)
{
	uint64_t value = 0;

	memcpy(&value, kernel->file + offset, size);
	return value;
}

bool is_linux(const uint8_t *bytes, uint64_t size)
{
	return size >= HEADER_LIMIT && memcmp(bytes + HEADER_MAGIC, "HdrS", 4) == 0 &&
	       bytes[BOOT_FLAG] == 0x55 && bytes[BOOT_FLAG + 1] == 0xAA;
}

static enum error check_header(struct load *load, const struct kernel *kernel)
{
	const struct image_file *image = &load->request->image;
	unsigned protocol;

	if (image->size < HEADER_LIMIT)
		return load_fail(load, ERR_TRUNCATED, "%lu bytes, too short for a bzImage",
				 (unsigned long)image->size);
	if (!is_linux(image->bytes, image->size))
		return load_fail(load, ERR_FORMAT, "not a Linux bzImage");
	protocol = field(kernel, PROTOCOL, 2);
	if (protocol < PROTOCOL_MIN)
		return load_fail(load, ERR_UNSUPPORTED,
				 "boot protocol %u.%02u, at least 2.06 is needed", protocol >> 8,
				 protocol & 0xFF);
	if (!(field(kernel, LOAD_FLAGS, 1) & LOADED_HIGH))
		return load_fail(load, ERR_UNSUPPORTED, "a zImage, only bzImages can be loaded");
	return OK;
}

/* The size is rounded up, to a whole unit, and some files end where the kernel itself does. */
static enum error find_parts(struct load *load, struct kernel *kernel)
{
	uint64_t sectors = field(kernel, SETUP_SECTORS, 1);
	uint64_t units = field(kernel, SYSTEM_SIZE, 4);
	uint64_t file_size = load->request->image.size;

	kernel->setup_size = ((sectors ? sectors : SETUP_DEFAULT) + 1) * SECTOR_SIZE;
	kernel->size = units * SYSTEM_UNIT;
	if (!units)
		return load_fail(load, ERR_FORMAT, "the kernel has no size");
	if (file_size < kernel->setup_size + (units - 1) * SYSTEM_UNIT + 1)
		return load_fail(load, ERR_TRUNCATED, "should have %lu bytes, has %lu",
				 (unsigned long)(kernel->setup_size + kernel->size),
				 (unsigned long)file_size);
	if (kernel->size > file_size - kernel->setup_size)
		kernel->size = file_size - kernel->setup_size;
	return OK;
}

/*
 * A relocatable kernel moves itself to the preferred address if it is loaded below, so memory that
 * does not reach as far is too little however it is loaded.
 */
static enum error place_kernel(struct load *load, struct kernel *kernel)
{
	bool prefers = field(kernel, PROTOCOL, 2) >= PROTOCOL_PREFERS;
	uint64_t needed = prefers ? field(kernel, INIT_SIZE, 4) : kernel->size;

	kernel->base = prefers ? field(kernel, PREFERRED_ADDRESS, 8) : MEMORY_MAP_UPPER_BASE;
	if (kernel->base < MEMORY_MAP_UPPER_BASE || kernel->base > GUEST_RAM_LOW_MAX)
		return load_fail(load, ERR_RANGE, "wants to be loaded at 0x%lx",
				 (unsigned long)kernel->base);
	kernel->end = kernel->base + (needed > kernel->size ? needed : kernel->size);
	return load_need(load, kernel->end, "the kernel");
}

static enum error put_kernel(struct load *load, const struct kernel *kernel)
{
	return load_put(load, kernel->base, kernel->file + kernel->setup_size, kernel->size,
			"kernel");
}

/* A field of the zero page. */
static enum error put_field(struct load *load, unsigned offset, uint64_t value, unsigned size)
{
	return load_put(load, ZERO_PAGE_GPA + offset, &value, size, "boot parameters");
}

static enum error put_header(struct load *load, const struct kernel *kernel)
{
	uint64_t end = HEADER_MAGIC + field(kernel, HEADER_JUMP, 1);

	if (end > HEADER_LIMIT)
		end = HEADER_LIMIT;
	return load_put(load, ZERO_PAGE_GPA + HEADER_START, kernel->file + HEADER_START,
			end - HEADER_START, "boot parameters");
}

static enum error put_memory_map(struct load *load)
{
	struct memory_map_entry entries[MEMORY_MAP_MAX];
	struct e820_entry e820[MEMORY_MAP_MAX];
	unsigned count = memory_map(load->ram->size, entries);

	for (unsigned i = 0; i < count; i++)
		e820[i] = (struct e820_entry) { entries[i].base, entries[i].size, entries[i].type };
	enum error error = put_field(load, E820_COUNT, count, 1);
	if (error)
		return error;
	return load_put(load, ZERO_PAGE_GPA + E820_TABLE, e820, count * sizeof(e820[0]),
			"memory map");
}

static enum error put_cmdline(struct load *load, const struct kernel *kernel)
{
	const char *cmdline = load_cmdline(load);
	uint64_t length = strlen(cmdline);
	uint64_t limit = field(kernel, CMDLINE_MAX, 4);

	if (limit >= CMDLINE_ROOM)
		limit = CMDLINE_ROOM - 1;
	if (length > limit)
		return load_fail(load, ERR_LIMIT, "command line of %lu bytes, the kernel takes %lu",
				 (unsigned long)length, (unsigned long)limit);
	enum error error = load_put(load, CMDLINE_GPA, cmdline, length + 1, "command line");
	return error ? error : put_field(load, CMDLINE_POINTER, CMDLINE_GPA, 4);
}

/* As high as the kernel allows: there it is out of the way of whatever the kernel does first. */
static enum error put_initrd(struct load *load, const struct kernel *kernel)
{
	const struct image_file *initrd = &load->request->initrd;
	uint64_t top = field(kernel, INITRD_MAX, 4) + 1;
	uint64_t low_end = guest_ram_low_end(load->ram->size);
	uint64_t bottom = align_up(kernel->end, GUEST_PAGE_SIZE);

	if (!initrd->bytes || !initrd->size)
		return OK;
	if (top > low_end)
		top = low_end;
	if (bottom > top || initrd->size > top - bottom)
		return load_fail(
			load, ERR_RANGE,
			"initrd %.40s of %luK does not fit: %luK of memory are left for it",
			initrd->name ? initrd->name : "?", (unsigned long)(initrd->size / 1024 + 1),
			(unsigned long)(bottom > top ? 0 : (top - bottom) / 1024));
	uint64_t base = (top - initrd->size) & ~(uint64_t)(GUEST_PAGE_SIZE - 1);
	enum error error = put_field(load, RAMDISK_IMAGE, base, 4);
	if (!error)
		error = put_field(load, RAMDISK_SIZE, initrd->size, 4);
	return error ? error : load_put(load, base, initrd->bytes, initrd->size, "initrd");
}

static enum error put_zero_page(struct load *load, const struct kernel *kernel)
{
	enum error error = put_header(load, kernel);

	if (!error)
		error = put_field(load, LOADER_TYPE, LOADER_UNKNOWN, 1);
	if (!error)
		error = put_field(load, CODE32_START, kernel->base, 4);
	if (!error)
		error = put_field(load, ACPI_RSDP, load->request->rsdp, 8);
	if (!error)
		error = put_memory_map(load);
	if (!error)
		error = put_cmdline(load, kernel);
	return error ? error : put_initrd(load, kernel);
}

enum error load_linux(struct load *load)
{
	struct kernel kernel = { .file = load->request->image.bytes };
	enum error error = check_header(load, &kernel);

	if (!error)
		error = find_parts(load, &kernel);
	if (!error)
		error = place_kernel(load, &kernel);
	if (!error)
		error = put_kernel(load, &kernel);
	if (!error)
		error = put_zero_page(load, &kernel);
	if (error)
		return error;
	load->start->gpr[GPR_RSI] = ZERO_PAGE_GPA;
	return start_prot32(load, kernel.base, GDT_GPA);
}
