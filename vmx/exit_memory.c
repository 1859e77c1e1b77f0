/* EPT violations: RAM that was not there yet, or registers of devices. */
#include "hv/vm.h"
#include "vmx/exit.h"
#include "vmx/guest_state.h"
#include "vmx/inject.h"
#include "vmx/mmio.h"

/* The access was an IRET's, which had ended the blocking of NMIs and runs again (SDM 27.2.3). */
static void block_nmis_again(void)
{
	if (!(vmread(VMCS_IDT_VECTORING_INFO) & INTERRUPTION_VALID))
		vmwrite(VMCS_GUEST_INTERRUPTIBILITY,
			vmread(VMCS_GUEST_INTERRUPTIBILITY) | BLOCKING_BY_NMI);
}

/* The access has not been made, and is made again: so is what it was part of. */
static inline void undo_what_was_begun(void)
{
	vmx_reinject_interrupted_event();
	if (__builtin_expect(vmread(VMCS_EXIT_QUALIFICATION) & EPT_QUALIFICATION_NMI_UNBLOCKING, 0))
		block_nmis_again();
}

enum vmx_verdict vmx_exit_ept_violation(struct vcpu *vcpu)
{
	uint64_t gpa = vmread(VMCS_GUEST_PHYSICAL_ADDRESS);
	struct vm *vm = vcpu->vm;
	enum error error;

	undo_what_was_begun();
	if (__builtin_expect(!gpa_is_ram(vm->ram.size, gpa), 0))
		return vmx_mmio(vcpu, gpa);
	spin_lock(&vm->lock);
	error = vm_memory_fault(vm, gpa);
	spin_unlock(&vm->lock);
	if (__builtin_expect(error != OK, 0))
		return vmx_crash(vcpu, "no memory for the page at 0x%lx: %s", gpa,
				 error_name(error));
	vcpu->new_pages++;
	return VMX_RESUME;
}

enum vmx_verdict vmx_exit_ept_misconfiguration(struct vcpu *vcpu)
{
	return vmx_crash(vcpu, "EPT misconfiguration at 0x%lx",
			 vmread(VMCS_GUEST_PHYSICAL_ADDRESS));
}

/* The write that found no room is logged when it is made again (SDM 28.2.6). */
enum vmx_verdict vmx_exit_dirty_log_full(struct vcpu *vcpu)
{
	undo_what_was_begun();
	dirty_log_spill(&vcpu->dirty_log);
	vmwrite(VMCS_PML_INDEX, DIRTY_LOG_FIRST);
	return VMX_RESUME;
}
