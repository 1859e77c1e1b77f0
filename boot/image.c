#include "boot/image.h"

#include "boot/elf.h"
#include "boot/files.h"
#include "boot/say.h"
#include "boot/uefi.h"

#define HYPERVISOR "hv.elf"

static void set_symbols(struct boot_info *info, const struct file_bytes *file,
			const struct elf_plan *plan)
{
	uint64_t base = (uint64_t)file->base;

	if (plan->symtab.size == 0)
		return;
	info->symtab_base = base + plan->symtab.offset;
	info->symtab_size = plan->symtab.size;
	info->strtab_base = base + plan->strtab.offset;
	info->strtab_size = plan->strtab.size;
}

bool image_load_hypervisor(struct boot_info *info, struct loaded_image *image)
{
	struct file_bytes file;
	struct elf_plan plan;
	EFI_STATUS status = file_read(HYPERVISOR, &file);

	if (EFI_ERROR(status)) {
		say("Augur: \\augur\\" HYPERVISOR ": %s\n", file_error(status));
		return false;
	}
	if (elf_plan(file.base, file.size, &plan) != OK) {
		say("Augur: \\augur\\" HYPERVISOR ": not a whole x86-64 ELF executable\n");
		return false;
	}

	uint8_t *copy = alloc_handed_over(plan.size);

	if (copy == NULL) {
		say("Augur: too little memory for the hypervisor (%zu KiB)\n", plan.size >> 10);
		return false;
	}
	elf_copy(file.base, &plan, copy);
	info->image_base = (uint64_t)copy;
	info->image_size = plan.size;
	set_symbols(info, &file, &plan);
	*image = (struct loaded_image) { plan.virtual_base, plan.entry };
	return true;
}
