#include "vmx/virtual_apic.h"

#include "hv/paging.h"
#include "hv/panic.h"
#include "hv/vm.h"
#include "vmx/vmcs_build.h"
#include "vmx/vmx.h"
#include "vmx/vmx_ops.h"

#define VECTOR_MASK 0xffu
#define OFFSET_MASK 0xfffu

static void write_eoi_exits(const struct lapic_delivery *delivery)
{
	for (uint32_t i = 0; i < 4; i++)
		vmwrite(VMCS_EOI_EXIT_BITMAP0 + 2 * i,
			delivery->level[2 * i] | (uint64_t)delivery->level[2 * i + 1] << 32);
}

static void set_controls(struct vcpu *vcpu, bool on)
{
	uint64_t secondary = vmread(VMCS_SECONDARY_CONTROLS) & ~(uint64_t)SECONDARY_APIC_DELIVERY;

	vmx_set_primary(vcpu, PRIMARY_TPR_SHADOW, on);
	vmx_set_primary(vcpu, PRIMARY_CR8_LOAD_EXITING | PRIMARY_CR8_STORE_EXITING, !on);
	vmwrite(VMCS_SECONDARY_CONTROLS, secondary | (on ? SECONDARY_APIC_DELIVERY : 0));
	vmwrite(VMCS_MSR_BITMAP, on ? vcpu->vm->msr_bitmap_x2apic : vcpu->vm->msr_bitmap);
	vcpu->apic_delivers = on;
}

static void enter(struct vcpu *vcpu)
{
	lapic_page_enter(&vcpu->lapic, vcpu->apic_page, &vcpu->apic_delivery);
	vmwrite(VMCS_VIRTUAL_APIC_ADDRESS, virt_to_phys(vcpu->apic_page));
	vmwrite(VMCS_GUEST_INTERRUPT_STATUS, vcpu->apic_delivery.status);
	write_eoi_exits(&vcpu->apic_delivery);
}

/* Leaving x2APIC mode has reset the model: nothing comes back from the page. */
void vmx_apic_mode_changed(struct vcpu *vcpu)
{
	bool deliver = vcpu->apic_page && lapic_in_x2apic(&vcpu->lapic);

	if (deliver == vcpu->apic_delivers)
		return;
	if (deliver)
		enter(vcpu);
	set_controls(vcpu, deliver);
	if (vmx_log_broken_rules() != 0)
		panic("controls of the local APIC that VM entry would refuse");
}

void vmx_apic_was_reset(struct vcpu *vcpu)
{
	if (vcpu->apic_delivers)
		enter(vcpu);
}

void vmx_apic_give_requests(struct vcpu *vcpu)
{
	struct lapic_delivery *delivery = &vcpu->apic_delivery;

	delivery->status = (uint16_t)vmread(VMCS_GUEST_INTERRUPT_STATUS);
	if (__builtin_expect(lapic_page_request(&vcpu->lapic, vcpu->apic_page, delivery), 0))
		write_eoi_exits(delivery);
	vmwrite(VMCS_GUEST_INTERRUPT_STATUS, delivery->status);
}

bool vmx_apic_waits(const struct vcpu *vcpu)
{
	return vcpu->apic_delivers &&
	       lapic_page_waits(vcpu->apic_page, (uint16_t)vmread(VMCS_GUEST_INTERRUPT_STATUS));
}

/* Both exits come behind their instruction. The I/O APIC may have the interrupt ready again. */
enum vmx_verdict vmx_exit_virtualized_eoi(struct vcpu *vcpu)
{
	lapic_vector_ended(&vcpu->lapic, vmread(VMCS_EXIT_QUALIFICATION) & VECTOR_MASK);
	return VMX_INJECT;
}

/* Of the registers that are opened, only a self-IPI with an illegal vector comes here. */
enum vmx_verdict vmx_exit_apic_write(struct vcpu *vcpu)
{
	unsigned reg = (vmread(VMCS_EXIT_QUALIFICATION) & OFFSET_MASK) / 16;

	if (reg != LAPIC_PAGE_SELF_IPI)
		return vmx_exit_unhandled(vcpu);
	lapic_self_ipi(&vcpu->lapic, (uint8_t)vcpu->apic_page->reg[reg][0]);
	return VMX_INJECT;
}
