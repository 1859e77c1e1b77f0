/* The machine's logical processors, by their local APIC ids. */
#ifndef BOOT_CORES_H
#define BOOT_CORES_H

#include "boot/boot_info.h"

/*
 * Fills apic_ids (the boot core first) and core_count from the firmware's MP services: enabled and
 * healthy processors only, at most BOOT_MAX_CORES. core_count 0 if the firmware has no such
 * service.
 */
void cores_find(struct boot_info *info);

#endif
