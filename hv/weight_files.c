#include "hv/weight_files.h"

#include <malloc.h>
#include <string.h>

#include "hv/core.h"
#include "hv/log.h"
#include "hv/modules.h"

static struct weight_file files[WEIGHT_FILES_MAX];
static uint32_t file_count;

/* Into memory of its own: what is wrong with one file does not touch another. */
static void load(struct weight_file *file, const void *bytes, size_t size)
{
	struct ple_weights *weights = memalign(CACHE_LINE, sizeof(*weights));
	enum ple_weights_error error;

	if (!weights) {
		file->why = "too little memory";
		return;
	}
	error = ple_weights_load(weights, bytes, size);
	if (error == PLE_WEIGHTS_OK) {
		file->weights = weights;
		return;
	}
	file->why = ple_weights_error_text(error);
	free(weights);
}

static void load_module(struct weight_file *file)
{
	const struct boot_module *module = module_find(file->name);

	if (module)
		load(file, module_bytes(module), module->size);
	else
		file->why = "there is no such file";
}

static struct weight_file *new_file(const char *name)
{
	files[file_count] = (struct weight_file) { .name = name };
	return &files[file_count++];
}

void weight_files_init(void)
{
	struct weight_file *file = new_file("default");

	load(file, ple_default_weights, ple_default_weights_size);
	if (file->why)
		log_error("forecast: weights: default: %s", file->why);
	for (uint32_t i = 0; i < config.weight_count; i++) {
		file = new_file(config.weights[i].file);
		load_module(file);
		if (file->why)
			log_error("augur.cfg:%u: weights: %s: %s; it is not used",
				  config.weights[i].line, file->name, file->why);
	}
}

const struct weight_file *weight_files(uint32_t *count)
{
	*count = file_count;
	return files;
}

const struct weight_file *weight_file_first(void)
{
	for (uint32_t i = 1; i < file_count; i++)
		if (files[i].weights)
			return &files[i];
	return &files[0];
}

const struct weight_file *weight_file_find(const char *name)
{
	for (uint32_t i = 0; i < file_count; i++)
		if (strcmp(files[i].name, name) == 0)
			return &files[i];
	return NULL;
}
