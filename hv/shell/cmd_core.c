/* The machine: cores, run queues, scheduling policy, reboot and halt. */
#include <string.h>

#include "drivers/power.h"
#include "hv/console.h"
#include "hv/core.h"
#include "hv/core_loop.h"
#include "hv/export.h"
#include "hv/log.h"
#include "hv/rendezvous.h"
#include "hv/services.h"
#include "hv/shell/vm_args.h"
#include "hv/time.h"
#include "vmx/vmx.h"

#define AREA "machine"

/* ---- cores ---- */

static const char *const core_state_names[] = { "absent", "starting", "online", "halted" };

static void print_permille(uint64_t part, uint64_t whole)
{
	uint64_t share = whole ? part * 1000 / whole : 0;

	shell_printf(" %5lu.%lu%%", share / 10, share % 10);
}

static void print_core(const struct core *core)
{
	const struct sched_core *s = &core->sched;
	const struct vcpu *vcpu = vcpu_of_entity(s->current);
	uint64_t whole = s->run + s->idle + s->overhead;

	shell_printf("%4u %7u %4u %-8s", core->index, core->apic_id, core->sched.node,
		     core_state_names[core->state & 3]);
	print_permille(s->run, whole);
	print_permille(s->idle, whole);
	print_permille(s->overhead, whole);
	shell_printf(" %11lu %9lu %7u", s->decisions, s->switches, core->kicks);
	if (vcpu)
		shell_printf("  %s/%u", vcpu->vm->name, vcpu->index);
	shell_puts("\n");
}

static enum error cmd_cores(int argc, char **argv)
{
	(void)argv;
	if (argc != 1)
		return shell_usage();
	shell_puts("core APIC id node state     guests     idle overhead   decisions  switches"
		   "   kicks  running\n");
	for (uint32_t i = 0; i < core_count; i++)
		print_core(cores[i]);
	shell_printf("TSC %lu Hz by the %s\n", tsc_hz, time_reference());
	return OK;
}

SHELL_COMMAND(
	cores, .area = AREA, .name = "cores", .params = "",
	.summary = "show every core and what it runs",
	.help = "Shares are of the time since the scheduler started, up to its last decision\n"
		"on that core. kicks: NMIs by which other cores got its attention.",
	.run = cmd_cores);

/* ---- runq ---- */

struct dump_range {
	uint32_t first, end;
};

static void print_line(void *context, const char *line)
{
	(void)context;
	shell_printf("  %s\n", line);
}

static void dump_queues(void *context)
{
	const struct dump_range *range = context;

	for (uint32_t i = range->first; i < range->end; i++) {
		shell_printf("core %u\n", i);
		sched_dump(&cores[i]->sched, print_line, NULL);
	}
}

static enum error cmd_runq(int argc, char **argv)
{
	struct dump_range range = { 0, core_count };
	uint64_t core;

	if (argc > 2)
		return shell_usage();
	if (argc == 2) {
		if (shell_number("core", argv[1], 0, core_count - 1, &core))
			return ERR_INVALID;
		range = (struct dump_range) { (uint32_t)core, (uint32_t)core + 1 };
	}
	rendezvous(dump_queues, &range);
	return OK;
}

SHELL_COMMAND(runq, .area = AREA, .name = "runq", .params = "[CORE]",
	      .summary = "show the run queues, as the policy orders them",
	      .help = "All cores stop for a moment.", .run = cmd_runq);

/* ---- policy ---- */

static void list_policies(void)
{
	unsigned count;
	const struct sched_ops *const *policies = sched_policies(&count);

	for (unsigned i = 0; i < count; i++)
		shell_printf("%c %-12s %s\n", policies[i] == scheduler.ops ? '*' : ' ',
			     sched_policy_name(policies[i]), sched_policy_summary(policies[i]));
}

static enum error cmd_policy(int argc, char **argv)
{
	if (argc > 2)
		return shell_usage();
	if (argc == 2 && core_loop_set_policy(argv[1]) != OK)
		return shell_error("no policy \"%.40s\"; `policy` lists them", argv[1]);
	list_policies();
	return OK;
}

static void complete_policy(struct completion *completion, int index, char **argv)
{
	unsigned count;
	const struct sched_ops *const *policies = sched_policies(&count);

	(void)argv;
	for (unsigned i = 0; i < count && index == 1; i++)
		completion_add(completion, sched_policy_name(policies[i]));
}

SHELL_COMMAND(policy, .area = AREA, .name = "policy", .params = "[NAME]",
	      .summary = "list the scheduling policies, or switch to another",
	      .help = "Guests keep running. The one in use has a star.", .run = cmd_policy,
	      .complete = complete_policy);

/* ---- reboot, halt ---- */

static void say_goodbye(const char *what)
{
	log_info("%s from the shell", what);
	console_flush();
	export_flush();
}

/* In VMX operation INIT is blocked, and with it some of the ways to reset. */
static enum error cmd_reboot(int argc, char **argv)
{
	(void)argv;
	if (argc != 1)
		return shell_usage();
	say_goodbye("reboot");
	vmx_exit_core(this_core());
	power_reset();
}

SHELL_COMMAND(reboot, .area = AREA, .name = "reboot", .params = "",
	      .summary = "reset the machine at once; guests are not asked", .run = cmd_reboot);

static enum error cmd_halt(int argc, char **argv)
{
	if (argc > 2 || (argc == 2 && strcmp(argv[1], "now") != 0))
		return shell_usage();
	if (argc == 1) {
		services_shut_down();
		return OK;
	}
	say_goodbye("halt");
	power_off(0);
}

static void complete_halt(struct completion *completion, int index, char **argv)
{
	(void)argv;
	if (index == 1)
		completion_add(completion, "now");
}

SHELL_COMMAND(halt, .area = AREA, .name = "halt", .params = "[now]",
	      .summary = "end all VMs and switch the machine off",
	      .help = "Emulators exit; machines without a way to be switched off halt. `halt now`\n"
		      "does not wait for the VMs.",
	      .run = cmd_halt, .complete = complete_halt);
