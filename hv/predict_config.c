/* The settings policy.KEY of forecasting and partitioning, from the configuration. */
#include <stdlib.h>
#include <string.h>

#include "hv/engine_kernels.h"
#include "hv/log.h"
#include "hv/modules.h"
#include "hv/predict.h"
#include "sched/drp_knobs.h"

static void complain(const struct config_param *param, const char *why)
{
	log_error("augur.cfg:%u: policy.%s: '%s' %s; the default stays", param->line, param->key,
		  param->value, why);
}

static void configure_knob(const struct drp_knob *knob)
{
	const struct config_param *param = config_find_param(&config, CONFIG_ALL_VMS, knob->key);
	unsigned long value;
	char *end;

	if (!param)
		return;
	value = strtoul(param->value, &end, 10);
	if (*param->value == '\0' || *end != '\0')
		complain(param, "is no number");
	else if (value > UINT32_MAX || drp_knob_set(knob->key, (uint32_t)value, &knob) != OK)
		complain(param, "is out of range");
}

static void configure_knobs(void)
{
	unsigned count;
	const struct drp_knob *knobs = drp_knob_list(&count);

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

void predict_configure(void)
{
	configure_knobs();
	configure_mode();
	configure_fault();
}
