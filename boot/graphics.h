/* The framebuffer that the firmware set up. */
#ifndef BOOT_GRAPHICS_H
#define BOOT_GRAPHICS_H

#include "boot/boot_info.h"

/* The current mode's framebuffer if it has 32-bit pixels of a known order, else size 0. */
struct boot_framebuffer graphics_find(void);

#endif
