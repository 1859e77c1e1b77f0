/* Changing how the vCPUs of a VM are scheduled while they run. */
#include <string.h>

#include "hv/config_value.h"
#include "hv/core.h"
#include "hv/modules.h"
#include "hv/shell/vm_args.h"

/* Each takes the value into the VM's configuration, or prints why not. */
struct setting {
	const char *name;
	enum error (*set)(struct config_vm *vm, const char *value);
};

static enum error refuse(const struct config_vm *vm, const char *setting, const char *value,
			 const char *reason)
{
	return shell_error("vm %s: %s: \"%.40s\" %s; nothing is changed", vm->name, setting, value,
			   reason);
}

static struct span span_of(const char *text)
{
	return (struct span) { text, strlen(text) };
}

static enum error set_weight(struct config_vm *vm, const char *value)
{
	uint64_t number;

	if (!value_number(span_of(value), &number) || number < 1 || number > CONFIG_WEIGHT_MAX)
		return refuse(vm, "weight", value, "is not a number from 1 to 65535");
	vm->weight = (uint32_t)number;
	return OK;
}

static enum error set_cap(struct config_vm *vm, const char *value)
{
	uint64_t number;

	if (!value_number(span_of(value), &number) || number > 100 * vm->vcpus)
		return refuse(vm, "cap", value, "is not a percentage, at most 100 a vCPU");
	vm->cap = (uint32_t)number;
	return OK;
}

static enum error set_latency(struct config_vm *vm, const char *value)
{
	static const char *const words[] = { "no", "yes", "auto", NULL };
	uint32_t word;

	if (!value_word(span_of(value), words, &word))
		return refuse(vm, "latency", value, "is none of no, yes, auto");
	vm->latency = (enum config_latency)word;
	return OK;
}

static enum error set_cores(struct config_vm *vm, const char *value)
{
	if (strcmp(value, "all") == 0) {
		memset(&vm->cores, 0, sizeof(vm->cores));
		for (uint32_t core = 0; core < core_count; core++)
			vm->cores.bits[core / 64] |= 1ull << (core % 64);
		return OK;
	}
	if (!value_cores(span_of(value), &vm->cores))
		return refuse(vm, "cores", value, "is not a list such as 0-1,3");
	for (uint32_t core = core_count; core < CONFIG_MAX_CORES; core++)
		if (config_cores_has(&vm->cores, core))
			return refuse(vm, "cores", value, "names a core that is not there");
	return OK;
}

static const struct setting settings[] = {
	{ "weight", set_weight },
	{ "cap", set_cap },
	{ "latency", set_latency },
	{ "cores", set_cores },
};

static const struct setting *find_setting(const char *name)
{
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (strcmp(settings[i].name, name) == 0)
			return &settings[i];
	return NULL;
}

/* All or nothing: what is refused leaves the old state as it was. */
static enum error change(struct vm *vm, const struct setting *setting, const char *value)
{
	struct config_vm *changed = &config.vms[vm->config_index];
	struct config_vm before = *changed;
	const char *why = NULL;
	enum error error = setting->set(changed, value);

	if (error == OK && vm_apply_params(vm, &why) == OK)
		return OK;
	*changed = before;
	return error == OK ? shell_error("vm %s: %s; nothing is changed", vm->name, why) : error;
}

static enum error cmd_set(int argc, char **argv)
{
	const struct setting *setting;
	struct vm *vm;
	enum error error;

	if (argc != 4)
		return shell_usage();
	error = shell_vm(argv[1], &vm);
	if (error != OK)
		return error;
	setting = find_setting(argv[2]);
	if (!setting)
		return shell_error("\"%s\" is none of weight, cap, latency, cores", argv[2]);
	error = change(vm, setting, argv[3]);
	if (error == OK)
		vm_note_ignored_cap(vm);
	return error;
}

SHELL_COMMAND(set, .area = "virtual machines", .name = "set",
	      .params = "VM weight|cap|latency|cores VALUE",
	      .summary = "change how a VM's vCPUs are scheduled, while they run",
	      .help = "weight: share relative to others, 1 to 65535; cap: percent of one core for\n"
		      "the whole VM, 0 for none; latency: yes, no or auto; cores: a list such as\n"
		      "0-1,3, or all. As in augur.cfg, and kept when the VM is started again.",
	      .run = cmd_set, .complete = shell_complete_vm);
