#include "boot/modules.h"

#include <string.h>

#include "boot/files.h"
#include "boot/say.h"
#include "boot/uefi.h"
#include "hv/config.h"

#define CONFIG_FILE "augur.cfg"

static bool read_config(struct boot_info *info)
{
	struct file_bytes file;
	EFI_STATUS status = file_read(CONFIG_FILE, &file);

	if (EFI_ERROR(status)) {
		say("Augur: \\augur\\" CONFIG_FILE ": %s\n", file_error(status));
		return false;
	}
	info->config_base = (uint64_t)file.base;
	info->config_size = file.size;
	return true;
}

static bool have_module(const struct boot_info *info, const char *name)
{
	for (uint32_t i = 0; i < info->module_count; i++)
		if (strcmp(info->modules[i].name, name) == 0)
			return true;
	return false;
}

static void say_left_out(const struct config *config, const struct config_file *wanted,
			 const char *reason)
{
	if (wanted->vm == CONFIG_ALL_VMS)
		say("Augur: " CONFIG_FILE ":%u: %s: %s\n", (unsigned)wanted->line, wanted->name,
		    reason);
	else
		say("Augur: " CONFIG_FILE ":%u: vm %s: %s: %s\n", (unsigned)wanted->line,
		    config->vms[wanted->vm].name, wanted->name, reason);
}

static void load_module(struct boot_info *info, const struct config *config,
			const struct config_file *wanted)
{
	struct boot_module *module = &info->modules[info->module_count];
	struct file_bytes file;
	EFI_STATUS status;

	if (have_module(info, wanted->name))
		return;
	if (info->module_count == BOOT_MAX_MODULES) {
		say_left_out(config, wanted, "too many files");
		return;
	}
	status = file_read(wanted->name, &file);
	if (EFI_ERROR(status)) {
		say_left_out(config, wanted, file_error(status));
		return;
	}
	strncpy(module->name, wanted->name, sizeof(module->name) - 1);
	module->base = (uint64_t)file.base;
	module->size = file.size;
	info->module_count++;
}

/* The hypervisor reports the configuration's own mistakes; here they only cost the file. */
bool modules_load(struct boot_info *info)
{
	struct config_file_iterator at = { 0 };
	struct config_file wanted;
	struct config *config;

	if (!read_config(info))
		return false;
	if (EFI_ERROR(boot_services()->AllocatePool(EfiBootServicesData, sizeof(*config),
						    (void **)&config))) {
		say("Augur: too little memory to read \\augur\\" CONFIG_FILE "\n");
		return false;
	}
	config_parse(config, (const char *)info->config_base, info->config_size);
	while (config_next_file(config, &at, &wanted))
		load_module(info, config, &wanted);
	boot_services()->FreePool(config);
	return true;
}
