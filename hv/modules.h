/* The files that the loader brought from the ESP. Constant from the start. */
#ifndef HV_MODULES_H
#define HV_MODULES_H

#include <stdint.h>

#include "boot/boot_info.h"
#include "hv/config.h"

/* The module of that name, NULL if the loader did not find such a file. */
const struct boot_module *module_find(const char *name);

/* Its bytes, through the direct map. */
const uint8_t *module_bytes(const struct boot_module *module);

/* The configuration as parsed at the start; the boot core may change VMs' validity. */
extern struct config config;

/* Parses the configuration and checks it against the cores; every error goes to the log. */
void modules_init(const struct boot_info *info, uint32_t core_count);

#endif
