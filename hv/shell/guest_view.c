#include "hv/shell/guest_view.h"

#include <string.h>

#include "hv/core.h"
#include "hv/msr.h"
#include "hv/paging.h"
#include "hv/rendezvous.h"
#include "hv/shell/shell.h"
#include "vmx/registers.h"
#include "vmx/vmcs.h"
#include "vmx/vmx.h"
#include "vmx/vmx_ops.h"

#define ACCESS_BIG (1u << 14) /* D/B: 32-bit code */

struct reading {
	struct vcpu *vcpu;
	void (*read)(struct reading *reading); /* its VMCS is current */
	struct view_registers *registers;
	const uint32_t *fields;
	uint64_t *values;
	bool *present;
	size_t count;
	enum error error;
};

/* Every other core waits: whatever is not loaded there may be loaded here for a moment. */
static void read_stopped(void *context)
{
	struct reading *reading = context;
	struct core *core = this_core();
	bool ours = core->loaded == reading->vcpu;

	if (reading->vcpu->loaded_on && !ours) {
		reading->error = ERR_BUSY;
		return;
	}
	vmx_load(core, reading->vcpu);
	reading->read(reading);
	if (!ours)
		vmx_unload(reading->vcpu);
}

static enum error read_vcpu(struct reading *reading)
{
	struct vcpu *vcpu = reading->vcpu;

	/* Before the first start there is no VMCS to load. */
	if (vm_state_of(vcpu->vm) == VM_READY)
		return shell_error("%s has not been started yet", vcpu->vm->name);
	rendezvous(read_stopped, reading);
	if (reading->error)
		return shell_error("core %u holds the state of %s's vCPU %u; pause the VM first",
				   atomic_load(&vcpu->sched.core), vcpu->vm->name, vcpu->index);
	return OK;
}

static void read_segments(struct view_registers *registers)
{
	for (unsigned i = 0; i < SEGMENT_COUNT; i++)
		registers->segment[i] = (struct view_segment) {
			.selector = (uint16_t)vmread(VMCS_GUEST_ES_SELECTOR + 2 * i),
			.limit = (uint32_t)vmread(VMCS_GUEST_ES_LIMIT + 2 * i),
			.access = (uint32_t)vmread(VMCS_GUEST_ES_ACCESS + 2 * i),
			.base = vmread(VMCS_GUEST_ES_BASE + 2 * i),
		};
}

/* Bits that the hypervisor owns come from the shadow (SDM 24.6.6). */
static uint64_t seen_by_guest(uint32_t value, uint32_t mask, uint32_t shadow)
{
	return (vmread(value) & ~vmread(mask)) | (vmread(shadow) & vmread(mask));
}

static void read_control(struct view_registers *registers)
{
	registers->cr0 = seen_by_guest(VMCS_GUEST_CR0, VMCS_CR0_MASK, VMCS_CR0_SHADOW);
	registers->cr3 = vmread(VMCS_GUEST_CR3);
	registers->cr4 = seen_by_guest(VMCS_GUEST_CR4, VMCS_CR4_MASK, VMCS_CR4_SHADOW);
	registers->dr7 = vmread(VMCS_GUEST_DR7);
	registers->gdtr_base = vmread(VMCS_GUEST_GDTR_BASE);
	registers->gdtr_limit = (uint32_t)vmread(VMCS_GUEST_GDTR_LIMIT);
	registers->idtr_base = vmread(VMCS_GUEST_IDTR_BASE);
	registers->idtr_limit = (uint32_t)vmread(VMCS_GUEST_IDTR_LIMIT);
	registers->activity = (uint32_t)vmread(VMCS_GUEST_ACTIVITY);
	registers->interruptibility = (uint32_t)vmread(VMCS_GUEST_INTERRUPTIBILITY);
	registers->exit_reason = (uint32_t)vmread(VMCS_EXIT_REASON);
	registers->exit_qualification = vmread(VMCS_EXIT_QUALIFICATION);
}

static void read_registers(struct reading *reading)
{
	struct view_registers *registers = reading->registers;
	const struct vcpu *vcpu = reading->vcpu;

	memcpy(registers->gpr, vcpu->gpr, sizeof(registers->gpr));
	registers->gpr[GPR_RSP] = vmread(VMCS_GUEST_RSP);
	registers->rip = vmread(VMCS_GUEST_RIP);
	registers->rflags = vmread(VMCS_GUEST_RFLAGS);
	registers->cr2 = cr2_read();
	registers->efer = vcpu->efer;
	read_control(registers);
	read_segments(registers);
}

enum error view_registers(struct vcpu *vcpu, struct view_registers *registers)
{
	struct reading reading = { .vcpu = vcpu, .read = read_registers, .registers = registers };

	return read_vcpu(&reading);
}

/* False: this processor has no such field. */
static bool read_field(uint32_t field, uint64_t *value)
{
	bool done;

	asm volatile("vmread %2, %0" : "=rm"(*value), "=@cca"(done) : "r"((uint64_t)field));
	return done;
}

static void read_fields(struct reading *reading)
{
	for (size_t i = 0; i < reading->count; i++)
		reading->present[i] = read_field(reading->fields[i], &reading->values[i]);
}

enum error view_vmcs(struct vcpu *vcpu, const uint32_t *fields, uint64_t *values, bool *present,
		     size_t count)
{
	struct reading reading = {
		.vcpu = vcpu,
		.read = read_fields,
		.fields = fields,
		.values = values,
		.present = present,
		.count = count,
	};

	return read_vcpu(&reading);
}

struct guest_paging view_paging(const struct view_registers *registers)
{
	return (struct guest_paging) {
		.cr0 = registers->cr0,
		.cr3 = registers->cr3,
		.cr4 = registers->cr4,
		.efer = registers->efer,
	};
}

enum mmio_code view_code(const struct view_registers *registers)
{
	uint32_t access = registers->segment[SEGMENT_CS].access;

	if ((registers->efer & EFER_LMA) && (access & ACCESS_LONG))
		return MMIO_CODE64;
	return access & ACCESS_BIG ? MMIO_CODE32 : MMIO_CODE16;
}

uint64_t view_code_base(const struct view_registers *registers)
{
	return view_code(registers) == MMIO_CODE64 ? 0 : registers->segment[SEGMENT_CS].base;
}

static void *page_if_there(void *context, uint64_t gpa, bool write)
{
	struct vm *vm = context;
	uint64_t hpa;
	bool there;

	(void)write;
	spin_lock(&vm->lock);
	there = vm->ept.root &&
		ept_translate(&vm->ept, gpa & ~(uint64_t)(GUEST_PAGE_SIZE - 1), &hpa, NULL);
	spin_unlock(&vm->lock);
	return there ? phys_to_virt(hpa) : NULL;
}

struct guest_ram view_ram(struct vm *vm)
{
	return (struct guest_ram) { .size = vm->ram.size, .ctx = vm, .page = page_if_there };
}
