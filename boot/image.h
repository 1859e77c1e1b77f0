/* Brings the hypervisor into memory. */
#ifndef BOOT_IMAGE_H
#define BOOT_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "boot/boot_info.h"

struct loaded_image {
	uint64_t virtual_base; /* of the copy at info->image_base */
	uint64_t entry;	       /* virtual */
};

/* Loads \augur\hv.elf and fills in the image's and symbols' fields. False: the reason was said. */
bool image_load_hypervisor(struct boot_info *info, struct loaded_image *image);

#endif
