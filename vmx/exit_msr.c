/* RDMSR and WRMSR: vmx/msr_policy.c says who deals with a register, here they do. */
#include "hv/time.h"
#include "hv/vm.h"
#include "vmx/exit.h"
#include "vmx/exit_cr.h"
#include "vmx/guest_state.h"
#include "vmx/inject.h"
#include "vmx/msr_policy.h"
#include "vmx/registers.h"
#include "vmx/virtual_apic.h"
#include "vmx/vmx.h"

/* Both return false for #GP(0). */
struct msr_functions {
	bool (*read)(struct vcpu *vcpu, uint32_t msr, uint64_t *value);
	bool (*write)(struct vcpu *vcpu, uint32_t msr, uint64_t value);
};

static bool read_lapic(struct vcpu *vcpu, uint32_t msr, uint64_t *value)
{
	uint64_t now = vcpu_guest_tsc(vcpu, tsc_now());

	return lapic_msr_read(&vcpu->lapic, msr, now, value) == OK;
}

static bool read_apic_base(struct vcpu *vcpu, uint32_t msr, uint64_t *value)
{
	(void)msr;
	*value = vcpu->lapic.apic_base;
	return true;
}

/* Any write may make something deliverable or move the timer. */
static bool write_lapic(struct vcpu *vcpu, uint32_t msr, uint64_t value)
{
	uint64_t now = vcpu_guest_tsc(vcpu, tsc_now());

	if (lapic_msr_write(&vcpu->lapic, msr, now, value) != OK)
		return false;
	vcpu_timer_changed(vcpu);
	vcpu_request_self(vcpu, VCPU_REQUEST_EVENT);
	return true;
}

static bool write_apic_base(struct vcpu *vcpu, uint32_t msr, uint64_t value)
{
	if (!write_lapic(vcpu, msr, value))
		return false;
	vmx_apic_mode_changed(vcpu);
	return true;
}

static bool write_x2apic(struct vcpu *vcpu, uint32_t msr, uint64_t value)
{
	return lapic_in_x2apic(&vcpu->lapic) && write_lapic(vcpu, msr, value);
}

/*
 * The two registers that an interrupt costs go straight to their functions. False: not one of
 * them, or not with a value that is plainly right.
 */
static inline bool write_hot_register(struct vcpu *vcpu, uint32_t msr, uint64_t value)
{
	struct lapic *lapic = &vcpu->lapic;

	if (!lapic_in_x2apic(lapic))
		return false;
	if (msr == IA32_X2APIC_EOI && value == 0) {
		lapic_eoi(lapic);
		return true;
	}
	if (msr != IA32_X2APIC_SELF_IPI || value > UINT8_MAX)
		return false;
	lapic_self_ipi(lapic, value);
	return true;
}

static bool write_tsc_deadline(struct vcpu *vcpu, uint32_t msr, uint64_t value)
{
	(void)msr;
	lapic_set_tsc_deadline(&vcpu->lapic, value);
	vcpu_timer_changed(vcpu);
	return true;
}

static void jump_tsc(struct vcpu *vcpu, uint64_t by)
{
	vcpu->tsc_offset += by;
	vcpu->tsc_adjust += by;
	vmwrite(VMCS_TSC_OFFSET, vcpu->tsc_offset);
	lapic_tsc_jumped(&vcpu->lapic, by);
	vcpu_timer_changed(vcpu);
}

static bool read_tsc(struct vcpu *vcpu, uint32_t msr, uint64_t *value)
{
	(void)msr;
	*value = vcpu_guest_tsc(vcpu, tsc_now());
	return true;
}

static bool write_tsc(struct vcpu *vcpu, uint32_t msr, uint64_t value)
{
	(void)msr;
	jump_tsc(vcpu, value - vcpu_guest_tsc(vcpu, tsc_now()));
	return true;
}

static bool read_tsc_adjust(struct vcpu *vcpu, uint32_t msr, uint64_t *value)
{
	(void)msr;
	*value = vcpu->tsc_adjust;
	return true;
}

static bool write_tsc_adjust(struct vcpu *vcpu, uint32_t msr, uint64_t value)
{
	(void)msr;
	jump_tsc(vcpu, value - vcpu->tsc_adjust);
	return true;
}

static bool read_efer(struct vcpu *vcpu, uint32_t msr, uint64_t *value)
{
	(void)msr;
	*value = vcpu->efer;
	return true;
}

static bool write_efer(struct vcpu *vcpu, uint32_t msr, uint64_t value)
{
	(void)msr;
	return vmx_write_efer(vcpu, value);
}

static uint64_t *switched_register(struct vcpu *vcpu, uint32_t msr)
{
	switch (msr) {
	case IA32_STAR:
		return &vcpu->switched.star;
	case IA32_LSTAR:
		return &vcpu->switched.lstar;
	case IA32_CSTAR:
		return &vcpu->switched.cstar;
	case IA32_FMASK:
		return &vcpu->switched.fmask;
	default:
		return &vcpu->switched.tsc_aux;
	}
}

