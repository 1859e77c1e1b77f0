/* Dynamic resource partitioning: what is planned, and its knobs. */
#include <string.h>

#include "hv/core.h"
#include "hv/core_loop.h"
#include "hv/predict.h"
#include "hv/shell/vm_args.h"
#include "hv/time.h"
#include "sched/drp_knobs.h"
#include "sched/predictive.h"

#define AREA "vCPUs"

static uint64_t us(uint64_t ticks)
{
	return ns_from_ticks(ticks) / 1000;
}

/* ---- The plan ---- */

static void print_reservation(const struct drp_account *a)
{
	uint64_t now = tsc_now();

	if (a->reserved)
		shell_printf("  %s, %lu ms more", a->came ? "spike is here" : "awaits a spike",
			     a->until > now ? us(a->until - now) / 1000 : 0);
	else if (a->barred > now)
		shell_printf("  barred for %lu ms after %u misses", us(a->barred - now) / 1000,
			     a->misses);
}

static void print_trust(const struct sched_trust *trust)
{
	if (!trust->windows)
		return;
	shell_printf("  %s (%s, error %u%%)", trust->trusted ? "trusted" : "not trusted",
		     sched_trust_reason_name((enum sched_trust_reason)trust->reason),
		     sched_trust_ratio(trust));
}

static void print_vcpu(const struct vcpu *vcpu)
{
	const struct predictive_entity *entity = sched_predictive_entity(&vcpu->sched);
	const struct drp_account *a = sched_predictive_account(&vcpu->sched);

	if (!a)
		return;
	shell_printf("%-10.10s %4u %4u %-10s %6lu/%-6lu %6lu/%-6lu %6lu %7lu", vcpu->vm->name,
		     vcpu->index, entity->core, a->latency ? "latency" : "throughput", us(a->slice),
		     us(a->home), us(a->budget), us(a->share), us(a->level), us(a->demand));
	print_trust(&entity->trust);
	print_reservation(a);
	shell_puts("\n");
}

static void print_books(const struct core *core)
{
	const struct predictive_core *state = sched_predictive_core(&core->sched);
	struct drp_books books;

	if (!state)
		return;
	books = drp_books(&state->drp);
	shell_printf("core %u: slices and reserve %lu of %lu ticks, burst budgets %lu of %lu; "
		     "%lu us set aside; %lu reservations, %lu in vain\n",
		     core->index, books.slices, books.homes, books.budgets, books.shares,
		     us(state->drp.aside), state->drp.opened, state->drp.missed);
}

static enum error show_plan(void)
{
	if (!sched_wants_advice(&scheduler))
		return shell_error("policy %s makes no use of forecasts; `policy predictive` does",
				   sched_policy_name(scheduler.ops));
	shell_puts(
		"vm         vcpu core class       slice/home us  burst/own us  left us demand us\n");
	for (unsigned i = 0; i < VM_MAX; i++)
		for (uint32_t k = 0; vms[i] && k < vms[i]->vcpu_count; k++)
			print_vcpu(vms[i]->vcpus[k]);
	for (uint32_t i = 0; i < core_count; i++)
		print_books(cores[i]);
	shell_printf("forecast %s, fault %s\n", predict_mode_name(predict_mode),
		     sched_fault_name(predict_fault));
	return OK;
}

/* ---- Knobs ---- */

static enum error show_knobs(void)
{
	unsigned count;
	const struct drp_knob *knobs = drp_knob_list(&count);

	for (unsigned i = 0; i < count; i++)
		shell_printf("%-13s %6u  %s\n", knobs[i].key, drp_knob_value(&knobs[i]),
			     knobs[i].help);
	return OK;
}

static enum error set_knob(const char *key, const char *text)
{
	const struct drp_knob *knob = drp_knob_find(key);
	uint64_t value;
	char why[96];

	if (!knob)
		return shell_error("no knob \"%.40s\"; `drp set` shows them", key);
	if (shell_number(key, text, 0, UINT64_MAX, &value))
		return ERR_INVALID;
	if (drp_knob_set(knob, value, why, sizeof(why)) != OK)
		return shell_error("%s: %lu %s; %u stays", key, value, why, drp_knob_value(knob));
	return OK;
}

static enum error set_fault(const char *text)
{
	const char *names[SCHED_FAULTS];
	size_t chosen;

	for (unsigned i = 0; i < SCHED_FAULTS; i++)
		names[i] = sched_fault_name((enum sched_fault)i);
	if (shell_choice("fault", text, names, SCHED_FAULTS, &chosen))
		return ERR_INVALID;
	predict_fault = (enum sched_fault)chosen;
	return OK;
}

static enum error set_mode(const char *text)
{
	const char *names[PREDICT_MODES];
	size_t chosen;

	for (unsigned i = 0; i < PREDICT_MODES; i++)
		names[i] = predict_mode_name((enum predict_mode)i);
	if (shell_choice("forecast", text, names, PREDICT_MODES, &chosen))
		return ERR_INVALID;
	predict_mode = (enum predict_mode)chosen;
	return OK;
}

static enum error cmd_drp(int argc, char **argv)
{
	if (argc == 1)
		return show_plan();
	if (argc == 2 && strcmp(argv[1], "set") == 0)
		return show_knobs();
	if (argc == 4 && strcmp(argv[1], "set") == 0)
		return set_knob(argv[2], argv[3]);
	if (argc == 3 && strcmp(argv[1], "fault") == 0)
		return set_fault(argv[2]);
	if (argc == 3 && strcmp(argv[1], "forecast") == 0)
		return set_mode(argv[2]);
	return shell_usage();
}

static void complete_drp(struct completion *completion, int index, char **argv)
{
	unsigned count;
	const struct drp_knob *knobs = drp_knob_list(&count);

	if (index == 1) {
		completion_add(completion, "set");
		completion_add(completion, "fault");
		completion_add(completion, "forecast");
	}
	for (unsigned i = 0; index == 2 && i < count && strcmp(argv[1], "set") == 0; i++)
		completion_add(completion, knobs[i].key);
	for (unsigned i = 0; index == 2 && i < SCHED_FAULTS && strcmp(argv[1], "fault") == 0; i++)
		completion_add(completion, sched_fault_name((enum sched_fault)i));
	for (unsigned i = 0; index == 2 && i < PREDICT_MODES && strcmp(argv[1], "forecast") == 0;
	     i++)
		completion_add(completion, predict_mode_name((enum predict_mode)i));
}

SHELL_COMMAND(
	drp, .area = AREA, .name = "drp",
	.params = "[set [KEY VALUE] | fault none|stuck|random|inverted|late | forecast "
		  "auto|all|off]",
	.summary = "show how slices and bursts are shared out by forecast, or change it",
	.help = "With policy predictive, for each vCPU: the planned slice and what it would be\n"
		"without forecasts; the burst budget, the vCPU's own one, and what is left of it;\n"
		"forecast demand, trust, and the reservation if there is one. The books of each\n"
		"core must agree: what one gains others lose.\n"
		"`drp set` lists the knobs. `drp fault` replaces forecasts by bad ones, to see that\n"
		"no harm comes of it. `drp forecast`: whose demand is forecast; auto means the\n"
		"latency-sensitive ones while the policy makes use of it.",
	.run = cmd_drp, .complete = complete_drp);
