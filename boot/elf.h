/*
 * The hypervisor's ELF64 file, taken apart. Pure: reads the file's bytes, writes the copy; refuses
 * files that are truncated or lie about their sizes.
 */
#ifndef BOOT_ELF_H
#define BOOT_ELF_H

#include <stdint.h>

#include "hv/error.h"

struct elf_span {
	uint64_t offset; /* in the file */
	uint64_t size;	 /* bytes, 0: not there */
};

struct elf_plan {
	uint64_t virtual_base; /* lowest address of any PT_LOAD segment, 4 KiB aligned */
	uint64_t size;	       /* from there to the end of the highest, a multiple of 4 KiB */
	uint64_t entry;	       /* virtual */
	struct elf_span symtab;
	struct elf_span strtab; /* the one that symtab uses */
};

/* OK; ERR_FORMAT: not an x86-64 ELF executable; ERR_TRUNCATED: it points outside the file. */
enum error elf_plan(const uint8_t *file, uint64_t size, struct elf_plan *plan);

/* Copies the segments of a file that elf_plan accepted to `image`: plan->size zeroed bytes. */
void elf_copy(const uint8_t *file, const struct elf_plan *plan, uint8_t *image);

#endif