/* Reading does not exit: the register of the core is the vCPU's while it is loaded. */
static bool read_switched(struct vcpu *vcpu, uint32_t msr, uint64_t *value)
{
	*value = *switched_register(vcpu, msr);
	return true;
}

static bool write_switched(struct vcpu *vcpu, uint32_t msr, uint64_t value)
{
	*switched_register(vcpu, msr) = value;
	vmx_system_msrs_changed(vcpu);
	return true;
}

static bool read_pat(struct vcpu *vcpu, uint32_t msr, uint64_t *value)
{
	(void)vcpu;
	(void)msr;
	*value = vmread(VMCS_GUEST_PAT);
	return true;
}

static bool write_pat(struct vcpu *vcpu, uint32_t msr, uint64_t value)
{
	(void)vcpu;
	(void)msr;
	vmwrite(VMCS_GUEST_PAT, value);
	return true;
}

static bool read_misc_enable(struct vcpu *vcpu, uint32_t msr, uint64_t *value)
{
	(void)msr;
	*value = vcpu->misc_enable;
	return true;
}

static bool write_misc_enable(struct vcpu *vcpu, uint32_t msr, uint64_t value)
{
	(void)msr;
	vcpu->misc_enable = value;
	return true;
}

static bool read_bios_sign_id(struct vcpu *vcpu, uint32_t msr, uint64_t *value)
{
	(void)msr;
	*value = vcpu->microcode_rev & 0xffffffff00000000ull;
	return true;
}

static bool write_bios_sign_id(struct vcpu *vcpu, uint32_t msr, uint64_t value)
{
	(void)msr;
	vcpu->microcode_rev = value;
	return true;
}

static bool read_zero(struct vcpu *vcpu, uint32_t msr, uint64_t *value)
{
	(void)vcpu;
	(void)msr;
	*value = 0;
	return true;
}

static bool write_zero_only(struct vcpu *vcpu, uint32_t msr, uint64_t value)
{
	(void)vcpu;
	(void)msr;
	return value == 0;
}

static const struct msr_functions functions[MSR_HANDLER_COUNT] = {
	[MSR_HANDLER_APIC_BASE] = { read_apic_base, write_apic_base },
	[MSR_HANDLER_X2APIC] = { read_lapic, write_x2apic },
	[MSR_HANDLER_TSC] = { read_tsc, write_tsc },
	[MSR_HANDLER_TSC_ADJUST] = { read_tsc_adjust, write_tsc_adjust },
	[MSR_HANDLER_TSC_DEADLINE] = { read_lapic, write_tsc_deadline },
	[MSR_HANDLER_EFER] = { read_efer, write_efer },
	[MSR_HANDLER_SWITCHED] = { read_switched, write_switched },
	[MSR_HANDLER_PAT] = { read_pat, write_pat },
	[MSR_HANDLER_MISC_ENABLE] = { read_misc_enable, write_misc_enable },
	[MSR_HANDLER_BIOS_SIGN_ID] = { read_bios_sign_id, write_bios_sign_id },
	[MSR_HANDLER_DEBUGCTL] = { read_zero, write_zero_only },
};

static bool read_msr(struct vcpu *vcpu, const struct msr_rule *rule, uint32_t msr, uint64_t *value)
{
	if (!rule)
		return false;
	if (__builtin_expect(rule->read == MSR_HANDLER, 1))
		return functions[rule->handler].read(vcpu, msr, value);
	*value = rule->value;
	return rule->read == MSR_CONSTANT;
}

static bool write_msr(struct vcpu *vcpu, const struct msr_rule *rule, uint32_t msr, uint64_t value)
{
	if (!rule || rule->write == MSR_FAULT)
		return false;
	if (!msr_write_valid(&vcpu->vm->msrs, rule, value))
		return false;
	if (rule->write == MSR_IGNORE)
		return true;
	if (rule->write != MSR_HANDLER || !functions[rule->handler].write)
		return false;
	return functions[rule->handler].write(vcpu, msr, value);
}

enum vmx_verdict vmx_exit_rdmsr(struct vcpu *vcpu)
{
	uint32_t msr = vcpu->gpr[GPR_RCX];
	uint64_t value;

	if (!read_msr(vcpu, msr_policy_find(&vcpu->vm->msrs, msr), msr, &value))
		return vmx_inject_gp();
	guest_set_edx_eax(vcpu, value);
	guest_skip_instruction();
	return VMX_RESUME;
}

/* Interrupts first: what they cost is what guests notice most. */
enum vmx_verdict vmx_exit_wrmsr(struct vcpu *vcpu)
{
	uint32_t msr = vcpu->gpr[GPR_RCX];
	uint64_t value = guest_edx_eax(vcpu);

	if (write_hot_register(vcpu, msr, value)) {
		guest_skip_instruction();
		return lapic_pending_vector(&vcpu->lapic) >= 0 ? VMX_INJECT : VMX_RESUME;
	}
	if (!write_msr(vcpu, msr_policy_find(&vcpu->vm->msrs, msr), msr, value))
		return vmx_inject_gp();
	guest_skip_instruction();
	return VMX_RESUME;
}
