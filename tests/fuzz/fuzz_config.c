/* Any text through the configuration parser: it ends, and what it calls valid really is. */
#include <stdlib.h>
#include <string.h>

#include "hv/config.h"

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check_vm(const struct config *cfg, const struct config_vm *vm)
{
	require(vm->module_count <= CONFIG_MAX_MODULES);
	require(strlen(vm->name) < sizeof(vm->name));
	if (!vm->valid)
		return;
	require(vm->name[0] && vm->image[0]);
	require(config_find_vm(cfg, vm->name) == vm);
	require(vm->vcpus >= 1 && vm->vcpus <= CONFIG_MAX_VCPUS);
	require(vm->weight >= 1 && vm->weight <= CONFIG_WEIGHT_MAX);
	require(vm->memory >= CONFIG_MEMORY_MIN && vm->memory % 4096 == 0);
	require(vm->slices.budget_us <= vm->slices.period_us);
	require(vm->kind < IMAGE_KINDS);
	require(strlen(vm->cmdline) < CONFIG_STRINGS_SIZE);
}

static void check_errors(const struct config *cfg, enum error result)
{
	char text[64];

	require((result == OK) == (cfg->error_count == 0));
	for (uint32_t i = 0; i < cfg->error_count; i++) {
		size_t length = config_format_error(&cfg->errors[i], "f", text, sizeof(text));

		require(length == strlen(text) && length < sizeof(text));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct config cfg;
	struct config_file_iterator at = { 0 };
	struct config_file file;

	check_errors(&cfg, config_parse(&cfg, (const char *)data, size));
	require(cfg.vm_count <= CONFIG_MAX_VMS && cfg.param_count <= CONFIG_MAX_PARAMS);
	for (uint32_t i = 0; i < cfg.vm_count; i++)
		check_vm(&cfg, &cfg.vms[i]);
	config_check_cores(&cfg, 4);
	while (config_next_file(&cfg, &at, &file))
		require(file.name[0] && file.line &&
			(file.vm == CONFIG_ALL_VMS || cfg.vms[file.vm].valid));
	return 0;
}
