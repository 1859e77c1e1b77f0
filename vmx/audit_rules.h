/* Inside the auditor: what its three files of rules share. */
#ifndef VMX_AUDIT_RULES_H
#define VMX_AUDIT_RULES_H

#include "vmx/audit.h"
#include "vmx/vmcs.h"

extern const struct audit_rule audit_control_rules[];
extern const struct audit_rule audit_host_rules[];
extern const struct audit_rule audit_guest_rules[];
extern const struct audit_rule audit_segment_rules[];

static inline uint64_t audit_get(const struct audit_reader *vmcs, uint32_t field)
{
	return vmcs->read(vmcs->context, field);
}

static inline bool audit_pin(const struct audit_reader *vmcs, uint32_t bits)
{
	return audit_get(vmcs, VMCS_PIN_CONTROLS) & bits;
}

static inline bool audit_primary(const struct audit_reader *vmcs, uint32_t bits)
{
	return audit_get(vmcs, VMCS_PRIMARY_CONTROLS) & bits;
}

/* Secondary controls count only when they are activated. */
static inline bool audit_secondary(const struct audit_reader *vmcs, uint32_t bits)
{
	return audit_primary(vmcs, PRIMARY_SECONDARY_CONTROLS) &&
	       audit_get(vmcs, VMCS_SECONDARY_CONTROLS) & bits;
}

static inline bool audit_exit(const struct audit_reader *vmcs, uint32_t bits)
{
	return audit_get(vmcs, VMCS_EXIT_CONTROLS) & bits;
}

static inline bool audit_entry(const struct audit_reader *vmcs, uint32_t bits)
{
	return audit_get(vmcs, VMCS_ENTRY_CONTROLS) & bits;
}

/* Within MAXPHYADDR. */
static inline bool audit_physical(uint64_t address, const struct vmx_caps *caps)
{
	return address >> caps->physical_bits == 0;
}

static inline bool audit_page(uint64_t address, const struct vmx_caps *caps)
{
	return !(address & 0xfff) && audit_physical(address, caps);
}

/* value has all of fixed0 and nothing outside fixed1 but for the bits of `free`. */
static inline bool audit_fixed(uint64_t value, uint64_t fixed0, uint64_t fixed1, uint64_t free)
{
	return !(fixed0 & ~value & ~free) && !(value & ~fixed1 & ~free);
}

#endif
