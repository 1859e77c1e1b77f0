#include "vmx/caps.h"

#include <string.h>

#include "vmx/registers.h"
#include "vmx/vmcs.h"

/*
 * Where a feature's bit is. Control sources are the allowed-1 halves, so their bit numbers in the
 * MSR are 32 higher; for text the MSR with the "TRUE" settings is never named, because its
 * allowed-1 half is the same.
 */
enum caps_source {
	FROM_CPUID_1_ECX,
	FROM_CPUID_1_EDX,
	FROM_CPUID_80000001_EDX,
	FROM_CPUID_80000007_EDX,
	FROM_FEATURE_CONTROL,
	FROM_BASIC,
	FROM_PIN,
	FROM_PRIMARY,
	FROM_SECONDARY,
	FROM_EXIT,
	FROM_ENTRY,
	FROM_EPT_VPID,
	FROM_VMFUNC,
	SOURCE_COUNT,
};

static const struct {
	const char *name;
	uint32_t msr; /* 0: a CPUID register */
	uint8_t shift;
} sources[SOURCE_COUNT] = {
	[FROM_CPUID_1_ECX] = { "CPUID.1:ECX", 0, 0 },
	[FROM_CPUID_1_EDX] = { "CPUID.1:EDX", 0, 0 },
	[FROM_CPUID_80000001_EDX] = { "CPUID.80000001H:EDX", 0, 0 },
	[FROM_CPUID_80000007_EDX] = { "CPUID.80000007H:EDX", 0, 0 },
	[FROM_FEATURE_CONTROL] = { "IA32_FEATURE_CONTROL", IA32_FEATURE_CONTROL, 0 },
	[FROM_BASIC] = { "IA32_VMX_BASIC", IA32_VMX_BASIC, 0 },
	[FROM_PIN] = { "IA32_VMX_PINBASED_CTLS", IA32_VMX_PINBASED_CTLS, 32 },
	[FROM_PRIMARY] = { "IA32_VMX_PROCBASED_CTLS", IA32_VMX_PROCBASED_CTLS, 32 },
	[FROM_SECONDARY] = { "IA32_VMX_PROCBASED_CTLS2", IA32_VMX_PROCBASED_CTLS2, 32 },
	[FROM_EXIT] = { "IA32_VMX_EXIT_CTLS", IA32_VMX_EXIT_CTLS, 32 },
	[FROM_ENTRY] = { "IA32_VMX_ENTRY_CTLS", IA32_VMX_ENTRY_CTLS, 32 },
	[FROM_EPT_VPID] = { "IA32_VMX_EPT_VPID_CAP", IA32_VMX_EPT_VPID_CAP, 0 },
	[FROM_VMFUNC] = { "IA32_VMX_VMFUNC", IA32_VMX_VMFUNC, 0 },
};

/* Bits of IA32_VMX_EPT_VPID_CAP (SDM A.10). */
enum ept_vpid_bit {
	CAP_EXECUTE_ONLY = 0,
	CAP_WALK_4 = 6,
	CAP_UNCACHED = 8,
	CAP_WRITE_BACK = 14,
	CAP_2M = 16,
	CAP_1G = 17,
	CAP_INVEPT = 20,
	CAP_ACCESSED_DIRTY = 21,
	CAP_VIOLATION_INFORMATION = 22,
	CAP_INVEPT_SINGLE = 25,
	CAP_INVEPT_ALL = 26,
	CAP_INVVPID = 32,
	CAP_INVVPID_ADDRESS = 40,
	CAP_INVVPID_SINGLE = 41,
	CAP_INVVPID_ALL = 42,
	CAP_INVVPID_KEEP_GLOBAL = 43,
};

#define BASIC_TRUE_CONTROLS (1ull << 55)

#define BIT_OF(mask) ((uint8_t)__builtin_ctz(mask))
#define NEEDED(n, s, b)                                                                            \
	{                                                                                          \
		n, CAPS_NEEDED, s, b, CAPS_NO_FIELD                                                \
	}
