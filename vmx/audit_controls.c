/* Rules on VM-execution, VM-exit and VM-entry control fields (SDM 26.2.1). */
#include "vmx/audit_rules.h"
#include "vmx/registers.h"

#define RULE(section, text, holds)                                                                 \
	{                                                                                          \
		section, text, holds                                                               \
	}

typedef const struct audit_reader reader;

static bool within(uint64_t value, struct caps_controls caps)
{
	return !(caps.fixed1 & ~value) && !(value & ~(uint64_t)caps.allowed);
}

static bool pin_allowed(reader *vmcs, const struct vmx_caps *caps)
{
	return within(audit_get(vmcs, VMCS_PIN_CONTROLS), caps->pin);
}

static bool primary_allowed(reader *vmcs, const struct vmx_caps *caps)
{
	return within(audit_get(vmcs, VMCS_PRIMARY_CONTROLS), caps->primary);
}

static bool secondary_allowed(reader *vmcs, const struct vmx_caps *caps)
{
	return !audit_primary(vmcs, PRIMARY_SECONDARY_CONTROLS) ||
	       within(audit_get(vmcs, VMCS_SECONDARY_CONTROLS), caps->secondary);
}

static bool tertiary_allowed(reader *vmcs, const struct vmx_caps *caps)
{
	return !audit_primary(vmcs, PRIMARY_TERTIARY_CONTROLS) ||
	       !(audit_get(vmcs, VMCS_TERTIARY_CONTROLS) & ~caps->tertiary_allowed);
}

static bool cr3_target_count(reader *vmcs, const struct vmx_caps *caps)
{
	return audit_get(vmcs, VMCS_CR3_TARGET_COUNT) <= caps->cr3_targets;
}

static bool io_bitmaps(reader *vmcs, const struct vmx_caps *caps)
{
	return !audit_primary(vmcs, PRIMARY_IO_BITMAPS) ||
	       (audit_page(audit_get(vmcs, VMCS_IO_BITMAP_A), caps) &&
		audit_page(audit_get(vmcs, VMCS_IO_BITMAP_B), caps));
}

static bool msr_bitmap(reader *vmcs, const struct vmx_caps *caps)
{
	return !audit_primary(vmcs, PRIMARY_MSR_BITMAPS) ||
	       audit_page(audit_get(vmcs, VMCS_MSR_BITMAP), caps);
}

static bool virtual_apic_page(reader *vmcs, const struct vmx_caps *caps)
{
	return !audit_primary(vmcs, PRIMARY_TPR_SHADOW) ||
	       audit_page(audit_get(vmcs, VMCS_VIRTUAL_APIC_ADDRESS), caps);
}

static bool tpr_threshold(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return !audit_primary(vmcs, PRIMARY_TPR_SHADOW) ||
	       audit_secondary(vmcs, SECONDARY_VIRTUAL_INTERRUPT_DELIVERY) ||
	       audit_get(vmcs, VMCS_TPR_THRESHOLD) <= 15;
}

static bool apic_needs_tpr_shadow(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return audit_primary(vmcs, PRIMARY_TPR_SHADOW) ||
	       !audit_secondary(vmcs, SECONDARY_VIRTUALIZE_X2APIC |
					      SECONDARY_APIC_REGISTER_VIRTUALIZATION |
					      SECONDARY_VIRTUAL_INTERRUPT_DELIVERY);
}

static bool virtual_nmis(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return !audit_pin(vmcs, PIN_VIRTUAL_NMIS) || audit_pin(vmcs, PIN_NMI_EXITING);
}

static bool nmi_window(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return !audit_primary(vmcs, PRIMARY_NMI_WINDOW_EXITING) ||
	       audit_pin(vmcs, PIN_VIRTUAL_NMIS);
}

static bool apic_access_page(reader *vmcs, const struct vmx_caps *caps)
{
	return !audit_secondary(vmcs, SECONDARY_VIRTUALIZE_APIC_ACCESSES) ||
	       audit_page(audit_get(vmcs, VMCS_APIC_ACCESS_ADDRESS), caps);
}

static bool one_apic_mode(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return !audit_secondary(vmcs, SECONDARY_VIRTUALIZE_X2APIC) ||
	       !audit_secondary(vmcs, SECONDARY_VIRTUALIZE_APIC_ACCESSES);
}

