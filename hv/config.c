/* Questions to a parsed configuration, and its list of errors. */
#include "hv/config.h"

#include <string.h>

#include "hv/text.h"

void config_add_error(struct config *cfg, uint32_t line, uint32_t vm, const char *string)
{
	struct config_error *error = &cfg->errors[cfg->error_count];

	if (vm != CONFIG_ALL_VMS)
		cfg->vms[vm].valid = false;
	if (cfg->error_count == CONFIG_MAX_ERRORS) {
		cfg->errors_lost++;
		return;
	}
	cfg->error_count++;
	error->line = line;
	struct text text = text_in(error->text, sizeof(error->text));
	text_add(&text, string);
	struct text name = text_in(error->vm, sizeof(error->vm));
	text_add(&name, vm == CONFIG_ALL_VMS ? "" : cfg->vms[vm].name);
}

static void check_vm_cores(struct config *cfg, uint32_t index, uint32_t core_count)
{
	struct config_vm *vm = &cfg->vms[index];

	for (uint32_t core = core_count; core < CONFIG_MAX_CORES; core++) {
		if (!config_cores_has(&vm->cores, core))
			continue;
		if (vm->cores_line) {
			char buffer[64];
			struct text text = text_in(buffer, sizeof(buffer));

			text_add(&text, "cores: there is no core ");
			text_add_number(&text, core);
			config_add_error(cfg, vm->cores_line, index, buffer);
			return;
		}
		vm->cores.bits[core / 64] &= ~(1ull << (core % 64));
	}
}

bool config_cores_beside(const struct config_cores *cores, uint32_t core, uint32_t core_count)
{
	for (uint32_t i = 0; i < core_count; i++)
		if (i != core && config_cores_has(cores, i))
			return true;
	return false;
}

static void name_core(char *to, size_t size, const char *before, uint32_t core, const char *after)
{
	struct text text = text_in(to, size);

	text_add(&text, before);
	text_add_number(&text, core);
	text_add(&text, after);
}

static void refuse_engine_core(struct config *cfg, const char *before, const char *after)
{
	char text[64];

	name_core(text, sizeof(text), before, cfg->engine_core, after);
	config_add_error(cfg, cfg->engine_line, CONFIG_ALL_VMS, text);
	cfg->engine = (enum config_engine)0;
}

static void check_engine_core(struct config *cfg, uint32_t core_count)
{
	char text[64];

	if (cfg->engine_core >= core_count) {
		refuse_engine_core(cfg, "engine: there is no core ", "");
		return;
	}
	if (core_count == 1) {
		refuse_engine_core(cfg, "engine: core ", " is the only one, guests need it");
		return;
	}
	name_core(text, sizeof(text), "cores: core ", cfg->engine_core, " is the engine's own");
	for (uint32_t i = 0; i < cfg->vm_count; i++)
		if (cfg->vms[i].valid &&
		    !config_cores_beside(&cfg->vms[i].cores, cfg->engine_core, core_count))
			config_add_error(cfg, cfg->vms[i].cores_line, i, text);
}

enum error config_check_cores(struct config *cfg, uint32_t core_count)
{
	uint32_t before = cfg->error_count + cfg->errors_lost;

	for (uint32_t i = 0; i < cfg->vm_count; i++)
		check_vm_cores(cfg, i, core_count);
	if (cfg->engine == CONFIG_ENGINE_CORE)
		check_engine_core(cfg, core_count);
	return cfg->error_count + cfg->errors_lost > before ? ERR_RANGE : OK;
}

const struct config_vm *config_find_vm(const struct config *cfg, const char *name)
{
	for (uint32_t i = 0; i < cfg->vm_count; i++) {
		if (name[0] && strcmp(cfg->vms[i].name, name) == 0)
			return &cfg->vms[i];
	}
	return NULL;
}

const struct config_param *config_own_param(const struct config *cfg, uint32_t vm, const char *key)
{
	for (uint32_t i = 0; i < cfg->param_count; i++) {
		const struct config_param *param = &cfg->params[i];

		if (param->vm == vm && strcmp(param->key, key) == 0)
			return param;
	}
	return NULL;
}

const struct config_param *config_find_param(const struct config *cfg, uint32_t vm, const char *key)
{
	const struct config_param *own = config_own_param(cfg, vm, key);

	return own ? own : config_own_param(cfg, CONFIG_ALL_VMS, key);
}

size_t config_format_error(const struct config_error *error, const char *file, char *to,
			   size_t size)
{
	struct text text = text_in(to, size);

	text_add(&text, file);
	text_add(&text, ":");
	if (error->line) {
		text_add_number(&text, error->line);
		text_add(&text, ":");
	}
	text_add(&text, " ");
	if (error->vm[0]) {
		text_add(&text, "vm ");
		text_add(&text, error->vm);
		text_add(&text, ": ");
	}
	text_add(&text, error->text);
	return text.length;
}

/* The VM's files by slot: image, initrd, modules. False if there is no such slot. */
static bool file_in_slot(const struct config_vm *vm, uint32_t slot, struct config_file *file)
{
	if (slot == 0) {
		file->name = vm->image;
		file->line = vm->image_line;
	} else if (slot == 1) {
		file->name = vm->initrd;
		file->line = vm->initrd_line;
	} else if (slot - 2 < vm->module_count) {
		file->name = vm->modules[slot - 2].file;
		file->line = vm->modules[slot - 2].line;
	} else {
		return false;
	}
	return true;
}

bool config_next_file(const struct config *cfg, struct config_file_iterator *at,
		      struct config_file *file)
{
	if (at->weights < cfg->weight_count) {
		const struct config_weights *weights = &cfg->weights[at->weights++];

		*file = (struct config_file) { weights->file, CONFIG_ALL_VMS, weights->line };
		return true;
	}
	while (at->vm < cfg->vm_count) {
		const struct config_vm *vm = &cfg->vms[at->vm];

		file->vm = at->vm;
		if (!vm->valid || !file_in_slot(vm, at->slot++, file)) {
			at->vm++;
			at->slot = 0;
		} else if (file->name[0]) {
			return true;
		}
	}
	return false;
}
