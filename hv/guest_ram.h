/*
 * A guest's physical memory as the image loaders, the device models and the hypercalls see it: a
 * size, and a way to reach one 4 KiB page. Pure: where pages come from is the owner's business.
 *
 * Layout of guest-physical addresses (GPA): RAM from 0 up to 3 GiB, the rest from 4 GiB upwards;
 * the hole between them is for device registers.
 */
#ifndef HV_GUEST_RAM_H
#define HV_GUEST_RAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hv/error.h"

#define GUEST_PAGE_SIZE	    4096u
#define GUEST_RAM_LOW_MAX   0xC0000000ull  /* end of the low part, at most */
#define GUEST_RAM_HIGH_BASE 0x100000000ull /* start of the high part, if there is one */
#define GUEST_RAM_MAX	    (1ull << 39)   /* bytes of RAM one guest can have */

struct guest_ram {
	uint64_t size; /* bytes of RAM, a multiple of 4 KiB, at most GUEST_RAM_MAX */
	void *ctx;     /* handed to page() unchanged */
	/*
	 * The host's address of the 4 KiB page that holds gpa, allocated and zeroed if the guest
	 * has not touched it before; NULL if there is no memory left. Called with a gpa in RAM
	 * only. `write`: the caller is going to change the page (it becomes dirty, or is copied if
	 * shared).
	 */
	void *(*page)(void *ctx, uint64_t gpa, bool write);
};

/* The bytes [base, base + size). */
struct gpa_range {
	uint64_t base;
	uint64_t size;
};

/* Layout alone, for a guest with `size` bytes of RAM. */

/* First address above the low part. */
uint64_t guest_ram_low_end(uint64_t size);

/* First address above all RAM. */
uint64_t guest_ram_end(uint64_t size);

/* Fills in the parts in ascending order and returns how many there are: 0, 1 or 2. */
unsigned guest_ram_ranges(uint64_t size, struct gpa_range ranges[2]);

bool gpa_is_ram(uint64_t size, uint64_t gpa);

/* All of [gpa, gpa + length) is RAM and in one part; no overflow for any argument. Length 0: true.
 */
bool gpa_range_is_ram(uint64_t size, uint64_t gpa, uint64_t length);

/*
 * Access. ERR_FAULT if any byte is not RAM (then nothing has been transferred), ERR_NO_MEMORY if
 * page() gave NULL (then an initial part may have been).
 */
bool guest_ram_valid(const struct guest_ram *ram, uint64_t gpa, uint64_t length);
enum error guest_ram_read(const struct guest_ram *ram, uint64_t gpa, void *to, size_t length);
enum error guest_ram_write(const struct guest_ram *ram, uint64_t gpa, const void *from,
			   size_t length);
enum error guest_ram_zero(const struct guest_ram *ram, uint64_t gpa, uint64_t length);

#endif
