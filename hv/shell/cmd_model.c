/* Which models forecast, with which weights; changed while guests run. */
#include <string.h>

#include "hv/model_list.h"
#include "hv/predict.h"
#include "hv/rendezvous.h"
#include "hv/shell/vm_args.h"
#include "hv/weight_files.h"

#define AREA "vCPUs"

/* ---- What there is ---- */

static unsigned users_of(const struct weight_file *file)
{
	unsigned users = 0;

	for (unsigned i = 0; i < VM_MAX; i++)
		for (uint32_t k = 0; vms[i] && k < vms[i]->vcpu_count; k++)
			users += vms[i]->vcpus[k]->predict->weights == file;
	return users;
}

static void print_file(const struct weight_file *file)
{
	if (file->weights)
		shell_printf("%-20s %5u  seed %u, %s\n", file->name, users_of(file),
			     file->weights->seed, file->weights->origin);
	else
		shell_printf("%-20s     -  not usable: %s\n", file->name, file->why);
}

static enum error list_files(void)
{
	uint32_t count;
	const struct weight_file *files = weight_files(&count);

	shell_puts("weights              vCPUs  trained\n");
	for (uint32_t i = 0; i < count; i++)
		print_file(&files[i]);
	return OK;
}

/* ---- One vCPU ---- */

static void print_models(const struct predict *predict)
{
	const struct ple_engine *engine = &predict->engine;

	shell_puts("model            on   share of the median  share of the 0.95 quantile\n");
	for (unsigned m = 0; m < PLE_MEMBERS; m++)
		shell_printf("%-16s %-4s %18u%% %26u%%\n", ple_models[m]->name,
			     engine->members >> m & 1 ? "yes" : "no",
			     predict_percent(engine, m, PLE_POINT),
			     predict_percent(engine, m, PLE_HIGH));
	shell_printf("weights: %s; %lu windows observed\n", predict->weights->name,
		     predict->pieces);
}

/* ---- Changes ---- */

struct change {
	const struct vm *vm; /* NULL: all */
	int model;	     /* -1: the weights change */
	bool on;
	const struct weight_file *file;
	unsigned refused;    /* vCPUs whose engines refused it... */
	enum ple_choice why; /* ...the last of them because of this */
};

static void change_vcpu(struct change *change, struct predict *predict)
{
	uint32_t models = predict->engine.members;
	enum ple_choice choice;

	if (change->model < 0) {
		predict_use_weights(predict, change->file);
		return;
	}
	models = change->on ? models | 1u << change->model : models & ~(1u << change->model);
	choice = ple_engine_enable(&predict->engine, models);
	if (choice == PLE_CHOICE_OK)
		return;
	change->why = choice;
	change->refused++;
}

static void change_all(void *context)
{
	struct change *change = context;

	for (unsigned i = 0; i < VM_MAX; i++) {
		if (!vms[i] || (change->vm && vms[i] != change->vm))
			continue;
		for (uint32_t k = 0; k < vms[i]->vcpu_count; k++)
			change_vcpu(change, vms[i]->vcpus[k]->predict);
	}
}

static enum error apply(struct change *change, const char *vm_name)
{
	struct vm *vm = NULL;

	if (vm_name && shell_vm(vm_name, &vm) != OK)
		return ERR_INVALID;
	change->vm = vm;
	rendezvous(change_all, change);
	if (change->refused)
		return shell_error("%s: the models of %u vCPUs stay", ple_choice_text(change->why),
				   change->refused);
	return OK;
}

static enum error switch_model(const char *name, bool on, const char *vm_name)
{
	struct change change = { .model = model_find(name, strlen(name)), .on = on };

	if (change.model < 0)
		return shell_error("no model \"%.40s\"; `model VM` shows them", name);
	return apply(&change, vm_name);
}

static enum error switch_weights(const char *name, const char *vm_name)
{
	struct change change = { .model = -1, .file = weight_file_find(name) };

	if (!change.file)
		return shell_error("no weights \"%.40s\"; `model` shows them, `[augur] weights` "
				   "brings them",
				   name);
	if (!change.file->weights)
		return shell_error("%s: %s; the old weights stay", name, change.file->why);
	return apply(&change, vm_name);
}

/* ---- The command ---- */

static enum error show_vcpu(const char *vm_name, const char *index)
{
	struct vcpu *vcpu;

	if (shell_vcpu(vm_name, index, &vcpu) != OK)
		return ERR_INVALID;
	print_models(vcpu->predict);
	return OK;
}

static enum error cmd_model(int argc, char **argv)
{
	const char *third = argc > 3 ? argv[3] : NULL;

	if (argc == 1)
		return list_files();
	if (argc > 4)
		return shell_usage();
	if (argc > 2 && strcmp(argv[1], "on") == 0)
		return switch_model(argv[2], true, third);
	if (argc > 2 && strcmp(argv[1], "off") == 0)
		return switch_model(argv[2], false, third);
	if (argc > 2 && strcmp(argv[1], "weights") == 0)
		return switch_weights(argv[2], third);
	if (argc > 3)
		return shell_usage();
	return show_vcpu(argv[1], argc > 2 ? argv[2] : NULL);
}

static void complete_second(struct completion *completion, const char *verb)
{
	uint32_t count;
	const struct weight_file *files = weight_files(&count);

	if (strcmp(verb, "weights") == 0) {
		for (uint32_t i = 0; i < count; i++)
			completion_add(completion, files[i].name);
		return;
	}
	for (unsigned m = 0; m < PLE_MEMBERS; m++)
		completion_add(completion, ple_models[m]->name);
}

static void complete_model(struct completion *completion, int index, char **argv)
{
	if (index == 1) {
		completion_add(completion, "on");
		completion_add(completion, "off");
		completion_add(completion, "weights");
	}
	if (index == 2)
		complete_second(completion, argv[1]);
	for (unsigned i = 0; (index == 1 || index == 3) && i < VM_MAX; i++)
		if (vms[i])
			completion_add(completion, vms[i]->name);
}

SHELL_COMMAND(
	model, .area = AREA, .name = "model",
	.params = "[VM [VCPU] | on MODEL [VM] | off MODEL [VM] | weights FILE [VM]]",
	.summary = "show or change which models forecast, and with which weights",
	.help = "Alone: the weight files of the LSTM and how many vCPUs use each. They come with\n"
		"`weights = FILE` in [augur]; one that is truncated, of another version or has\n"
		"absurd values is not used.\n"
		"With a VM: the models of a vCPU's engine and their shares in the mixture, which\n"
		"learns them from their losses. `model off lstm` takes the LSTM out of all engines,\n"
		"`model on lstm` puts it back; without a VM a change is for all of them. It takes\n"
		"place between two windows, and what the others have learnt stays.\n"
		"`policy.models` and `policy.weights` say the same in the configuration.",
	.run = cmd_model, .complete = complete_model);
