#include "hv/shell/vm_args.h"

#include <stdio.h>

enum error shell_vm(const char *text, struct vm **vm)
{
	*vm = vm_find(text);
	if (!*vm)
		return shell_error("no VM \"%.40s\"; `list` shows them", text);
	return OK;
}

enum error shell_vcpu(const char *vm_name, const char *index, struct vcpu **vcpu)
{
	uint64_t number = 0;
	struct vm *vm;

	if (shell_vm(vm_name, &vm))
		return ERR_INVALID;
	if (index && shell_number("vcpu", index, 0, vm->vcpu_count - 1, &number))
		return ERR_INVALID;
	*vcpu = vm->vcpus[number];
	return OK;
}

enum error shell_vcpu_args(int argc, char **argv, struct vcpu **vcpu)
{
	if (argc < 2 || argc > 3)
		return shell_usage();
	return shell_vcpu(argv[1], argc == 3 ? argv[2] : NULL, vcpu);
}

void shell_complete_vm(struct completion *completion, int index, char **argv)
{
	(void)argv;
	for (unsigned i = 0; i < VM_MAX && index == 1; i++)
		if (vms[i])
			completion_add(completion, vms[i]->name);
}

static void complete_index(struct completion *completion, const struct vm *vm)
{
	char text[12];

	for (uint32_t i = 0; i < vm->vcpu_count; i++) {
		snprintf(text, sizeof(text), "%u", (unsigned)i);
		completion_add(completion, text);
	}
}

void shell_complete_vcpu(struct completion *completion, int index, char **argv)
{
	struct vm *vm;

	shell_complete_vm(completion, index, argv);
	if (index != 2)
		return;
	vm = vm_find(argv[1]);
	if (vm)
		complete_index(completion, vm);
}
