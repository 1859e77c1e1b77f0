#include "hv/modules.h"

#include <stddef.h>
#include <string.h>

#include "hv/log.h"
#include "hv/page_alloc.h"
#include "hv/paging.h"

#define CONFIG_NAME "augur.cfg"

struct config config;

static const struct boot_info *boot;

const struct boot_module *module_find(const char *name)
{
	for (uint32_t i = 0; i < boot->module_count; i++)
		if (strcmp(boot->modules[i].name, name) == 0)
			return &boot->modules[i];
	return NULL;
}

const uint8_t *module_bytes(const struct boot_module *module)
{
	return phys_to_virt(module->base);
}

static void log_errors(void)
{
	char line[256];

	for (uint32_t i = 0; i < config.error_count; i++) {
		config_format_error(&config.errors[i], CONFIG_NAME, line, sizeof(line));
		log_error("%s", line);
	}
	if (config.errors_lost)
		log_error(CONFIG_NAME ": %u more errors", config.errors_lost);
}

void modules_init(const struct boot_info *info, uint32_t core_count)
{
	boot = info;
	config_parse(&config, phys_to_virt(info->config_base), info->config_size);
	config_check_cores(&config, core_count);
	config_check_numa(&config, core_count, page_node_count());
	log_errors();
}
