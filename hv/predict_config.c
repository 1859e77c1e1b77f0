/* The settings policy.KEY of forecasting and partitioning, from the configuration. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hv/engine_kernels.h"
#include "hv/log.h"
#include "hv/model_list.h"
#include "hv/modules.h"
#include "hv/predict.h"
#include "hv/weight_files.h"
#include "sched/drp_knobs.h"

#define LEARNT_MAX 1000000

static void log_param(const struct config_param *param, const char *text)
{
	bool all = param->vm == CONFIG_ALL_VMS;

	log_error("augur.cfg:%u: %s%s%spolicy.%s%s", param->line, all ? "" : "vm ",
		  all ? "" : config.vms[param->vm].name, all ? "" : ": ", param->key, text);
}

static void complain(const struct config_param *param, const char *why)
{
	char text[160];

	snprintf(text, sizeof(text), ": '%s' %s; the default stays", param->value, why);
	log_param(param, text);
}

static void ignore(const struct config_param *param, const char *why)
{
	char text[80];

	snprintf(text, sizeof(text), " %s, it is ignored", why);
	log_param(param, text);
}

static bool parse_number(const char *text, unsigned long *value)
{
	char *end;

	*value = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && *end == '\0';
}

/* False, with a complaint, if it is no number. */
static bool is_number(const struct config_param *param, unsigned long *value)
{
	if (parse_number(param->value, value))
		return true;
	complain(param, "is no number");
	return false;
}

/* In silence: another knob that it has to agree with may not have its value yet. */
static void try_knob(const struct drp_knob *knob)
{
	const struct config_param *param = config_find_param(&config, CONFIG_ALL_VMS, knob->key);
	unsigned long value;
	char why[80];

	if (param && parse_number(param->value, &value))
		drp_knob_set(knob, value, why, sizeof(why));
}

static void configure_knob(const struct drp_knob *knob)
{
	const struct config_param *param = config_find_param(&config, CONFIG_ALL_VMS, knob->key);
	unsigned long value;
	char why[80];

	if (!param || !is_number(param, &value))
		return;
	if (drp_knob_set(knob, value, why, sizeof(why)) != OK)
		complain(param, why);
}

static void configure_learnt(void)
{
	const struct config_param *param = config_find_param(&config, CONFIG_ALL_VMS, "learnt");
	unsigned long value;

	if (!param || !is_number(param, &value))
		return;
	if (value == 0 || value > LEARNT_MAX)
		complain(param, "is not a number of windows from 1 to 1000000");
	else
		predict_learnt = (uint32_t)value;
}

static void configure_knobs(void)
{
	unsigned count;
	const struct drp_knob *knobs = drp_knob_list(&count);

	for (unsigned i = 0; i < count; i++)
		try_knob(&knobs[i]);
	for (unsigned i = 0; i < count; i++)
		configure_knob(&knobs[i]);
}

static void configure_mode(void)
{
	const struct config_param *param = config_find_param(&config, CONFIG_ALL_VMS, "forecast");

	for (unsigned i = 0; param && i < PREDICT_MODES; i++) {
		if (strcmp(param->value, predict_mode_name((enum predict_mode)i)) != 0)
			continue;
		predict_mode = (enum predict_mode)i;
		return;
	}
	if (param)
		complain(param, "is neither auto nor all nor off");
}

static void configure_fault(void)
{
	const struct config_param *param = config_find_param(&config, CONFIG_ALL_VMS, "fault");

	for (unsigned i = 0; param && i < SCHED_FAULTS; i++) {
		if (strcmp(param->value, sched_fault_name((enum sched_fault)i)) != 0)
			continue;
		predict_fault = (enum sched_fault)i;
		return;
	}
	if (param)
		complain(param, "is not none, stuck, random, inverted or late");
}

const struct ple_kernels *predict_configured_kernels(void)
{
	const struct config_param *param = config_find_param(&config, CONFIG_ALL_VMS, "kernels");
	const struct ple_kernels *kernels;
	const char *why;

	kernels = engine_kernels_find(param ? param->value : "auto", &why);
	if (kernels)
		return kernels;
	complain(param, why);
	return engine_kernels_find("auto", &why);
}

const struct weight_file *predict_configured_weights(uint32_t vm)
{
	const struct config_param *param = config_find_param(&config, vm, "weights");
	const struct weight_file *file;

	if (!param)
		return weight_file_first();
	file = weight_file_find(param->value);
	if (file && file->weights)
		return file;
	complain(param, file ? file->why : "is neither default nor a file of [augur] weights");
	return weight_file_first();
}

void predict_configure_models(struct ple_engine *engine, uint32_t vm)
{
	const struct config_param *param = config_find_param(&config, vm, "models");
	enum ple_choice choice;
	uint32_t models;

	if (!param)
		return;
	if (!model_list_parse(param->value, &models)) {
		complain(param, "is neither a list of models, such as last,ewma, nor of those to "
				"leave out, such as -lstm");
		return;
	}
	choice = ple_engine_enable(engine, models);
	if (choice != PLE_CHOICE_OK)
		complain(param, ple_choice_text(choice));
}

/* Each of these is read above; knobs besides. */
static const struct {
	const char *key;
	bool by_vm; /* also in a VM's section */
} settings[] = {
	{ "learnt", false },  { "forecast", false }, { "fault", false },
	{ "kernels", false }, { "weights", true },   { "models", true },
};

static void check_setting(const struct config_param *param)
{
	bool all = param->vm == CONFIG_ALL_VMS;
	bool known = drp_knob_find(param->key), here = known && all;

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		if (strcmp(settings[i].key, param->key) != 0)
			continue;
		known = true;
		here = all || settings[i].by_vm;
	}
	if (!here)
		ignore(param, known ? "belongs into [augur]" : "is no setting");
}

void predict_configure(void)
{
	configure_knobs();
	configure_learnt();
	configure_mode();
	configure_fault();
	for (uint32_t i = 0; i < config.param_count; i++)
		check_setting(&config.params[i]);
}