#define OPTION(n, s, b, field)                                                                     \
	{                                                                                          \
		n, CAPS_OPTIONAL, s, b, offsetof(struct vmx_caps, field)                           \
	}

/*
 * Needed is what the run loop has no other way for. EPT's execute-only pages, large pages and the
 * like have one; so has the preemption timer (the host's APIC timer) and VPID (flushes).
 */
const struct caps_feature caps_features[] = {
	NEEDED("VMX", FROM_CPUID_1_ECX, 5),
	NEEDED("VMX outside SMX (not locked off by firmware)", FROM_FEATURE_CONTROL, 2),
	NEEDED("MSRs", FROM_CPUID_1_EDX, 5),
	NEEDED("local APIC", FROM_CPUID_1_EDX, 9),
	NEEDED("64-bit mode", FROM_CPUID_80000001_EDX, 29),
	NEEDED("execute-disable", FROM_CPUID_80000001_EDX, 20),
	NEEDED("VMX controls without default settings", FROM_BASIC, 55),
	NEEDED("external-interrupt exiting", FROM_PIN, BIT_OF(PIN_EXTERNAL_INTERRUPT_EXITING)),
	NEEDED("NMI exiting", FROM_PIN, BIT_OF(PIN_NMI_EXITING)),
	NEEDED("interrupt-window exiting", FROM_PRIMARY, BIT_OF(PRIMARY_INTERRUPT_WINDOW_EXITING)),
	NEEDED("use TSC offsetting", FROM_PRIMARY, BIT_OF(PRIMARY_TSC_OFFSETTING)),
	NEEDED("HLT exiting", FROM_PRIMARY, BIT_OF(PRIMARY_HLT_EXITING)),
	NEEDED("unconditional I/O exiting", FROM_PRIMARY, BIT_OF(PRIMARY_UNCONDITIONAL_IO_EXITING)),
	NEEDED("CR8-load exiting", FROM_PRIMARY, BIT_OF(PRIMARY_CR8_LOAD_EXITING)),
	NEEDED("CR8-store exiting", FROM_PRIMARY, BIT_OF(PRIMARY_CR8_STORE_EXITING)),
	NEEDED("use MSR bitmaps", FROM_PRIMARY, BIT_OF(PRIMARY_MSR_BITMAPS)),
	NEEDED("secondary controls", FROM_PRIMARY, BIT_OF(PRIMARY_SECONDARY_CONTROLS)),
	NEEDED("EPT", FROM_SECONDARY, BIT_OF(SECONDARY_EPT)),
	NEEDED("unrestricted guest", FROM_SECONDARY, BIT_OF(SECONDARY_UNRESTRICTED_GUEST)),
	NEEDED("EPT page walk of length 4", FROM_EPT_VPID, CAP_WALK_4),
	NEEDED("EPT structures in write-back memory", FROM_EPT_VPID, CAP_WRITE_BACK),
	NEEDED("INVEPT", FROM_EPT_VPID, CAP_INVEPT),
	NEEDED("64-bit host", FROM_EXIT, BIT_OF(EXIT_HOST_64BIT)),
	NEEDED("save IA32_EFER", FROM_EXIT, BIT_OF(EXIT_SAVE_EFER)),
	NEEDED("load IA32_EFER on exit", FROM_EXIT, BIT_OF(EXIT_LOAD_EFER)),
	NEEDED("load IA32_EFER on entry", FROM_ENTRY, BIT_OF(ENTRY_LOAD_EFER)),
	NEEDED("IA-32e mode guest", FROM_ENTRY, BIT_OF(ENTRY_IA32E_GUEST)),

	OPTION("VPID", FROM_SECONDARY, BIT_OF(SECONDARY_VPID), vpid),
	OPTION("EPT 2 MiB pages", FROM_EPT_VPID, CAP_2M, ept_2m),
	OPTION("EPT 1 GiB pages", FROM_EPT_VPID, CAP_1G, ept_1g),
	OPTION("EPT execute-only pages", FROM_EPT_VPID, CAP_EXECUTE_ONLY, ept_execute_only),
	OPTION("EPT accessed and dirty bits", FROM_EPT_VPID, CAP_ACCESSED_DIRTY,
	       ept_accessed_dirty),
	OPTION("EPT structures in uncached memory", FROM_EPT_VPID, CAP_UNCACHED, ept_uncached_walk),
	OPTION("advanced EPT-violation information", FROM_EPT_VPID, CAP_VIOLATION_INFORMATION,
	       ept_violation_information),
	OPTION("INVEPT single context", FROM_EPT_VPID, CAP_INVEPT_SINGLE, invept_single),
	OPTION("INVEPT all contexts", FROM_EPT_VPID, CAP_INVEPT_ALL, invept_all),
	OPTION("INVVPID individual address", FROM_EPT_VPID, CAP_INVVPID_ADDRESS, invvpid_address),
	OPTION("INVVPID single context", FROM_EPT_VPID, CAP_INVVPID_SINGLE, invvpid_single),
	OPTION("INVVPID all contexts", FROM_EPT_VPID, CAP_INVVPID_ALL, invvpid_all),
	OPTION("INVVPID single context, keeping globals", FROM_EPT_VPID, CAP_INVVPID_KEEP_GLOBAL,
	       invvpid_keep_global),
	OPTION("page-modification logging", FROM_SECONDARY, BIT_OF(SECONDARY_PML), pml),
	OPTION("PAUSE-loop exiting", FROM_SECONDARY, BIT_OF(SECONDARY_PAUSE_LOOP_EXITING),
	       pause_loop_exiting),
	OPTION("VMX-preemption timer", FROM_PIN, BIT_OF(PIN_PREEMPTION_TIMER), preemption_timer),
	OPTION("save VMX-preemption timer", FROM_EXIT, BIT_OF(EXIT_SAVE_PREEMPTION_TIMER),
	       save_preemption_timer),
	OPTION("virtual NMIs", FROM_PIN, BIT_OF(PIN_VIRTUAL_NMIS), virtual_nmis),
	OPTION("use TPR shadow", FROM_PRIMARY, BIT_OF(PRIMARY_TPR_SHADOW), tpr_shadow),
	OPTION("virtualize APIC accesses", FROM_SECONDARY,
	       BIT_OF(SECONDARY_VIRTUALIZE_APIC_ACCESSES), virtualize_apic_accesses),
	OPTION("virtualize x2APIC mode", FROM_SECONDARY, BIT_OF(SECONDARY_VIRTUALIZE_X2APIC),
	       virtualize_x2apic),
	OPTION("APIC-register virtualization", FROM_SECONDARY,
	       BIT_OF(SECONDARY_APIC_REGISTER_VIRTUALIZATION), apic_register_virtualization),
	OPTION("virtual-interrupt delivery", FROM_SECONDARY,
	       BIT_OF(SECONDARY_VIRTUAL_INTERRUPT_DELIVERY), virtual_interrupt_delivery),
	OPTION("process posted interrupts", FROM_PIN, BIT_OF(PIN_POSTED_INTERRUPTS),
	       posted_interrupts),
	OPTION("acknowledge interrupt on exit", FROM_EXIT, BIT_OF(EXIT_ACKNOWLEDGE_INTERRUPT),
	       acknowledge_interrupt),
	OPTION("use TSC scaling", FROM_SECONDARY, BIT_OF(SECONDARY_TSC_SCALING), tsc_scaling),
	OPTION("enable RDTSCP", FROM_SECONDARY, BIT_OF(SECONDARY_RDTSCP), rdtscp),
	OPTION("enable INVPCID", FROM_SECONDARY, BIT_OF(SECONDARY_INVPCID), invpcid),
	OPTION("enable XSAVES/XRSTORS", FROM_SECONDARY, BIT_OF(SECONDARY_XSAVES), xsaves),
	OPTION("enable user wait and pause", FROM_SECONDARY, BIT_OF(SECONDARY_USER_WAIT_PAUSE),
	       user_wait_pause),
	OPTION("WBINVD exiting", FROM_SECONDARY, BIT_OF(SECONDARY_WBINVD_EXITING), wbinvd_exiting),
	OPTION("descriptor-table exiting", FROM_SECONDARY,
	       BIT_OF(SECONDARY_DESCRIPTOR_TABLE_EXITING), descriptor_table_exiting),
	OPTION("mode-based execute control for EPT", FROM_SECONDARY,
	       BIT_OF(SECONDARY_MODE_BASED_EXECUTE), mode_based_execute),
	OPTION("sub-page write permissions for EPT", FROM_SECONDARY,
	       BIT_OF(SECONDARY_SUB_PAGE_WRITE), sub_page_write),
	OPTION("enable VM functions", FROM_SECONDARY, BIT_OF(SECONDARY_VM_FUNCTIONS), vm_functions),
	OPTION("EPTP switching", FROM_VMFUNC, 0, eptp_switching),
	OPTION("EPT-violation #VE", FROM_SECONDARY, BIT_OF(SECONDARY_EPT_VIOLATION_VE),
	       ept_violation_ve),
	OPTION("VMCS shadowing", FROM_SECONDARY, BIT_OF(SECONDARY_VMCS_SHADOWING), vmcs_shadowing),
	OPTION("monitor trap flag", FROM_PRIMARY, BIT_OF(PRIMARY_MONITOR_TRAP_FLAG),
	       monitor_trap_flag),
	OPTION("save IA32_PAT", FROM_EXIT, BIT_OF(EXIT_SAVE_PAT), save_pat),
	OPTION("load IA32_PAT on entry", FROM_ENTRY, BIT_OF(ENTRY_LOAD_PAT), load_guest_pat),
	OPTION("load IA32_PAT on exit", FROM_EXIT, BIT_OF(EXIT_LOAD_PAT), load_host_pat),
	OPTION("load IA32_PERF_GLOBAL_CTRL", FROM_ENTRY, BIT_OF(ENTRY_LOAD_PERF_GLOBAL_CTRL),
	       load_perf_global_ctrl),
	OPTION("load CET state", FROM_ENTRY, BIT_OF(ENTRY_LOAD_CET), load_cet),
	OPTION("invariant TSC", FROM_CPUID_80000007_EDX, 8, host_invariant_tsc),
};
const size_t caps_feature_count = sizeof(caps_features) / sizeof(caps_features[0]);

