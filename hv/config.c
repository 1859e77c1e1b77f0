/* Questions to a parsed configuration, and its list of errors. */
#include "hv/config.h"

#include <string.h>

#include "hv/config_parser.h"
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

void config_add_number_error(struct config *cfg, uint32_t line, uint32_t vm, const char *before,
			     uint32_t number, const char *after)
{
	char reason[sizeof(cfg->errors[0].text)];

	text_with_number(reason, sizeof(reason), before, number, after);
	config_add_error(cfg, line, vm, reason);
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
