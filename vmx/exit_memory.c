/* EPT violations: RAM that was not there yet, or registers of devices. */
#include "hv/vm.h"
#include "vmx/exit.h"
#include "vmx/guest_state.h"
#include "vmx/inject.h"
#include "vmx/mmio.h"

enum vmx_verdict vmx_exit_ept_violation(struct vcpu *vcpu)
{
	uint64_t gpa = vmread(VMCS_GUEST_PHYSICAL_ADDRESS);
	struct vm *vm = vcpu->vm;
	enum error error;

	vmx_reinject_interrupted_event();
	if (__builtin_expect(!gpa_is_ram(vm->ram.size, gpa), 0))
		return vmx_mmio(vcpu, gpa);
	spin_lock(&vm->lock);
	error = vm_memory_fault(vm, gpa);
	spin_unlock(&vm->lock);
	if (__builtin_expect(error != OK, 0))
		return vmx_crash(vcpu, "no memory for the page at 0x%lx: %s", gpa,
				 error_name(error));
	return VMX_RESUME;
}

enum vmx_verdict vmx_exit_ept_misconfiguration(struct vcpu *vcpu)
{
	return vmx_crash(vcpu, "EPT misconfiguration at 0x%lx",
			 vmread(VMCS_GUEST_PHYSICAL_ADDRESS));
}
