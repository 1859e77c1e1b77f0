/* Control registers: what vmx/cr_policy.c decides is carried out here. */
#include "hv/vm.h"
#include "vmx/cr_policy.h"
#include "vmx/exit.h"
#include "vmx/exit_cr.h"
#include "vmx/guest_state.h"
#include "vmx/inject.h"
#include "vmx/vector_state.h"
#include "vmx/vmx.h"

/* Guest-owned bits change without an exit: the real registers are newer there than our copies. */
void vmx_refresh_control_registers(struct vcpu *vcpu)
{
	uint64_t mask0 = vmread(VMCS_CR0_MASK);
	uint64_t mask4 = vmread(VMCS_CR4_MASK);

	vcpu->cr0 = (vmread(VMCS_CR0_SHADOW) & mask0) | (vmread(VMCS_GUEST_CR0) & ~mask0);
	vcpu->cr4 = (vmread(VMCS_CR4_SHADOW) & mask4) | (vmread(VMCS_GUEST_CR4) & ~mask4);
}

static bool tss_is_16bit(void)
{
	unsigned type = vmread(VMCS_GUEST_TR_ACCESS) & ACCESS_TYPE_MASK;

	return type == 1 || type == 3;
}

static struct cr_state state_of(struct vcpu *vcpu)
{
	vmx_refresh_control_registers(vcpu);
	return (struct cr_state) {
		.cr0 = vcpu->cr0,
		.cr3 = vmread(VMCS_GUEST_CR3),
		.cr4 = vcpu->cr4,
		.efer = vcpu->efer,
		.tss_16bit = tss_is_16bit(),
		.cs_long = vmread(VMCS_GUEST_CS_ACCESS) & ACCESS_LONG,
	};
}

static bool load_pdptes(struct vcpu *vcpu, const struct cr_limits *limits, uint64_t cr3)
{
	uint64_t pdptes[4];

	if (guest_ram_read(&vcpu->vm->ram, cr3 & 0xffffffe0, pdptes, sizeof(pdptes)) != OK)
		return false;
	if (!cr_pdptes_valid(limits, pdptes))
		return false;
	for (unsigned i = 0; i < 4; i++)
		vmwrite(VMCS_GUEST_PDPTE0 + 2 * i, pdptes[i]);
	return true;
}

static void set_ia32e(bool on)
{
	uint64_t controls = vmread(VMCS_ENTRY_CONTROLS);

	vmwrite(VMCS_ENTRY_CONTROLS,
		on ? controls | ENTRY_IA32E_GUEST : controls & ~(uint64_t)ENTRY_IA32E_GUEST);
}

static void write_registers(struct vcpu *vcpu, uint32_t effects)
{
	if (effects & CR_EFFECT_CR0) {
		vmwrite(VMCS_CR0_SHADOW, vcpu->cr0);
		vmwrite(VMCS_GUEST_CR0, vmcs_real_cr0(&vmx_caps, vcpu->cr0));
	}
	if (effects & CR_EFFECT_CR4) {
		vmwrite(VMCS_CR4_SHADOW, vcpu->cr4);
		vmwrite(VMCS_GUEST_CR4, vmcs_real_cr4(&vmx_caps, vcpu->cr4));
	}
	if (effects & CR_EFFECT_EFER)
		vmwrite(VMCS_GUEST_EFER, vcpu->efer);
	if (effects & CR_EFFECT_IA32E)
		set_ia32e(vcpu->efer & EFER_LMA);
	if (effects & CR_EFFECT_FLUSH)
		vmx_flush_linear(vcpu);
}

/* False: #GP(0) and nothing has changed. */
static bool apply_result(struct vcpu *vcpu, const struct cr_result *result)
{
	struct cr_limits limits;

	if (result->verdict != CR_OK)
		return false;
	cr_limits_init(&limits, &vcpu->vm->cpuid);
	if ((result->effects & CR_EFFECT_PDPTES) && !load_pdptes(vcpu, &limits, result->state.cr3))
		return false;
	vcpu->cr0 = result->state.cr0;
	vcpu->cr4 = result->state.cr4;
	vcpu->efer = result->state.efer;
	write_registers(vcpu, result->effects);
	return true;
}

