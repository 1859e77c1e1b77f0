/* The loader's ELF reader: whatever it accepts must be copied inside the image it planned. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "boot/elf.h"

#define IMAGE_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_plan plan;

	if (elf_plan(data, size, &plan) != OK || plan.size > IMAGE_MAX)
		return 0;
	if (plan.symtab.offset + plan.symtab.size > size ||
	    plan.strtab.offset + plan.strtab.size > size)
		abort();

	uint8_t *image = calloc(1, plan.size);

	elf_copy(data, &plan, image);
	free(image);
	return 0;
}
