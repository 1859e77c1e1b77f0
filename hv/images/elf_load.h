/* Puts the segments of an ELF executable into a guest. */
#ifndef HV_IMAGES_ELF_LOAD_H
#define HV_IMAGES_ELF_LOAD_H

#include "hv/images/elf_file.h"
#include "hv/images/load.h"

struct elf_layout {
	uint64_t entry; /* physical */
	uint64_t end;	/* of the highest segment below 4 GiB */
};

/*
 * Loads every LOAD segment at its physical address, all of them at or above `lowest`, in RAM and
 * apart from each other, the entry point inside an executable one.
 */
enum error elf_load(struct load *load, const struct elf_file *elf, uint64_t lowest,
		    struct elf_layout *layout);

/* elf_open for an image, its reason as the diagnostic. */
enum error elf_open_image(struct load *load, struct elf_file *elf);

#endif