static struct cr_result decide(struct vcpu *vcpu, uint64_t qualification)
{
	unsigned number = qualification & CR_QUALIFICATION_NUMBER_MASK;
	unsigned type = qualification >> CR_QUALIFICATION_TYPE_SHIFT & CR_QUALIFICATION_TYPE_MASK;
	unsigned reg =
		qualification >> CR_QUALIFICATION_REGISTER_SHIFT & CR_QUALIFICATION_REGISTER_MASK;
	struct cr_state state = state_of(vcpu);
	struct cr_limits limits;
	uint64_t value;

	cr_limits_init(&limits, &vcpu->vm->cpuid);
	if (type == CR_ACCESS_CLTS)
		return cr_clts(&limits, &state);
	if (type == CR_ACCESS_LMSW)
		return cr_lmsw(&limits, &state, qualification >> CR_QUALIFICATION_LMSW_SHIFT);
	value = guest_gpr(vcpu, reg);
	if (!guest_in_64bit_mode(vcpu))
		value = (uint32_t)value;
	return number == 4 ? cr_write_cr4(&limits, &state, value)
			   : cr_write_cr0(&limits, &state, value);
}

static enum vmx_verdict access_cr8(struct vcpu *vcpu, uint64_t qualification)
{
	unsigned reg =
		qualification >> CR_QUALIFICATION_REGISTER_SHIFT & CR_QUALIFICATION_REGISTER_MASK;
	unsigned type = qualification >> CR_QUALIFICATION_TYPE_SHIFT & CR_QUALIFICATION_TYPE_MASK;

	if (type == CR_ACCESS_MOV_FROM) {
		guest_set_gpr(vcpu, reg, lapic_cr8(&vcpu->lapic));
	} else {
		uint64_t value = guest_gpr(vcpu, reg);

		if (value > 15)
			return vmx_inject_gp();
		lapic_set_cr8(&vcpu->lapic, value);
		vcpu_request_self(vcpu, VCPU_REQUEST_EVENT);
	}
	guest_skip_instruction();
	return VMX_RESUME;
}

enum vmx_verdict vmx_exit_cr_access(struct vcpu *vcpu)
{
	uint64_t qualification = vmread(VMCS_EXIT_QUALIFICATION);
	struct cr_result result;

	if ((qualification & CR_QUALIFICATION_NUMBER_MASK) == 8)
		return access_cr8(vcpu, qualification);
	result = decide(vcpu, qualification);
	if (!apply_result(vcpu, &result))
		return vmx_inject_gp();
	guest_skip_instruction();
	return VMX_RESUME;
}

bool vmx_write_efer(struct vcpu *vcpu, uint64_t value)
{
	struct cr_state state = state_of(vcpu);
	struct cr_limits limits;
	struct cr_result result;

	cr_limits_init(&limits, &vcpu->vm->cpuid);
	result = cr_write_efer(&limits, &state, value);
	return apply_result(vcpu, &result);
}

/* The exit comes before the check of CPL (SDM 26.1.2), but CR4.OSXSAVE was checked. */
enum vmx_verdict vmx_exit_xsetbv(struct vcpu *vcpu)
{
	uint64_t value = guest_edx_eax(vcpu);
	struct cr_limits limits;

	cr_limits_init(&limits, &vcpu->vm->cpuid);
	if (guest_cpl() != 0 || cr_xsetbv(&limits, vcpu->gpr[GPR_RCX], value) != CR_OK)
		return vmx_inject_gp();
	vmx_set_xcr0(vcpu, value);
	guest_skip_instruction();
	return VMX_RESUME;
}