/* ---- Reading ---- */

static void read_cpuid(struct vmx_caps_raw *raw, const struct caps_ops *ops)
{
	uint32_t out[4];

	ops->cpuid(0, 0, out);
	raw->cpuid_max = out[0];
	ops->cpuid(0x80000000, 0, out);
	raw->cpuid_extended_max = out[0] & 0x80000000 ? out[0] : 0;

	ops->cpuid(1, 0, raw->cpuid_1);
	if (raw->cpuid_max >= 7)
		ops->cpuid(7, 0, raw->cpuid_7);
	if (raw->cpuid_max >= 0xd)
		ops->cpuid(0xd, 1, raw->cpuid_d_1);
	if (raw->cpuid_extended_max >= 0x80000001)
		ops->cpuid(0x80000001, 0, raw->cpuid_80000001);
	if (raw->cpuid_extended_max >= 0x80000007)
		ops->cpuid(0x80000007, 0, raw->cpuid_80000007);
	if (raw->cpuid_extended_max >= 0x80000008)
		ops->cpuid(0x80000008, 0, raw->cpuid_80000008);
}

static uint64_t vmx_msr(const struct vmx_caps_raw *raw, uint32_t msr)
{
	return raw->vmx_msr[msr - IA32_VMX_BASIC];
}

