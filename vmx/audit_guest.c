/* Rules on guest registers other than segments, and on non-register state (SDM 26.3.1). */
#include "vmx/audit_rules.h"
#include "vmx/cr_policy.h"
#include "vmx/msr_policy.h"
#include "vmx/registers.h"

#define RULE(section, text, holds)                                                                 \
	{                                                                                          \
		section, text, holds                                                               \
	}
#define EFER_KNOWN	       (EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE)
#define DEBUGCTL_KNOWN	       0xffc3ull
#define DEBUGCTL_BTF	       (1ull << 1)
#define RFLAGS_RESERVED	       0xffffffffffc08028ull
#define INTERRUPTIBILITY_KNOWN 0xfull
#define PENDING_DEBUG_KNOWN    0x500full

typedef const struct audit_reader reader;

static uint64_t cr0_of(reader *vmcs)
{
	return audit_get(vmcs, VMCS_GUEST_CR0);
}

static uint64_t cr4_of(reader *vmcs)
{
	return audit_get(vmcs, VMCS_GUEST_CR4);
}

static uint64_t rflags_of(reader *vmcs)
{
	return audit_get(vmcs, VMCS_GUEST_RFLAGS);
}

static uint64_t interruptibility(reader *vmcs)
{
	return audit_get(vmcs, VMCS_GUEST_INTERRUPTIBILITY);
}

static uint64_t activity(reader *vmcs)
{
	return audit_get(vmcs, VMCS_GUEST_ACTIVITY);
}

static uint32_t injection(reader *vmcs)
{
	uint32_t info = (uint32_t)audit_get(vmcs, VMCS_ENTRY_INTERRUPTION_INFO);

	return info & INTERRUPTION_VALID ? info : 0;
}

static bool injects(reader *vmcs, uint32_t type)
{
	uint32_t info = injection(vmcs);

	return info && (info & INTERRUPTION_TYPE_MASK) == type;
}

/* ---- 26.3.1.1 ---- */

static bool cr0_fixed(reader *vmcs, const struct vmx_caps *caps)
{
	uint64_t free = CR0_CD | CR0_NW;

	if (audit_secondary(vmcs, SECONDARY_UNRESTRICTED_GUEST))
		free |= CR0_PE | CR0_PG;
	return audit_fixed(cr0_of(vmcs), caps->cr0_fixed0, caps->cr0_fixed1, free);
}

static bool paging_needs_protection(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return !(cr0_of(vmcs) & CR0_PG) || cr0_of(vmcs) & CR0_PE;
}

static bool cr4_fixed(reader *vmcs, const struct vmx_caps *caps)
{
	return audit_fixed(cr4_of(vmcs), caps->cr4_fixed0, caps->cr4_fixed1, 0);
}

static bool cet_needs_wp(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return !(cr4_of(vmcs) & CR4_CET) || cr0_of(vmcs) & CR0_WP;
}

static bool debugctl(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return !audit_entry(vmcs, ENTRY_LOAD_DEBUG) ||
	       !(audit_get(vmcs, VMCS_GUEST_DEBUGCTL) & ~DEBUGCTL_KNOWN);
}

static bool long_mode_paging(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return !audit_entry(vmcs, ENTRY_IA32E_GUEST) ||
	       (cr0_of(vmcs) & CR0_PG && cr4_of(vmcs) & CR4_PAE);
}

static bool pcide_needs_long_mode(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return audit_entry(vmcs, ENTRY_IA32E_GUEST) || !(cr4_of(vmcs) & CR4_PCIDE);
}

/* Bit 63 may be in the register's operand for PCIDs, never in the field. */
static bool cr3_width(reader *vmcs, const struct vmx_caps *caps)
{
	return audit_physical(audit_get(vmcs, VMCS_GUEST_CR3), caps);
}

static bool dr7_high(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return !audit_entry(vmcs, ENTRY_LOAD_DEBUG) || !(audit_get(vmcs, VMCS_GUEST_DR7) >> 32);
}