static bool delivery_needs_exiting(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return !audit_secondary(vmcs, SECONDARY_VIRTUAL_INTERRUPT_DELIVERY) ||
	       audit_pin(vmcs, PIN_EXTERNAL_INTERRUPT_EXITING);
}

static bool posted_interrupts(reader *vmcs, const struct vmx_caps *caps)
{
	uint64_t descriptor = audit_get(vmcs, VMCS_POSTED_INTERRUPT_DESCRIPTOR);

	if (!audit_pin(vmcs, PIN_POSTED_INTERRUPTS))
		return true;
	return audit_secondary(vmcs, SECONDARY_VIRTUAL_INTERRUPT_DELIVERY) &&
	       audit_exit(vmcs, EXIT_ACKNOWLEDGE_INTERRUPT) &&
	       audit_get(vmcs, VMCS_POSTED_INTERRUPT_VECTOR) <= 255 && !(descriptor & 63) &&
	       audit_physical(descriptor, caps);
}

static bool vpid_nonzero(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return !audit_secondary(vmcs, SECONDARY_VPID) || audit_get(vmcs, VMCS_VPID);
}

static bool ept_pointer_valid(reader *vmcs, const struct vmx_caps *caps)
{
	uint64_t eptp = audit_get(vmcs, VMCS_EPT_POINTER);
	uint64_t type = eptp & 7;

	if (!audit_secondary(vmcs, SECONDARY_EPT))
		return true;
	if (type != 6 && !(type == 0 && caps->ept_uncached_walk))
		return false;
	if ((eptp >> 3 & 7) != 3 || (eptp >> 6 & 1 && !caps->ept_accessed_dirty))
		return false;
	return !(eptp >> 7 & 0x1f) && audit_physical(eptp, caps);
}

static bool ept_dependents(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return audit_secondary(vmcs, SECONDARY_EPT) ||
	       !audit_secondary(vmcs, SECONDARY_UNRESTRICTED_GUEST | SECONDARY_PML |
					      SECONDARY_MODE_BASED_EXECUTE |
					      SECONDARY_SUB_PAGE_WRITE);
}

static bool pml_page(reader *vmcs, const struct vmx_caps *caps)
{
	return !audit_secondary(vmcs, SECONDARY_PML) ||
	       audit_page(audit_get(vmcs, VMCS_PML_ADDRESS), caps);
}

static bool shadowing_bitmaps(reader *vmcs, const struct vmx_caps *caps)
{
	return !audit_secondary(vmcs, SECONDARY_VMCS_SHADOWING) ||
	       (audit_page(audit_get(vmcs, VMCS_VMREAD_BITMAP), caps) &&
		audit_page(audit_get(vmcs, VMCS_VMWRITE_BITMAP), caps));
}

static bool ve_information(reader *vmcs, const struct vmx_caps *caps)
{
	return !audit_secondary(vmcs, SECONDARY_EPT_VIOLATION_VE) ||
	       audit_page(audit_get(vmcs, VMCS_VE_INFORMATION_ADDRESS), caps);
}

static bool tsc_multiplier(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return !audit_secondary(vmcs, SECONDARY_TSC_SCALING) ||
	       audit_get(vmcs, VMCS_TSC_MULTIPLIER);
}

static bool exit_allowed(reader *vmcs, const struct vmx_caps *caps)
{
	return within(audit_get(vmcs, VMCS_EXIT_CONTROLS), caps->exit);
}

static bool saved_timer(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return !audit_exit(vmcs, EXIT_SAVE_PREEMPTION_TIMER) ||
	       audit_pin(vmcs, PIN_PREEMPTION_TIMER);
}

static bool msr_area(reader *vmcs, const struct vmx_caps *caps, uint32_t count_field,
		     uint32_t address_field)
{
	uint64_t count = audit_get(vmcs, count_field), address = audit_get(vmcs, address_field);

	return !count || (!(address & 15) && audit_physical(address, caps) &&
			  audit_physical(address + count * 16 - 1, caps));
}

