/* The configuration and the files that it names. */
#ifndef BOOT_MODULES_H
#define BOOT_MODULES_H

#include <stdbool.h>

#include "boot/boot_info.h"

/*
 * Reads \augur\augur.cfg and every file that its valid VMs need, each once. What cannot be read is
 * said, with file, line and VM, and left out. False only if there is no configuration to read.
 */
bool modules_load(struct boot_info *info);

#endif