static bool vmx_msr_present(const struct vmx_caps_raw *raw, uint32_t msr)
{
	return raw->msr_present >> (msr - IA32_VMX_BASIC) & 1;
}

/*
 * Which bit of an earlier MSR says that this one is there (SDM appendix A); rows in the order of
 * reading. enabler 0: there with VMX.
 */
static const struct {
	uint16_t first, last, enabler;
	uint64_t bits;
} vmx_msr_conditions[] = {
	{ IA32_VMX_BASIC, IA32_VMX_VMCS_ENUM, 0, 0 },
	{ IA32_VMX_PROCBASED_CTLS2, IA32_VMX_PROCBASED_CTLS2, IA32_VMX_PROCBASED_CTLS,
	  (uint64_t)PRIMARY_SECONDARY_CONTROLS << 32 },
	{ IA32_VMX_EPT_VPID_CAP, IA32_VMX_EPT_VPID_CAP, IA32_VMX_PROCBASED_CTLS2,
	  (uint64_t)(SECONDARY_EPT | SECONDARY_VPID) << 32 },
	{ IA32_VMX_TRUE_PINBASED_CTLS, IA32_VMX_TRUE_ENTRY_CTLS, IA32_VMX_BASIC,
	  BASIC_TRUE_CONTROLS },
	{ IA32_VMX_VMFUNC, IA32_VMX_VMFUNC, IA32_VMX_PROCBASED_CTLS2,
	  (uint64_t)SECONDARY_VM_FUNCTIONS << 32 },
	{ IA32_VMX_PROCBASED_CTLS3, IA32_VMX_PROCBASED_CTLS3, IA32_VMX_PROCBASED_CTLS,
	  (uint64_t)PRIMARY_TERTIARY_CONTROLS << 32 },
	{ IA32_VMX_EXIT_CTLS2, IA32_VMX_EXIT_CTLS2, IA32_VMX_EXIT_CTLS,
	  (uint64_t)EXIT_SECONDARY_CONTROLS << 32 },
};

