/*
 * Guest images: bytes of a file in, a guest's memory filled and its first vCPU's registers out.
 *
 * Pure over (files, struct guest_ram, parameters). Files come from people and may be truncated or
 * lie; every failure is an enum error and one line of text that names the file and the reason.
 * After a failure the guest's memory holds anything; the guest must not be started.
 */
#ifndef HV_IMAGES_IMAGE_H
#define HV_IMAGES_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "hv/error.h"
#include "hv/gpr.h"
#include "hv/guest_ram.h"
#include "hv/images/kind.h"

struct image_file {
	const char *name;     /* for messages; also what multiboot modules are called */
	const uint8_t *bytes; /* NULL: there is no such file */
	uint64_t size;
};

struct image_module {
	struct image_file file;
	const char *arguments; /* after the name in the module's string; NULL or "": none */
};

struct image_request {
	enum image_kind kind;
	struct image_file image;
	struct image_file initrd;	    /* Linux only */
	const struct image_module *modules; /* multiboot only */
	unsigned module_count;
	const char *cmdline; /* NULL is the same as "" */
	unsigned vcpus;
	uint64_t tsc_hz;
	const char *vm_name; /* for bare-metal guests, NULL is the same as "" */
	uint32_t vm_id;	     /* likewise */
	uint64_t rsdp;	     /* GPA of the ACPI root pointer in 0xE0000-0xFFFFF, 0: none */
};

/* One line, always zero-terminated, empty on success. */
struct image_diag {
	char text[192];
};

enum guest_mode { GUEST_REAL16, GUEST_PROT32, GUEST_LONG64 };

/*
 * A segment register as VMX keeps it (SDM vol. 3C, 25.4.1): `access` has the type in bits 0-3, S
 * 4, DPL 5-6, P 7, AVL 12, L 13, D/B 14, G 15, unusable 16; `limit` is in bytes.
 */
struct guest_segment {
	uint16_t selector;
	uint32_t limit;
	uint32_t access;
	uint64_t base;
};

#define GUEST_SEGMENT_UNUSABLE (1u << 16)

struct guest_table {
	uint64_t base;
	uint32_t limit; /* last valid byte */
};

/*
 * Everything that matters about the first vCPU at its first instruction. CR0 and CR4 are what the
 * guest sees: add VMX's fixed bits (NE, VMXE) when writing the VMCS. Registers not listed have
 * their values after reset.
 */
struct guest_start {
	enum guest_mode mode;
	uint64_t gpr[GPR_COUNT]; /* by enum gpr */
	uint64_t rip;
	uint64_t rflags;
	uint64_t cr0;
	uint64_t cr3;
	uint64_t cr4;
	uint64_t efer;
	struct guest_segment cs, ss, ds, es, fs, gs, tr, ldtr;
	struct guest_table gdt, idt;
};

/* What the bytes look like; IMAGE_AUTO if like nothing we know. */
enum image_kind image_detect(const uint8_t *bytes, uint64_t size);

/* The smallest memory in which a guest of any kind can be loaded, bytes. */
#define IMAGE_MEMORY_MIN 0x100000ull

/*
 * `ram` must read as zero everywhere: what no part of the image covers is left untouched, so that
 * a large .bss costs no pages.
 *
 * Loads the image, and whatever goes with it, into `ram` and fills in `start`. `diag` may not be
 * NULL. On success every byte read by the guest's first instruction is in place.
 */
enum error image_load(const struct image_request *request, const struct guest_ram *ram,
		      struct guest_start *start, struct image_diag *diag);

#endif
