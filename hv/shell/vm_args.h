/* Arguments that name VMs and vCPUs, and their completion. Errors are printed. */
#ifndef HV_SHELL_VM_ARGS_H
#define HV_SHELL_VM_ARGS_H

#include "hv/shell/shell.h"
#include "hv/vm.h"

/* A VM by its name. */
enum error shell_vm(const char *text, struct vm **vm);

/* A vCPU by its VM's name and its index; a NULL index means 0. */
enum error shell_vcpu(const char *vm_name, const char *index, struct vcpu **vcpu);

/* The whole command line is "COMMAND VM [VCPU]"; else its synopsis is printed. */
enum error shell_vcpu_args(int argc, char **argv, struct vcpu **vcpu);

/* Argument 1 is a VM. */
void shell_complete_vm(struct completion *completion, int index, char **argv);

/* Argument 1 is a VM, argument 2 one of its vCPUs. */
void shell_complete_vcpu(struct completion *completion, int index, char **argv);

#endif