static void read_vmx_msrs(struct vmx_caps_raw *raw, const struct caps_ops *ops)
{
	for (size_t i = 0; i < sizeof(vmx_msr_conditions) / sizeof(vmx_msr_conditions[0]); i++) {
		uint32_t enabler = vmx_msr_conditions[i].enabler;

		if (enabler && !(vmx_msr(raw, enabler) & vmx_msr_conditions[i].bits))
			continue;
		for (uint32_t msr = vmx_msr_conditions[i].first; msr <= vmx_msr_conditions[i].last;
		     msr++) {
			raw->vmx_msr[msr - IA32_VMX_BASIC] = ops->rdmsr(msr);
			raw->msr_present |= 1u << (msr - IA32_VMX_BASIC);
		}
	}
}

void caps_read(struct vmx_caps_raw *raw, const struct caps_ops *ops)
{
	enum { ECX_VMX = 1u << 5, ECX_SMX = 1u << 6 };

	memset(raw, 0, sizeof(*raw));
	read_cpuid(raw, ops);
	if (raw->cpuid_1[2] & (ECX_VMX | ECX_SMX)) {
		raw->feature_control = ops->rdmsr(IA32_FEATURE_CONTROL);
		raw->feature_control_present = true;
	}
	if (raw->cpuid_1[2] & ECX_VMX)
		read_vmx_msrs(raw, ops);
}

/* ---- Judging ---- */

