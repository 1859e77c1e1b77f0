/* Rules on the host-state area (SDM 26.2.2 to 26.2.4). */
#include "vmx/audit_rules.h"
#include "vmx/msr_policy.h"
#include "vmx/registers.h"

#define RULE(section, text, holds)                                                                 \
	{                                                                                          \
		section, text, holds                                                               \
	}
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define EFER_KNOWN   (EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE)

typedef const struct audit_reader reader;

static bool cr0_fixed(reader *vmcs, const struct vmx_caps *caps)
{
	return audit_fixed(audit_get(vmcs, VMCS_HOST_CR0), caps->cr0_fixed0, caps->cr0_fixed1, 0);
}

static bool cr4_fixed(reader *vmcs, const struct vmx_caps *caps)
{
	return audit_fixed(audit_get(vmcs, VMCS_HOST_CR4), caps->cr4_fixed0, caps->cr4_fixed1, 0);
}

static bool cr3_width(reader *vmcs, const struct vmx_caps *caps)
{
	return audit_physical(audit_get(vmcs, VMCS_HOST_CR3), caps);
}

static bool all_canonical(reader *vmcs, const uint32_t *fields, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (!msr_canonical(audit_get(vmcs, fields[i])))
			return false;
	return true;
}

static bool sysenter_canonical(reader *vmcs, const struct vmx_caps *caps)
{
	static const uint32_t fields[] = { VMCS_HOST_SYSENTER_ESP, VMCS_HOST_SYSENTER_EIP };

	(void)caps;
	return all_canonical(vmcs, fields, COUNT(fields));
}

static bool pat(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return !audit_exit(vmcs, EXIT_LOAD_PAT) || msr_pat_valid(audit_get(vmcs, VMCS_HOST_PAT));
}

static bool efer(reader *vmcs, const struct vmx_caps *caps)
{
	uint64_t value = audit_get(vmcs, VMCS_HOST_EFER);
	uint64_t long_mode = audit_exit(vmcs, EXIT_HOST_64BIT) ? EFER_LME | EFER_LMA : 0;

	(void)caps;
	return !audit_exit(vmcs, EXIT_LOAD_EFER) ||
	       (!(value & ~EFER_KNOWN) && (value & (EFER_LME | EFER_LMA)) == long_mode);
}

static bool selectors_of_ring_0(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	for (uint32_t field = VMCS_HOST_ES_SELECTOR; field <= VMCS_HOST_TR_SELECTOR; field += 2)
		if (audit_get(vmcs, field) & 7)
			return false;
	return true;
}

static bool cs_and_tr_not_null(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return audit_get(vmcs, VMCS_HOST_CS_SELECTOR) && audit_get(vmcs, VMCS_HOST_TR_SELECTOR);
}

static bool bases_canonical(reader *vmcs, const struct vmx_caps *caps)
{
	static const uint32_t fields[] = { VMCS_HOST_FS_BASE, VMCS_HOST_GS_BASE, VMCS_HOST_TR_BASE,
					   VMCS_HOST_GDTR_BASE, VMCS_HOST_IDTR_BASE };

	(void)caps;
	return all_canonical(vmcs, fields, COUNT(fields));
}

static bool host_is_64bit(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return audit_exit(vmcs, EXIT_HOST_64BIT);
}

static bool host_has_pae(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return audit_get(vmcs, VMCS_HOST_CR4) & CR4_PAE;
}

static bool rip_canonical(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return msr_canonical(audit_get(vmcs, VMCS_HOST_RIP));
}

const struct audit_rule audit_host_rules[] = {
	RULE("26.2.2", "host CR0 must suit IA32_VMX_CR0_FIXED0 and _FIXED1", cr0_fixed),
	RULE("26.2.2", "host CR4 must suit IA32_VMX_CR4_FIXED0 and _FIXED1", cr4_fixed),
	RULE("26.2.2", "host CR3 must not exceed the physical-address width", cr3_width),
	RULE("26.2.2", "host IA32_SYSENTER_ESP and _EIP must be canonical", sysenter_canonical),
	RULE("26.2.2", "host IA32_PAT must hold memory types", pat),
	RULE("26.2.2", "host IA32_EFER must have no reserved bits, LMA and LME as the host's mode",
	     efer),
	RULE("26.2.3", "RPL and TI of host selectors must be 0", selectors_of_ring_0),
	RULE("26.2.3", "host CS and TR must not be 0", cs_and_tr_not_null),
	RULE("26.2.3", "host FS, GS, TR, GDTR and IDTR bases must be canonical", bases_canonical),
	RULE("26.2.4", "the host address-space size must be 1 in IA-32e mode", host_is_64bit),
	RULE("26.2.4", "host CR4.PAE must be 1", host_has_pae),
	RULE("26.2.4", "host RIP must be canonical", rip_canonical),
	{ 0 },
};
