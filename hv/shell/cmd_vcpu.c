/* The state of one vCPU: registers, VMCS, instructions at RIP. */
#include <string.h>

#include "hv/shell/guest_view.h"
#include "hv/shell/vm_args.h"
#include "vmx/disasm.h"
#include "vmx/names.h"

#define AREA "vCPUs"

/* ---- regs ---- */

static const char *const gpr_names[GPR_COUNT] = {
	"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
	"r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15",
};

static const char *const segment_names[SEGMENT_COUNT] = {
	"es", "cs", "ss", "ds", "fs", "gs", "ldtr", "tr",
};

static const char *const activity_names[] = { "active", "HLT", "shutdown", "wait-for-SIPI" };

static const char *const code_names[] = {
	[MMIO_CODE16] = "16-bit", [MMIO_CODE32] = "32-bit", [MMIO_CODE64] = "64-bit"
};

static void print_gprs(const struct view_registers *r)
{
	for (unsigned i = 0; i < GPR_COUNT; i++)
		shell_printf("%-3s %016lx%s", gpr_names[i], r->gpr[i], i % 4 == 3 ? "\n" : "  ");
}

static void print_segments(const struct view_registers *r)
{
	for (unsigned i = 0; i < SEGMENT_COUNT; i++) {
		const struct view_segment *s = &r->segment[i];

		shell_printf("%-4s %04x base %016lx limit %08x access %05x\n", segment_names[i],
			     s->selector, s->base, s->limit, s->access);
	}
	shell_printf("gdtr base %016lx limit %04x  idtr base %016lx limit %04x\n", r->gdtr_base,
		     r->gdtr_limit, r->idtr_base, r->idtr_limit);
}

static void print_state(const struct vcpu *vcpu, const struct view_registers *r)
{
	shell_printf("rip %016lx  rflags %08lx  %s code, CPL %u\n", r->rip, r->rflags,
		     code_names[view_code(r)], r->segment[SEGMENT_SS].access >> 5 & 3);
	print_gprs(r);
	shell_printf("cr0 %08lx  cr2 %016lx  cr3 %016lx  cr4 %08lx  efer %04lx  dr7 %04lx\n",
		     r->cr0, r->cr2, r->cr3, r->cr4, r->efer, r->dr7);
	print_segments(r);
	shell_printf("%s, %s, interruptibility %x; last exit: %s, qualification %lx\n",
		     sched_state_name(sched_state_of(&vcpu->sched)),
		     activity_names[r->activity & 3], r->interruptibility,
		     vmx_exit_reason_name(r->exit_reason), r->exit_qualification);
}

static enum error cmd_regs(int argc, char **argv)
{
	struct view_registers registers;
	struct vcpu *vcpu;

	if (argc != 2 && argc != 3)
		return shell_usage();
	if (shell_vcpu(argv[1], argv[2], &vcpu) || view_registers(vcpu, &registers))
		return ERR_INVALID;
	print_state(vcpu, &registers);
	return OK;
}

SHELL_COMMAND(regs, .area = AREA, .name = "regs", .params = "VM [VCPU]",
	      .summary = "show a vCPU's registers",
	      .help = "Control registers are shown as the guest sees them. All cores stop for a\n"
		      "moment. VCPU is 0 if not given.",
	      .run = cmd_regs, .complete = shell_complete_vcpu);

/* ---- vmcs ---- */

#define VMCS_FIELDS_MAX 256

static void print_fields(const char *part, const uint64_t *values, const bool *present)
{
	for (size_t i = 0; i < vmcs_field_name_count; i++) {
		const struct vmcs_field_name *field = &vmcs_field_names[i];

		if (present[i] && (!part || strstr(field->name, part)))
			shell_printf("%04x %-36s %016lx\n", field->field, field->name, values[i]);
	}
}

static enum error cmd_vmcs(int argc, char **argv)
{
	static uint32_t fields[VMCS_FIELDS_MAX];
	static uint64_t values[VMCS_FIELDS_MAX];
	static bool present[VMCS_FIELDS_MAX];
	struct vcpu *vcpu;

	if (argc != 3 && argc != 4)
		return shell_usage();
	if (vmcs_field_name_count > VMCS_FIELDS_MAX)
		return ERR_LIMIT;
	if (shell_vcpu(argv[1], argv[2], &vcpu))
		return ERR_INVALID;
	for (size_t i = 0; i < vmcs_field_name_count; i++)
		fields[i] = vmcs_field_names[i].field;
	if (view_vmcs(vcpu, fields, values, present, vmcs_field_name_count))
		return ERR_INVALID;
	print_fields(argc == 4 ? argv[3] : NULL, values, present);
	return OK;
}

SHELL_COMMAND(vmcs, .area = AREA, .name = "vmcs", .params = "VM VCPU [PART-OF-NAME]",
	      .summary = "show the fields of a vCPU's VMCS",
	      .help = "With PART-OF-NAME (such as cr0) only fields whose name contains it. Fields that\n"
		      "this processor lacks are left out.",
	      .run = cmd_vmcs, .complete = shell_complete_vcpu);

/* ---- dis ---- */

#define DIS_COUNT     10u
#define DIS_COUNT_MAX 200u

static void print_instruction(uint64_t address, const uint8_t *bytes, size_t length,
			      const char *text)
{
	shell_printf("%016lx  ", address);
	for (size_t i = 0; i < length || i < 10; i++) {
		if (i < length)
			shell_printf("%02x", bytes[i]);
		else
			shell_puts("  ");
	}
	shell_printf("  %s\n", text);
}

static enum error print_code(struct vm *vm, const struct view_registers *registers,
			     uint64_t address, uint64_t count)
{
	uint64_t base = view_code_base(registers);
	struct guest_paging paging = view_paging(registers);
	struct guest_ram ram = view_ram(vm);
	uint8_t bytes[MMIO_INSN_MAX];
	char text[96];

	for (uint64_t i = 0; i < count; i++) {
		size_t there =
			guest_read_linear(&ram, &paging, base + address, bytes, MMIO_INSN_MAX);
		size_t length = disassemble(view_code(registers), address, bytes, there, text,
					    sizeof(text));

		if (!length)
			return shell_error("0x%lx is not mapped", base + address);
		print_instruction(address, bytes, length, text);
		address += length;
	}
	return OK;
}

static enum error cmd_dis(int argc, char **argv)
{
	struct view_registers registers;
	uint64_t address, count = DIS_COUNT;
	struct vcpu *vcpu;

	if (argc < 2 || argc > 5)
		return shell_usage();
	if (shell_vcpu(argv[1], argc > 2 ? argv[2] : NULL, &vcpu) ||
	    view_registers(vcpu, &registers))
		return ERR_INVALID;
	address = registers.rip;
	if (argc > 3 && shell_number("address", argv[3], 0, UINT64_MAX, &address))
		return ERR_INVALID;
	if (argc > 4 && shell_number("count", argv[4], 1, DIS_COUNT_MAX, &count))
		return ERR_INVALID;
	return print_code(vcpu->vm, &registers, address, count);
}

SHELL_COMMAND(dis, .area = AREA, .name = "dis", .params = "VM [VCPU [ADDRESS [COUNT]]]",
	      .summary = "disassemble a guest's code, at RIP if not told otherwise",
	      .help = "ADDRESS is relative to CS, as RIP is. 16, 32 or 64-bit code as the vCPU's\n"
		      "mode is now. COUNT is 10 if not given.",
	      .run = cmd_dis, .complete = shell_complete_vcpu);