static bool sysenter_canonical(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return msr_canonical(audit_get(vmcs, VMCS_GUEST_SYSENTER_ESP)) &&
	       msr_canonical(audit_get(vmcs, VMCS_GUEST_SYSENTER_EIP));
}

static bool pat(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return !audit_entry(vmcs, ENTRY_LOAD_PAT) || msr_pat_valid(audit_get(vmcs, VMCS_GUEST_PAT));
}

static bool efer_reserved(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return !audit_entry(vmcs, ENTRY_LOAD_EFER) ||
	       !(audit_get(vmcs, VMCS_GUEST_EFER) & ~EFER_KNOWN);
}

static bool efer_lma(reader *vmcs, const struct vmx_caps *caps)
{
	bool lma = audit_get(vmcs, VMCS_GUEST_EFER) & EFER_LMA;

	(void)caps;
	return !audit_entry(vmcs, ENTRY_LOAD_EFER) || lma == audit_entry(vmcs, ENTRY_IA32E_GUEST);
}

static bool efer_lme(reader *vmcs, const struct vmx_caps *caps)
{
	uint64_t efer = audit_get(vmcs, VMCS_GUEST_EFER);

	(void)caps;
	return !audit_entry(vmcs, ENTRY_LOAD_EFER) || !(cr0_of(vmcs) & CR0_PG) ||
	       !(efer & EFER_LMA) == !(efer & EFER_LME);
}

/* ---- 26.3.1.3 and 26.3.1.4 ---- */

static bool table_bases(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return msr_canonical(audit_get(vmcs, VMCS_GUEST_GDTR_BASE)) &&
	       msr_canonical(audit_get(vmcs, VMCS_GUEST_IDTR_BASE));
}

static bool table_limits(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return audit_get(vmcs, VMCS_GUEST_GDTR_LIMIT) <= 0xffff &&
	       audit_get(vmcs, VMCS_GUEST_IDTR_LIMIT) <= 0xffff;
}

static bool rip(reader *vmcs, const struct vmx_caps *caps)
{
	uint64_t value = audit_get(vmcs, VMCS_GUEST_RIP);
	bool code64 = audit_entry(vmcs, ENTRY_IA32E_GUEST) &&
		      audit_get(vmcs, VMCS_GUEST_CS_ACCESS) & ACCESS_LONG;

	(void)caps;
	return code64 ? msr_canonical(value) : value >> 32 == 0;
}

static bool rflags_reserved(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return !(rflags_of(vmcs) & RFLAGS_RESERVED) && rflags_of(vmcs) & RFLAGS_FIXED1;
}

static bool rflags_vm(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return !(rflags_of(vmcs) & RFLAGS_VM) ||
	       (!audit_entry(vmcs, ENTRY_IA32E_GUEST) && cr0_of(vmcs) & CR0_PE);
}

static bool rflags_if(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return !injects(vmcs, INTERRUPTION_EXTERNAL) || rflags_of(vmcs) & RFLAGS_IF;
}

/* ---- 26.3.1.5 ---- */

static bool activity_supported(reader *vmcs, const struct vmx_caps *caps)
{
	switch (activity(vmcs)) {
	case ACTIVITY_ACTIVE:
		return true;
	case ACTIVITY_HLT:
		return caps->activity_hlt;
	case ACTIVITY_SHUTDOWN:
		return caps->activity_shutdown;
	case ACTIVITY_WAIT_FOR_SIPI:
		return caps->activity_wait_for_sipi;
	default:
		return false;
	}
}

static bool halted_in_ring_0(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return activity(vmcs) != ACTIVITY_HLT ||
	       !(audit_get(vmcs, VMCS_GUEST_SS_ACCESS) & ACCESS_DPL_MASK);
}

static bool blocked_is_active(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return !(interruptibility(vmcs) & (BLOCKING_BY_STI | BLOCKING_BY_MOV_SS)) ||
	       activity(vmcs) == ACTIVITY_ACTIVE;
}