static uint64_t source_value(const struct vmx_caps_raw *raw, enum caps_source source)
{
	switch (source) {
	case FROM_CPUID_1_ECX:
		return raw->cpuid_1[2];
	case FROM_CPUID_1_EDX:
		return raw->cpuid_1[3];
	case FROM_CPUID_80000001_EDX:
		return raw->cpuid_80000001[3];
	case FROM_CPUID_80000007_EDX:
		return raw->cpuid_80000007[3];
	case FROM_FEATURE_CONTROL:
		return raw->feature_control;
	default:
		return vmx_msr(raw, sources[source].msr);
	}
}

/* Unlocked, the bit is ours to set. */
static bool feature_control_usable(const struct vmx_caps_raw *raw)
{
	if (!raw->feature_control_present)
		return false;
	return !(raw->feature_control & FEATURE_CONTROL_LOCK) ||
	       raw->feature_control & FEATURE_CONTROL_VMX_OUTSIDE;
}

bool caps_has(const struct vmx_caps_raw *raw, const struct caps_feature *feature)
{
	if (feature->source == FROM_FEATURE_CONTROL)
		return feature_control_usable(raw);
	return source_value(raw, feature->source) >>
		       (feature->bit + sources[feature->source].shift) &
	       1;
}

/* ---- Text ---- */

static void append(char *buffer, size_t size, const char *text)
{
	size_t used = strnlen(buffer, size);
	size_t length = strlen(text);

	if (used + 1 >= size)
		return;
	if (length > size - used - 1)
		length = size - used - 1;
	memcpy(buffer + used, text, length);
	buffer[used + length] = '\0';
}