static bool exit_msr_areas(reader *vmcs, const struct vmx_caps *caps)
{
	return msr_area(vmcs, caps, VMCS_EXIT_MSR_STORE_COUNT, VMCS_EXIT_MSR_STORE_ADDRESS) &&
	       msr_area(vmcs, caps, VMCS_EXIT_MSR_LOAD_COUNT, VMCS_EXIT_MSR_LOAD_ADDRESS);
}

static bool entry_msr_area(reader *vmcs, const struct vmx_caps *caps)
{
	return msr_area(vmcs, caps, VMCS_ENTRY_MSR_LOAD_COUNT, VMCS_ENTRY_MSR_LOAD_ADDRESS);
}

static bool entry_allowed(reader *vmcs, const struct vmx_caps *caps)
{
	return within(audit_get(vmcs, VMCS_ENTRY_CONTROLS), caps->entry);
}

static bool no_smm_entry(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return !audit_entry(vmcs, ENTRY_TO_SMM | ENTRY_DEACTIVATE_DUAL_MONITOR);
}

/* ---- Event injection ---- */

static uint32_t injection(reader *vmcs)
{
	uint32_t info = (uint32_t)audit_get(vmcs, VMCS_ENTRY_INTERRUPTION_INFO);

	return info & INTERRUPTION_VALID ? info : 0;
}

static bool injected_type(reader *vmcs, const struct vmx_caps *caps)
{
	uint32_t type = injection(vmcs) & INTERRUPTION_TYPE_MASK;

	return type != 1u << INTERRUPTION_TYPE_SHIFT &&
	       (type != INTERRUPTION_OTHER_EVENT || caps->monitor_trap_flag);
}

static bool injected_vector(reader *vmcs, const struct vmx_caps *caps)
{
	uint32_t info = injection(vmcs);
	uint32_t vector = info & INTERRUPTION_VECTOR_MASK;

	(void)caps;
	switch (info & INTERRUPTION_TYPE_MASK) {
	case INTERRUPTION_NMI:
		return vector == VECTOR_NMI;
	case INTERRUPTION_HARDWARE_EXCEPTION:
		return vector <= 31;
	case INTERRUPTION_OTHER_EVENT:
		return vector == 0;
	default:
		return true;
	}
}

static bool has_error_code(uint32_t vector)
{
	const uint32_t vectors = 1u << VECTOR_DF | 1u << VECTOR_TS | 1u << VECTOR_NP |
				 1u << VECTOR_SS | 1u << VECTOR_GP | 1u << VECTOR_PF |
				 1u << VECTOR_AC;

	return vector < 32 && vectors >> vector & 1;
}

/* Stricter than processors with IA32_VMX_BASIC[56], which take any combination; we inject none. */
static bool injected_error_code(reader *vmcs, const struct vmx_caps *caps)
{
	uint32_t info = injection(vmcs);
	bool protected_mode = audit_get(vmcs, VMCS_GUEST_CR0) & CR0_PE ||
			      !audit_secondary(vmcs, SECONDARY_UNRESTRICTED_GUEST);
	bool wanted = (info & INTERRUPTION_TYPE_MASK) == INTERRUPTION_HARDWARE_EXCEPTION &&
		      has_error_code(info & INTERRUPTION_VECTOR_MASK) && protected_mode;

	(void)caps;
	return !(info & INTERRUPTION_VALID) || !!(info & INTERRUPTION_ERROR_CODE) == wanted;
}

static bool injected_error_value(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return !(injection(vmcs) & INTERRUPTION_ERROR_CODE) ||
	       !(audit_get(vmcs, VMCS_ENTRY_EXCEPTION_ERROR_CODE) >> 15);
}

static bool injected_reserved(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return !(injection(vmcs) & 0x7ffff000);
}

static bool injected_length(reader *vmcs, const struct vmx_caps *caps)
{
	uint64_t length = audit_get(vmcs, VMCS_ENTRY_INSTRUCTION_LENGTH);
	uint32_t type = injection(vmcs) & INTERRUPTION_TYPE_MASK;

	if (type != INTERRUPTION_SOFTWARE_INTERRUPT && type != INTERRUPTION_SOFTWARE_EXCEPTION &&
	    type != INTERRUPTION_PRIVILEGED_EXCEPTION)
		return true;
	return length <= 15 && (length || caps->inject_zero_length);
}

