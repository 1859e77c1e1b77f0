#include "hv/vm.h"
#include "vmx/exit.h"
#include "vmx/guest_state.h"

static void slow_leaf(struct vcpu *vcpu)
{
	const struct cpuid_vcpu view = {
		.apic_id = vcpu->index,
		.cr4 = vmread(VMCS_GUEST_CR4), /* OSXSAVE may be the guest's own */
		.xcr0 = vcpu->switched.xcr0,
	};
	uint32_t out[4];

	cpuid_lookup(&vcpu->vm->cpuid, &view, vcpu->gpr[GPR_RAX], vcpu->gpr[GPR_RCX], out);
	vcpu->gpr[GPR_RAX] = out[0];
	vcpu->gpr[GPR_RBX] = out[1];
	vcpu->gpr[GPR_RCX] = out[2];
	vcpu->gpr[GPR_RDX] = out[3];
}

enum vmx_verdict vmx_exit_cpuid(struct vcpu *vcpu)
{
	const struct cpuid_leaf *leaf = cpuid_plain_leaf(&vcpu->vm->cpuid, vcpu->gpr[GPR_RAX]);

	if (leaf) {
		vcpu->gpr[GPR_RAX] = leaf->r[0];
		vcpu->gpr[GPR_RBX] = leaf->r[1];
		vcpu->gpr[GPR_RCX] = leaf->r[2];
		vcpu->gpr[GPR_RDX] = leaf->r[3];
	} else {
		slow_leaf(vcpu);
	}
	guest_skip_instruction();
	return VMX_RESUME;
}
