#include "vmx/mmio.h"

#include "hv/time.h"
#include "hv/vm.h"
#include "vmx/exit_cr.h"
#include "vmx/guest_state.h"
#include "vmx/inject.h"
#include "vmx/mmio_decode.h"

static bool is_local_apic(const struct vcpu *vcpu, uint64_t gpa)
{
	return lapic_mmio_enabled(&vcpu->lapic) &&
	       (gpa & ~0xfffull) == lapic_mmio_base(&vcpu->lapic);
}

static uint64_t device_read(struct vcpu *vcpu, uint64_t gpa, unsigned size)
{
	if (is_local_apic(vcpu, gpa))
		return lapic_mmio_read(&vcpu->lapic, gpa & 0xfff, size,
				       vcpu_guest_tsc(vcpu, tsc_now()));
	return vm_mmio_read(vcpu->vm, gpa, size);
}

static void device_write(struct vcpu *vcpu, uint64_t gpa, unsigned size, uint64_t value)
{
	if (!is_local_apic(vcpu, gpa)) {
		vm_mmio_write(vcpu->vm, gpa, size, value);
		return;
	}
	lapic_mmio_write(&vcpu->lapic, gpa & 0xfff, size, value, vcpu_guest_tsc(vcpu, tsc_now()));
	vcpu_timer_changed(vcpu);
	vcpu_request_self(vcpu, VCPU_REQUEST_EVENT);
}

static enum error fetch_and_decode(struct vcpu *vcpu, const struct guest_paging *paging,
				   struct mmio_insn *insn)
{
	uint64_t rip = guest_rip();
	uint8_t bytes[MMIO_INSN_MAX];
	size_t count = guest_read_linear(&vcpu->vm->ram, paging, vmread(VMCS_GUEST_CS_BASE) + rip,
					 bytes, sizeof(bytes));

	if (count == 0)
		return ERR_FAULT;
	return mmio_decode_cached(&vcpu->mmio_cache, rip, guest_code_size(vcpu), bytes, count,
				  insn);
}

static void take_registers(struct vcpu *vcpu, const struct mmio_insn *insn,
			   struct mmio_registers *registers)
{
	registers->gpr = vcpu->gpr;
	registers->rflags = insn->uses_flags ? vmread(VMCS_GUEST_RFLAGS) : 0;
	if (insn->uses_rsp)
		vcpu->gpr[GPR_RSP] = vmread(VMCS_GUEST_RSP);
}

static void give_registers(const struct vcpu *vcpu, const struct mmio_insn *insn,
			   const struct mmio_registers *registers)
{
	if (insn->uses_flags)
		vmwrite(VMCS_GUEST_RFLAGS, registers->rflags);
	if (insn->uses_rsp)
		vmwrite(VMCS_GUEST_RSP, vcpu->gpr[GPR_RSP]);
}

/* The segment fields of the VMCS lie in the order of enum mmio_segment. */
static uint64_t segment_base(const struct vcpu *vcpu, unsigned segment)
{
	if (segment < MMIO_FS && guest_in_64bit_mode(vcpu))
		return 0;
	return vmread(VMCS_GUEST_ES_BASE + 2 * segment);
}

/* The other operand of a MOVS, in RAM or in another device. False: it has no translation. */
static bool other_operand(struct vcpu *vcpu, const struct guest_paging *paging, uint64_t linear,
			  uint64_t *gpa)
{
	struct guest_walk walk;

	if (guest_walk(&vcpu->vm->ram, paging, linear, &walk) != OK)
		return false;
	*gpa = walk.gpa;
	return true;
}

static uint64_t read_any(struct vcpu *vcpu, uint64_t gpa, unsigned size)
{
	uint64_t value = 0;

	if (guest_ram_read(&vcpu->vm->ram, gpa, &value, size) != OK)
		value = device_read(vcpu, gpa, size);
	return value;
}

static void write_any(struct vcpu *vcpu, uint64_t gpa, unsigned size, uint64_t value)
{
	if (guest_ram_write(&vcpu->vm->ram, gpa, &value, size) != OK)
		device_write(vcpu, gpa, size, value);
}

/* One element of MOVS; the exit says which of the operands is the device at `gpa`. */
static bool move_string(struct vcpu *vcpu, const struct guest_paging *paging,
			const struct mmio_insn *insn, const struct mmio_registers *registers,
			uint64_t gpa)
{
	struct mmio_movs movs = mmio_movs_operands(insn, registers);
	bool to_device = vmread(VMCS_EXIT_QUALIFICATION) & EPT_QUALIFICATION_WRITE;
	uint64_t linear = to_device ? segment_base(vcpu, insn->segment) + movs.source
				    : segment_base(vcpu, MMIO_ES) + movs.destination;
	uint64_t other;

	if (!other_operand(vcpu, paging, linear, &other))
		return false;
	if (to_device)
		device_write(vcpu, gpa, insn->size, read_any(vcpu, other, insn->size));
	else
		write_any(vcpu, other, insn->size, device_read(vcpu, gpa, insn->size));
	return true;
}

static enum vmx_verdict carry_out(struct vcpu *vcpu, const struct guest_paging *paging,
				  const struct mmio_insn *insn, uint64_t gpa)
{
	struct mmio_registers registers;
	uint64_t value = 0;

	take_registers(vcpu, insn, &registers);
	if (insn->kind == MMIO_MOVS && !move_string(vcpu, paging, insn, &registers, gpa))
		return vmx_crash(vcpu, "string move between a device at 0x%lx and no memory", gpa);
	if (insn->reads)
		value = device_read(vcpu, gpa, insn->size);
	value = mmio_complete(insn, &registers, value);
	if (insn->writes)
		device_write(vcpu, gpa, insn->size, value);
	give_registers(vcpu, insn, &registers);
	if (mmio_is_done(insn, &registers)) {
		vmwrite(VMCS_GUEST_RIP, guest_rip() + insn->length);
		guest_end_shadow();
	}
	return VMX_RESUME;
}

enum vmx_verdict vmx_mmio(struct vcpu *vcpu, uint64_t gpa)
{
	uint64_t qualification = vmread(VMCS_EXIT_QUALIFICATION);
	struct guest_paging paging;
	struct mmio_insn insn;
	enum error error;

	if (qualification & EPT_QUALIFICATION_FETCH)
		return vmx_crash(vcpu, "executes at 0x%lx, which is not RAM", gpa);
	if (!(qualification & EPT_QUALIFICATION_TRANSLATED))
		return vmx_crash(vcpu, "its page tables are at 0x%lx, which is not RAM", gpa);
	vmx_refresh_control_registers(vcpu);
	paging = guest_paging_of(vcpu);
	error = fetch_and_decode(vcpu, &paging, &insn);
	if (error != OK)
		return vmx_crash(vcpu, "cannot carry out the access to 0x%lx: instruction %s", gpa,
				 error_name(error));
	return carry_out(vcpu, &paging, &insn, gpa);
}