const struct audit_rule audit_control_rules[] = {
	RULE("26.2.1.1", "pin-based controls must suit IA32_VMX_TRUE_PINBASED_CTLS", pin_allowed),
	RULE("26.2.1.1", "primary controls must suit IA32_VMX_TRUE_PROCBASED_CTLS",
	     primary_allowed),
	RULE("26.2.1.1", "secondary controls must suit IA32_VMX_PROCBASED_CTLS2",
	     secondary_allowed),
	RULE("26.2.1.1", "tertiary controls must suit IA32_VMX_PROCBASED_CTLS3", tertiary_allowed),
	RULE("26.2.1.1", "the CR3-target count must not exceed IA32_VMX_MISC[24:16]",
	     cr3_target_count),
	RULE("26.2.1.1", "I/O bitmaps must be physical pages", io_bitmaps),
	RULE("26.2.1.1", "the MSR bitmap must be a physical page", msr_bitmap),
	RULE("26.2.1.1", "the virtual-APIC address must be a physical page", virtual_apic_page),
	RULE("26.2.1.1", "bits 31:4 of the TPR threshold must be 0", tpr_threshold),
	RULE("26.2.1.1",
	     "x2APIC mode, APIC-register virtualization and virtual-interrupt delivery need the "
	     "TPR shadow",
	     apic_needs_tpr_shadow),
	RULE("26.2.1.1", "virtual NMIs need NMI exiting", virtual_nmis),
	RULE("26.2.1.1", "NMI-window exiting needs virtual NMIs", nmi_window),
	RULE("26.2.1.1", "the APIC-access address must be a physical page", apic_access_page),
	RULE("26.2.1.1", "virtualize x2APIC mode excludes virtualize APIC accesses", one_apic_mode),
	RULE("26.2.1.1", "virtual-interrupt delivery needs external-interrupt exiting",
	     delivery_needs_exiting),
	RULE("26.2.1.1",
	     "posted interrupts need virtual-interrupt delivery, acknowledge on exit, a vector and "
	     "an aligned descriptor",
	     posted_interrupts),
	RULE("26.2.1.1", "an enabled VPID must not be 0", vpid_nonzero),
	RULE("26.2.1.1",
	     "EPTP must have a supported memory type, walk length 4, no reserved bits, and A/D only "
	     "if supported",
	     ept_pointer_valid),
	RULE("26.2.1.1",
	     "unrestricted guest, PML, mode-based execute and sub-page permissions need EPT",
	     ept_dependents),
	RULE("26.2.1.1", "the PML address must be a physical page", pml_page),
	RULE("26.2.1.1", "VMREAD and VMWRITE bitmaps must be physical pages", shadowing_bitmaps),
	RULE("26.2.1.1", "the virtualization-exception information must be a physical page",
	     ve_information),
	RULE("26.2.1.1", "the TSC multiplier must not be 0", tsc_multiplier),
	RULE("26.2.1.2", "VM-exit controls must suit IA32_VMX_TRUE_EXIT_CTLS", exit_allowed),
	RULE("26.2.1.2", "saving the preemption timer needs the preemption timer", saved_timer),
	RULE("26.2.1.2", "VM-exit MSR areas must be aligned physical addresses", exit_msr_areas),
	RULE("26.2.1.3", "VM-entry controls must suit IA32_VMX_TRUE_ENTRY_CTLS", entry_allowed),
	RULE("26.2.1.3", "entry to SMM and dual-monitor treatment are for SMM only", no_smm_entry),
	RULE("26.2.1.3", "the VM-entry MSR area must be an aligned physical address",
	     entry_msr_area),
	RULE("26.2.1.3", "an injected event must have a type that exists", injected_type),
	RULE("26.2.1.3", "an injected event's vector must suit its type", injected_vector),
	RULE("26.2.1.3",
	     "an error code must be delivered exactly with hardware exceptions that have one, in "
	     "protected mode",
	     injected_error_code),
	RULE("26.2.1.3", "bits 31:15 of an injected error code must be 0", injected_error_value),
	RULE("26.2.1.3", "bits 30:12 of the interruption information must be 0", injected_reserved),
	RULE("26.2.1.3", "an injected software event needs an instruction length of 1 to 15",
	     injected_length),
	{ 0 },
};
