#include "hv/hypercall.h"
#include "vmx/exit.h"
#include "vmx/guest_state.h"
#include "vmx/inject.h"

/* A program at CPL 3 gets what it would get without a hypervisor. */
enum vmx_verdict vmx_exit_vmcall(struct vcpu *vcpu)
{
	if (__builtin_expect(guest_cpl() != 0, 0))
		return vmx_inject_ud();
	guest_skip_instruction();
	return hypercall(vcpu);
}
