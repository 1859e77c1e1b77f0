/*
 * What the UEFI loader hands to the hypervisor. Both sides are built from this one header and the
 * version must match exactly.
 *
 * State of the machine at the hypervisor's entry point: long mode on the boot core, interrupts
 * off, boot services gone, RDI = physical address of struct boot_info (identity-mapped), a stack of
 * at least 16 KiB in loader memory. CR3 points to tables made by the loader that map, writable and
 * executable, (a) the first 4 GiB and all RAM one to one and (b) the hypervisor's image at the
 * virtual addresses it is linked for. All addresses in these structures are physical.
 */
#ifndef BOOT_BOOT_INFO_H
#define BOOT_BOOT_INFO_H

#include <stdint.h>

#define BOOT_INFO_MAGIC	  0x464e495255475541ull /* "AUGURINF" */
#define BOOT_INFO_VERSION 1u
#define BOOT_MAX_CORES	  256
#define BOOT_MAX_MODULES  64
#define BOOT_MAX_RANGES	  512
#define BOOT_NAME_LENGTH  64 /* bytes, with the terminating zero */

enum boot_memory_type {
	BOOT_MEMORY_RESERVED = 0, /* never touch */
	BOOT_MEMORY_FREE = 1,	  /* RAM free for use, boot services' memory included */
	BOOT_MEMORY_LOADER =
		2,	      /* the hypervisor image, this structure, modules, first page tables */
	BOOT_MEMORY_ACPI = 3, /* ACPI tables: RAM to read */
	BOOT_MEMORY_MMIO = 4,
};

struct boot_range {
	uint64_t base; /* bytes, 4 KiB aligned */
	uint64_t size; /* bytes, a multiple of 4 KiB */
	uint32_t type; /* enum boot_memory_type */
	uint32_t reserved;
};

/* A file from the ESP, whole, in 4 KiB aligned memory of type BOOT_MEMORY_LOADER. */
struct boot_module {
	char name[BOOT_NAME_LENGTH]; /* as the configuration wrote it */
	uint64_t base;
	uint64_t size; /* bytes */
};

/* size 0: there is no framebuffer. Pixels are 32 bits. */
struct boot_framebuffer {
	uint64_t base;
	uint64_t size;
	uint32_t width;	 /* pixels */
	uint32_t height; /* pixels */
	uint32_t pitch;	 /* bytes a line */
	uint32_t bgr;	 /* 1: blue in the lowest byte (the usual one), 0: red */
};

enum boot_serial_kind { BOOT_SERIAL_NONE = 0, BOOT_SERIAL_IO = 1, BOOT_SERIAL_MMIO = 2 };

struct boot_serial {
	uint32_t kind; /* enum boot_serial_kind */
	uint32_t baud; /* 0: leave as the firmware set it */
	uint64_t base; /* port number or physical address of a 16550 */
};

struct boot_info {
	uint64_t magic;
	uint32_t version;
	uint32_t size; /* sizeof(struct boot_info) */

	uint64_t image_base;  /* where the hypervisor's lowest segment was loaded */
	uint64_t image_size;  /* bytes, .bss included */
	uint64_t symtab_base; /* ELF64 .symtab and its .strtab, 0 if there is none */
	uint64_t symtab_size;
	uint64_t strtab_base;
	uint64_t strtab_size;

	uint64_t rsdp;	      /* ACPI root pointer, 0 if there is none */
	uint64_t config_base; /* text of the configuration file, not zero-terminated */
	uint64_t config_size;

	struct boot_framebuffer framebuffer;
	struct boot_serial serial;

	uint32_t core_count; /* 0: unknown, find them yourself */
	uint32_t module_count;
	uint32_t range_count;
	uint32_t reserved;
	uint32_t apic_ids[BOOT_MAX_CORES]; /* the boot core first */
	struct boot_module modules[BOOT_MAX_MODULES];
	struct boot_range ranges[BOOT_MAX_RANGES]; /* ascending, disjoint */
};

_Static_assert(sizeof(struct boot_range) == 24, "shared layout");
_Static_assert(sizeof(struct boot_module) == 80, "shared layout");
_Static_assert(sizeof(struct boot_framebuffer) == 32, "shared layout");
_Static_assert(sizeof(struct boot_serial) == 16, "shared layout");

#endif
