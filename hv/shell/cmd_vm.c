/* The life of VMs and their consoles. */
#include <string.h>

#include "hv/console.h"
#include "hv/modules.h"
#include "hv/shell/vm_args.h"
#include "hv/time.h"

#define AREA "virtual machines"

/* ---- list ---- */

static uint64_t run_ticks(const struct vm *vm)
{
	uint64_t ticks = 0;

	for (uint32_t i = 0; i < vm->vcpu_count; i++)
		ticks += vm->vcpus[i]->sched.stats.run;
	return ticks;
}

static void list_vm(const struct vm *vm)
{
	enum vm_state state = vm_state_of(vm);

	shell_printf("%3u %-12s %-9s %5u %6lu %6lu %10lu %12lu", vm->id, vm->name,
		     vm_state_name(state), vm->vcpu_count, vm->config->memory >> 20, vm->pages >> 8,
		     ns_from_ticks(run_ticks(vm)) / 1000000, vm_exits(vm));
	if (state == VM_STOPPED)
		shell_printf("  %s, code %lu: %s", vm_end_name(vm->end), vm->end_code,
			     vm->end_message);
	shell_puts("\n");
}

static void list_uncreated(void)
{
	for (uint32_t i = 0; i < config.vm_count; i++)
		if (!vms[i])
			shell_printf("%3u %-12s %s\n", (unsigned)i, config.vms[i].name,
				     config.vms[i].valid ? "not created" : "invalid, see dmesg");
}

static enum error cmd_list(int argc, char **argv)
{
	(void)argv;
	if (argc != 1)
		return shell_usage();
	shell_puts(" id name         state     vcpus    MiB   used    run, ms        exits\n");
	for (unsigned i = 0; i < VM_MAX; i++)
		if (vms[i])
			list_vm(vms[i]);
	list_uncreated();
	return OK;
}

SHELL_COMMAND(list, .area = AREA, .name = "list", .params = "", .summary = "show all VMs",
	      .help = "MiB: RAM as configured; used: MiB of it that the VM has been given so far;\n"
		      "run: time on cores, all vCPUs together; exits: since the VM was started.",
	      .run = cmd_list);

/* ---- start, stop, pause, resume, create, destroy ---- */

/* Explains the one failure that depends on what a person did. */
static enum error report(const struct vm *vm, enum error error)
{
	if (error == ERR_STATE)
		return shell_error("%s is %s", vm->name, vm_state_name(vm_state_of(vm)));
	if (error)
		return shell_error("%s: %s; see dmesg", vm->name, error_name(error));
	return OK;
}

static enum error apply(int argc, char **argv, enum error (*action)(struct vm *vm))
{
	struct vm *vm;

	if (argc != 2)
		return shell_usage();
	if (shell_vm(argv[1], &vm))
		return ERR_INVALID;
	return report(vm, action(vm));
}

static enum error cmd_start(int argc, char **argv)
{
	return apply(argc, argv, vm_start);
}

SHELL_COMMAND(start, .area = AREA, .name = "start", .params = "VM",
	      .summary = "let a VM run from its beginning",
	      .help = "The image is loaded anew, so a stopped VM can be started again.",
	      .run = cmd_start, .complete = shell_complete_vm);

static enum error stop(struct vm *vm)
{
	enum vm_state state = vm_state_of(vm);

	if (state != VM_RUNNING && state != VM_PAUSED)
		return ERR_STATE;
	vm_end(vm, VM_END_KILLED, 0, "stopped from the shell");
	return OK;
}

static enum error cmd_stop(int argc, char **argv)
{
	return apply(argc, argv, stop);
}

SHELL_COMMAND(stop, .area = AREA, .name = "stop", .params = "VM",
	      .summary = "end a VM's run, as pulling the plug would", .run = cmd_stop,
	      .complete = shell_complete_vm);

static enum error cmd_pause(int argc, char **argv)
{
	return apply(argc, argv, vm_pause);
}

SHELL_COMMAND(pause, .area = AREA, .name = "pause", .params = "VM",
	      .summary = "hold a VM until it is resumed", .run = cmd_pause,
	      .complete = shell_complete_vm);

static enum error cmd_resume(int argc, char **argv)
{
	return apply(argc, argv, vm_resume);
}

SHELL_COMMAND(resume, .area = AREA, .name = "resume", .params = "VM",
	      .summary = "let a paused VM go on", .run = cmd_resume, .complete = shell_complete_vm);

static enum error cmd_create(int argc, char **argv)
{
	const struct config_vm *section;
	enum error error;

	if (argc != 2)
		return shell_usage();
	section = config_find_vm(&config, argv[1]);
	if (!section)
		return shell_error("the configuration has no [vm %.40s]", argv[1]);
	if (!section->valid)
		return shell_error("[vm %s] has errors; see dmesg", section->name);
	error = vm_create((uint32_t)(section - config.vms), NULL);
	return error ? shell_error("%s: %s", section->name, error_name(error)) : OK;
}

static void complete_create(struct completion *completion, int index, char **argv)
{
	(void)argv;
	for (uint32_t i = 0; i < config.vm_count && index == 1; i++)
		if (!vms[i] && config.vms[i].valid)
			completion_add(completion, config.vms[i].name);
}

SHELL_COMMAND(create, .area = AREA, .name = "create", .params = "VM",
	      .summary = "make a VM from its section of the configuration",
	      .help = "All VMs are created at boot; this brings back one that was destroyed.",
	      .run = cmd_create, .complete = complete_create);

static enum error cmd_destroy(int argc, char **argv)
{
	return apply(argc, argv, vm_destroy);
}

SHELL_COMMAND(destroy, .area = AREA, .name = "destroy", .params = "VM",
	      .summary = "free a VM that is ready or stopped", .run = cmd_destroy,
	      .complete = shell_complete_vm);

/* ---- consoles ---- */

static enum error attach(struct vm *vm)
{
	console_attach(&vm->console);
	return OK;
}

static enum error cmd_attach(int argc, char **argv)
{
	return apply(argc, argv, attach);
}

SHELL_COMMAND(
	attach, .area = AREA, .name = "attach", .params = "VM",
	.summary = "talk to a VM's console; Ctrl-] comes back",
	.help = "Shows the newest of its kept output, then keystrokes go to the VM's COM1 and\n"
		"its output comes here as it is. Log lines and other VMs wait meanwhile.",
	.run = cmd_attach, .complete = shell_complete_vm);

/* As in follow mode: what could steer the terminal is left out. */
static void print_filtered(struct text_filter *filter, const uint8_t *bytes, size_t count)
{
	char text[129];
	size_t length = 0;

	for (size_t i = 0; i < count; i++) {
		int shown = text_filter(filter, bytes[i]);

		if (shown != TEXT_FILTER_NONE)
			text[length++] = (char)shown;
	}
	text[length] = '\0';
	shell_puts(text);
}

static enum error output(struct vm *vm)
{
	struct text_filter filter = { 0 };
	uint64_t cursor = 0, lost = 0;
	uint8_t bytes[128];
	size_t count;

	while ((count = vm_console_read(&vm->console, &cursor, bytes, sizeof(bytes), &lost)) != 0)
		print_filtered(&filter, bytes, count);
	if (lost)
		shell_printf("\n(%lu bytes before this were not kept)", lost);
	shell_puts("\n");
	return OK;
}

static enum error cmd_output(int argc, char **argv)
{
	return apply(argc, argv, output);
}

SHELL_COMMAND(output, .area = AREA, .name = "output", .params = "VM",
	      .summary = "print what is kept of a VM's console output", .run = cmd_output,
	      .complete = shell_complete_vm);