static bool wakes_from_halt(uint32_t info)
{
	uint32_t vector = info & INTERRUPTION_VECTOR_MASK;

	switch (info & INTERRUPTION_TYPE_MASK) {
	case INTERRUPTION_EXTERNAL:
	case INTERRUPTION_NMI:
	case INTERRUPTION_OTHER_EVENT:
		return true;
	case INTERRUPTION_HARDWARE_EXCEPTION:
		return vector == VECTOR_DB || vector == VECTOR_MC;
	default:
		return false;
	}
}

static bool injection_suits_activity(reader *vmcs, const struct vmx_caps *caps)
{
	uint32_t info = injection(vmcs);

	(void)caps;
	if (!info || activity(vmcs) == ACTIVITY_ACTIVE)
		return true;
	if (activity(vmcs) == ACTIVITY_HLT)
		return wakes_from_halt(info);
	if (activity(vmcs) == ACTIVITY_SHUTDOWN)
		return injects(vmcs, INTERRUPTION_NMI) ||
		       (injects(vmcs, INTERRUPTION_HARDWARE_EXCEPTION) &&
			(info & INTERRUPTION_VECTOR_MASK) == VECTOR_MC);
	return false;
}

static bool interruptibility_reserved(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return !(interruptibility(vmcs) & ~INTERRUPTIBILITY_KNOWN);
}

static bool one_blocking(reader *vmcs, const struct vmx_caps *caps)
{
	const uint64_t both = BLOCKING_BY_STI | BLOCKING_BY_MOV_SS;

	(void)caps;
	return (interruptibility(vmcs) & both) != both;
}

static bool sti_needs_if(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return rflags_of(vmcs) & RFLAGS_IF || !(interruptibility(vmcs) & BLOCKING_BY_STI);
}

static bool interrupt_not_blocked(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return !injects(vmcs, INTERRUPTION_EXTERNAL) ||
	       !(interruptibility(vmcs) & (BLOCKING_BY_STI | BLOCKING_BY_MOV_SS));
}

/* Blocking by STI may be refused with an NMI too; the manual leaves it to the processor. */
static bool nmi_not_blocked(reader *vmcs, const struct vmx_caps *caps)
{
	uint64_t blocking = BLOCKING_BY_STI | BLOCKING_BY_MOV_SS;

	(void)caps;
	if (audit_pin(vmcs, PIN_VIRTUAL_NMIS))
		blocking |= BLOCKING_BY_NMI;
	return !injects(vmcs, INTERRUPTION_NMI) || !(interruptibility(vmcs) & blocking);
}

static bool no_smi_blocking(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return !(interruptibility(vmcs) & BLOCKING_BY_SMI);
}

static bool pending_debug_reserved(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return !(audit_get(vmcs, VMCS_GUEST_PENDING_DEBUG) & ~PENDING_DEBUG_KNOWN);
}

/* A single step whose trap was held back by STI, MOV SS or HLT must still be pending. */
static bool pending_debug_step(reader *vmcs, const struct vmx_caps *caps)
{
	bool held = interruptibility(vmcs) & (BLOCKING_BY_STI | BLOCKING_BY_MOV_SS) ||
		    activity(vmcs) == ACTIVITY_HLT;
	bool step = rflags_of(vmcs) & RFLAGS_TF &&
		    !(audit_get(vmcs, VMCS_GUEST_DEBUGCTL) & DEBUGCTL_BTF);
	bool pending = audit_get(vmcs, VMCS_GUEST_PENDING_DEBUG) & PENDING_DEBUG_BS;

	(void)caps;
	return !held || pending == step;
}

static bool link_pointer(reader *vmcs, const struct vmx_caps *caps)
{
	uint64_t link = audit_get(vmcs, VMCS_LINK_POINTER);

	return link == UINT64_MAX || audit_page(link, caps);
}

/* ---- 26.3.1.6 ---- */

static bool pdptes(reader *vmcs, const struct vmx_caps *caps)
{
	const struct cr_limits limits = { .physical_bits = caps->physical_bits };
	const struct cr_state state = { .cr0 = cr0_of(vmcs),
					.cr4 = cr4_of(vmcs),
					.efer = audit_entry(vmcs, ENTRY_IA32E_GUEST) ? EFER_LMA
										     : 0 };
	uint64_t entries[4];

	if (!cr_pae_paging(&state) || !audit_secondary(vmcs, SECONDARY_EPT))
		return true;
	for (uint32_t i = 0; i < 4; i++)
		entries[i] = audit_get(vmcs, VMCS_GUEST_PDPTE0 + 2 * i);
	return cr_pdptes_valid(&limits, entries);
}

