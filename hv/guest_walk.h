/*
 * A guest's own address translation, done in software (SDM vol. 3A ch. 4): linear address to
 * guest-physical address through the guest's page tables. Used where the hypervisor must look at
 * what the guest sees: instruction bytes of an MMIO access, the shell, sampling. Pure; reads
 * tables through struct guest_ram, allocates nothing the guest has not touched but table pages,
 * sets no accessed or dirty bits.
 *
 * Locking: those of ram->page().
 */
#ifndef HV_GUEST_WALK_H
#define HV_GUEST_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hv/error.h"
#include "hv/guest_ram.h"

/* The control registers that decide the paging mode, as the guest sees them. */
struct guest_paging {
	uint64_t cr0;
	uint64_t cr3;
	uint64_t cr4;
	uint64_t efer;
};

#define GUEST_WALK_LEVELS 5

/* One table entry on the way, from the top; for people. */
struct guest_walk_step {
	uint64_t table; /* GPA of the table */
	uint32_t index;
	uint64_t entry;
};

struct guest_walk {
	uint64_t gpa;
	uint64_t page_size; /* bytes mapped by the last entry; 0 with paging off */
	bool writable;	    /* every level says so */
	bool user;
	bool no_execute;
	unsigned steps;
	struct guest_walk_step step[GUEST_WALK_LEVELS];
};

/*
 * Translates `linear`. ERR_FAULT: an entry is not present, or a table lies outside RAM; then
 * walk->steps tells how far it went.
 */
enum error guest_walk(const struct guest_ram *ram, const struct guest_paging *paging,
		      uint64_t linear, struct guest_walk *walk);

/*
 * Reads up to `length` bytes at `linear`, page by page; returns how many could be read before an
 * untranslatable page or one that is not RAM.
 */
size_t guest_read_linear(const struct guest_ram *ram, const struct guest_paging *paging,
			 uint64_t linear, void *to, size_t length);

/* The same for writing. Whether the guest may write there is for the caller to have checked. */
size_t guest_write_linear(const struct guest_ram *ram, const struct guest_paging *paging,
			  uint64_t linear, const void *from, size_t length);

#endif
