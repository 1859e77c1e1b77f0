#include "vmx/vector_loan.h"

#include "hv/core.h"
#include "hv/vcpu.h"
#include "vmx/vector_state.h"
#include "vmx/vmx.h"

static bool guest_has_own_xcr0(const struct vcpu *vcpu)
{
	return vmx_host_xcr0 && vcpu->switched.xcr0 != vmx_host_xcr0;
}

void vector_borrow(void)
{
	const struct vcpu *vcpu = this_core()->loaded;

	if (!vcpu) {
		this_core()->wide = true;
		return;
	}
	if (guest_has_own_xcr0(vcpu))
		xcr0_write(vmx_host_xcr0);
	vector_state_save(vcpu->vector_state);
}

void vector_return(void)
{
	const struct vcpu *vcpu = this_core()->loaded;

	if (!vcpu)
		return;
	vector_state_restore(vcpu->vector_state);
	if (guest_has_own_xcr0(vcpu))
		xcr0_write(vcpu->switched.xcr0);
}
