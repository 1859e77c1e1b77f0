#include "vmx/dump.h"

#include <stdarg.h>
#include <stdio.h>

#include "hv/core.h"
#include "hv/log.h"
#include "hv/vm.h"
#include "vmx/exit.h"
#include "vmx/guest_state.h"
#include "vmx/vmx.h"

static const char *const gpr_names[GPR_COUNT] = {
	"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
	"r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15",
};

static const char *const segment_names[SEGMENT_COUNT] = {
	"es", "cs", "ss", "ds", "fs", "gs", "ldtr", "tr",
};

static void dump_gprs(const struct vcpu *vcpu)
{
	for (unsigned i = 0; i < GPR_COUNT; i += 4)
		log_error("  %-3s %016lx  %-3s %016lx  %-3s %016lx  %-3s %016lx", gpr_names[i],
			  guest_gpr(vcpu, i), gpr_names[i + 1], guest_gpr(vcpu, i + 1),
			  gpr_names[i + 2], guest_gpr(vcpu, i + 2), gpr_names[i + 3],
			  guest_gpr(vcpu, i + 3));
}

/* The segment fields of the VMCS lie two encodings apart, in the order of segment_names. */
static void dump_segments(void)
{
	for (unsigned i = 0; i < SEGMENT_COUNT; i++)
		log_error("  %-4s %04lx base %016lx limit %08lx access %05lx", segment_names[i],
			  vmread(VMCS_GUEST_ES_SELECTOR + 2 * i),
			  vmread(VMCS_GUEST_ES_BASE + 2 * i), vmread(VMCS_GUEST_ES_LIMIT + 2 * i),
			  vmread(VMCS_GUEST_ES_ACCESS + 2 * i));
}

void vmx_dump(struct vcpu *vcpu)
{
	log_error("vm %s vcpu %u: rip %016lx rflags %08lx", vcpu->vm->name, vcpu->index,
		  vmread(VMCS_GUEST_RIP), vmread(VMCS_GUEST_RFLAGS));
	dump_gprs(vcpu);
	dump_segments();
	log_error("  cr0 %08lx cr3 %016lx cr4 %08lx efer %04lx", vmread(VMCS_GUEST_CR0),
		  vmread(VMCS_GUEST_CR3), vmread(VMCS_GUEST_CR4), vmread(VMCS_GUEST_EFER));
	log_error("  exit %lx qualification %lx gpa %lx interruptibility %lx",
		  vmread(VMCS_EXIT_REASON), vmread(VMCS_EXIT_QUALIFICATION),
		  vmread(VMCS_GUEST_PHYSICAL_ADDRESS), vmread(VMCS_GUEST_INTERRUPTIBILITY));
}

enum vmx_verdict vmx_crash(struct vcpu *vcpu, const char *format, ...)
{
	char reason[120];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	vm_end(vcpu->vm, VM_END_CRASHED, 0, "vcpu %u at rip 0x%lx: %s", vcpu->index, guest_rip(),
	       reason);
	return VMX_STOP;
}
