/* The page tables in which the hypervisor starts, as boot_info.h describes them. */
#ifndef BOOT_TABLES_H
#define BOOT_TABLES_H

#include <stdint.h>

#include "boot/boot_info.h"
#include "boot/image.h"

/*
 * Maps [0, max(4 GiB, ram_end)) one to one with 2 MiB pages, and the image at its virtual base with
 * 4 KiB pages. Returns the value for CR3, 0 if memory is short.
 */
uint64_t tables_build(const struct boot_info *info, const struct loaded_image *image,
		      uint64_t ram_end);

#endif
