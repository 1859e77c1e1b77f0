/* The end of the firmware's services and the jump. */
#ifndef BOOT_HANDOVER_H
#define BOOT_HANDOVER_H

#include "boot/boot_info.h"
#include "boot/image.h"

/*
 * Builds the page tables, leaves boot services and enters the hypervisor. Returns only if that
 * could not be done while the firmware is still there; the reason was said.
 */
void hand_over(struct boot_info *info, const struct loaded_image *image);

#endif