static void append_number(char *buffer, size_t size, unsigned value, unsigned base)
{
	char digits[12];
	unsigned at = sizeof(digits) - 1;

	digits[at] = '\0';
	do {
		digits[--at] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	append(buffer, size, &digits[at]);
}

void caps_describe(const struct caps_feature *feature, char *buffer, size_t size)
{
	uint32_t msr = sources[feature->source].msr;

	append(buffer, size, feature->name);
	append(buffer, size, ": ");
	append(buffer, size, sources[feature->source].name);
	if (msr) {
		append(buffer, size, " (0x");
		append_number(buffer, size, msr, 16);
		append(buffer, size, ")");
	}
	append(buffer, size, " bit ");
	append_number(buffer, size, feature->bit + sources[feature->source].shift, 10);
}

/* Why the bit reads 0 when its register is not even there. */
static const char *absence(const struct vmx_caps_raw *raw, const struct caps_feature *feature)
{
	uint32_t msr = sources[feature->source].msr;

	if (msr == IA32_FEATURE_CONTROL)
		return raw->feature_control_present ? " is 0 and bit 0 (lock) is 1"
						    : " (there is no such MSR)";
	if (msr && !vmx_msr_present(raw, msr))
		return " (there is no such MSR)";
	return " is 0";
}

unsigned caps_missing(const struct vmx_caps_raw *raw, char *buffer, size_t size)
{
	unsigned missing = 0;

	for (size_t i = 0; i < caps_feature_count; i++) {
		const struct caps_feature *feature = &caps_features[i];

		if (feature->need != CAPS_NEEDED || caps_has(raw, feature))
			continue;
		missing++;
		if (!buffer)
			continue;
		caps_describe(feature, buffer, size);
		append(buffer, size, absence(raw, feature));
		append(buffer, size, "\n");
	}
	return missing;
}

uint64_t caps_feature_control(const struct vmx_caps_raw *raw)
{
	if (raw->feature_control & FEATURE_CONTROL_LOCK)
		return 0;
	return raw->feature_control | FEATURE_CONTROL_LOCK | FEATURE_CONTROL_VMX_OUTSIDE;
}

/* ---- Deriving ---- */

static struct caps_controls controls(const struct vmx_caps_raw *raw, uint32_t msr)
{
	uint64_t value = vmx_msr(raw, msr);

	return (struct caps_controls) { .fixed1 = (uint32_t)value,
					.allowed = (uint32_t)(value >> 32) };
}

static void derive_controls(const struct vmx_caps_raw *raw, struct vmx_caps *caps)
{
	caps->pin = controls(raw, IA32_VMX_TRUE_PINBASED_CTLS);
	caps->primary = controls(raw, IA32_VMX_TRUE_PROCBASED_CTLS);
	caps->exit = controls(raw, IA32_VMX_TRUE_EXIT_CTLS);
	caps->entry = controls(raw, IA32_VMX_TRUE_ENTRY_CTLS);
	caps->secondary = controls(raw, IA32_VMX_PROCBASED_CTLS2);
	caps->tertiary_allowed = vmx_msr(raw, IA32_VMX_PROCBASED_CTLS3);
}

/* IA32_VMX_BASIC and IA32_VMX_MISC (SDM A.1, A.6). */
static void derive_basics(const struct vmx_caps_raw *raw, struct vmx_caps *caps)
{
	uint64_t basic = vmx_msr(raw, IA32_VMX_BASIC);
	uint64_t misc = vmx_msr(raw, IA32_VMX_MISC);

	caps->vmcs_revision = basic & 0x7fffffff;
	caps->vmcs_size = basic >> 32 & 0x1fff;
	caps->physical_32bit = basic >> 48 & 1;
	caps->physical_bits = raw->cpuid_80000008[0] & 0xff;
	if (!caps->physical_bits)
		caps->physical_bits = 36;

	caps->preemption_timer_shift = misc & 0x1f;
	caps->activity_hlt = misc >> 6 & 1;
	caps->activity_shutdown = misc >> 7 & 1;
	caps->activity_wait_for_sipi = misc >> 8 & 1;
	caps->cr3_targets = misc >> 16 & 0x1ff;
	caps->inject_zero_length = misc >> 30 & 1;

	caps->cr0_fixed0 = vmx_msr(raw, IA32_VMX_CR0_FIXED0);
	caps->cr0_fixed1 = vmx_msr(raw, IA32_VMX_CR0_FIXED1);
	caps->cr4_fixed0 = vmx_msr(raw, IA32_VMX_CR4_FIXED0);
	caps->cr4_fixed1 = vmx_msr(raw, IA32_VMX_CR4_FIXED1);
}

static void derive_options(const struct vmx_caps_raw *raw, struct vmx_caps *caps)
{
	for (size_t i = 0; i < caps_feature_count; i++) {
		const struct caps_feature *feature = &caps_features[i];

		if (feature->caps_offset != CAPS_NO_FIELD)
			*(bool *)((char *)caps + feature->caps_offset) = caps_has(raw, feature);
	}
}

/* A control that depends on another or on an instruction is no use without it. */
static void derive_dependencies(const struct vmx_caps_raw *raw, struct vmx_caps *caps)
{
	bool invvpid = vmx_msr(raw, IA32_VMX_EPT_VPID_CAP) >> CAP_INVVPID & 1;

	caps->invvpid_address &= invvpid;
	caps->invvpid_single &= invvpid;
	caps->invvpid_all &= invvpid;
	caps->invvpid_keep_global &= invvpid;
	caps->vpid &= caps->invvpid_single || caps->invvpid_all;
	caps->save_preemption_timer &= caps->preemption_timer;
	caps->pml &= caps->ept_accessed_dirty;
	caps->virtual_interrupt_delivery &= caps->tpr_shadow;
	caps->posted_interrupts &= caps->virtual_interrupt_delivery && caps->acknowledge_interrupt;
}

enum error caps_derive(const struct vmx_caps_raw *raw, struct vmx_caps *caps)
{
	memset(caps, 0, sizeof(*caps));
	if (caps_missing(raw, NULL, 0))
		return ERR_UNSUPPORTED;
	derive_basics(raw, caps);
	derive_controls(raw, caps);
	derive_options(raw, caps);
	derive_dependencies(raw, caps);
	return OK;
}

bool caps_same(const struct vmx_caps *a, const struct vmx_caps *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}