const struct audit_rule audit_guest_rules[] = {
	RULE("26.3.1.1", "CR0 must suit IA32_VMX_CR0_FIXED0 and _FIXED1", cr0_fixed),
	RULE("26.3.1.1", "CR0.PG needs CR0.PE", paging_needs_protection),
	RULE("26.3.1.1", "CR4 must suit IA32_VMX_CR4_FIXED0 and _FIXED1", cr4_fixed),
	RULE("26.3.1.1", "CR4.CET needs CR0.WP", cet_needs_wp),
	RULE("26.3.1.1", "reserved bits of IA32_DEBUGCTL must be 0", debugctl),
	RULE("26.3.1.1", "an IA-32e mode guest needs CR0.PG and CR4.PAE", long_mode_paging),
	RULE("26.3.1.1", "CR4.PCIDE needs an IA-32e mode guest", pcide_needs_long_mode),
	RULE("26.3.1.1", "CR3 must not exceed the physical-address width", cr3_width),
	RULE("26.3.1.1", "bits 63:32 of DR7 must be 0", dr7_high),
	RULE("26.3.1.1", "IA32_SYSENTER_ESP and _EIP must be canonical", sysenter_canonical),
	RULE("26.3.1.1", "IA32_PAT must hold memory types", pat),
	RULE("26.3.1.1", "reserved bits of IA32_EFER must be 0", efer_reserved),
	RULE("26.3.1.1", "IA32_EFER.LMA must equal the IA-32e mode guest control", efer_lma),
	RULE("26.3.1.1", "with CR0.PG IA32_EFER.LMA must equal LME", efer_lme),
	RULE("26.3.1.3", "GDTR and IDTR bases must be canonical", table_bases),
	RULE("26.3.1.3", "bits 31:16 of GDTR and IDTR limits must be 0", table_limits),
	RULE("26.3.1.4", "RIP must be canonical in 64-bit code, else below 4 GiB", rip),
	RULE("26.3.1.4", "RFLAGS: reserved bits must be 0, bit 1 must be 1", rflags_reserved),
	RULE("26.3.1.4", "RFLAGS.VM needs protected mode outside IA-32e mode", rflags_vm),
	RULE("26.3.1.4", "an injected external interrupt needs RFLAGS.IF", rflags_if),
	RULE("26.3.1.5", "the activity state must be one that IA32_VMX_MISC supports",
	     activity_supported),
	RULE("26.3.1.5", "the HLT state needs SS.DPL 0", halted_in_ring_0),
	RULE("26.3.1.5", "blocking by STI or MOV SS needs the active state", blocked_is_active),
	RULE("26.3.1.5", "an injected event must be one that ends the activity state",
	     injection_suits_activity),
	RULE("26.3.1.5", "bits 31:4 of the interruptibility state must be 0",
	     interruptibility_reserved),
	RULE("26.3.1.5", "blocking by STI and by MOV SS exclude each other", one_blocking),
	RULE("26.3.1.5", "blocking by STI needs RFLAGS.IF", sti_needs_if),
	RULE("26.3.1.5", "an injected external interrupt must not be blocked",
	     interrupt_not_blocked),
	RULE("26.3.1.5", "an injected NMI must not be blocked", nmi_not_blocked),
	RULE("26.3.1.5", "there must be no blocking by SMI outside SMM", no_smi_blocking),
	RULE("26.3.1.5", "reserved bits of the pending debug exceptions must be 0",
	     pending_debug_reserved),
	RULE("26.3.1.5", "a single step held back must be pending, and nothing else",
	     pending_debug_step),
	RULE("26.3.1.5", "the VMCS link pointer must be all ones or a physical page", link_pointer),
	RULE("26.3.1.6", "present PDPTEs must have no reserved bits", pdptes),
	{ 0 },
};
