#include "vmx/msr_policy.h"

#include <assert.h>
#include <string.h>

#include "vmx/registers.h"

/* Which values a write accepts. */
enum msr_check {
	CHECK_NONE,
	CHECK_CANONICAL,
	CHECK_32BIT,
	CHECK_PAT,
	CHECK_ZERO,
	CHECK_MISC_ENABLE,
};

/* What the guest's CPUID must offer, or the processor's VMX have, for a rule to hold. */
enum msr_need {
	NEED_NOTHING,
	NEED_TSC_ADJUST,
	NEED_RDTSCP,
	NEED_DIRECT_PAT,
	NEED_EMULATED_PAT,
	NEED_COUNT,
};

#define HIGH_BASE 0xc0000000u

#define DIRECT(first, last, why)                                                                   \
	{                                                                                          \
		first, last, MSR_DIRECT, MSR_DIRECT, MSR_HANDLER_NONE, CHECK_NONE, NEED_NOTHING,   \
			0, why                                                                     \
	}
#define HANDLED(first, last, handler, why)                                                         \
	{                                                                                          \
		first, last, MSR_HANDLER, MSR_HANDLER, handler, CHECK_NONE, NEED_NOTHING, 0, why   \
	}
#define FIXED(msr, value, write, why)                                                              \
	{                                                                                          \
		msr, msr, MSR_CONSTANT, write, MSR_HANDLER_NONE, CHECK_NONE, NEED_NOTHING, value,  \
			why                                                                        \
	}

/*
 * Ascending by number; where two rules name one MSR, their needs exclude each other.
 *
 * Not here, so #GP(0), as the guest's CPUID says there is no such thing: MTRRs, performance
 * counters, SPEC_CTRL, PRED_CMD and ARCH_CAPABILITIES, VMX capability MSRs, PLATFORM_INFO, RAPL,
 * thermal and power management.
 */
const struct msr_rule msr_rules[] = {
	FIXED(0x0, 0, MSR_IGNORE, "IA32_P5_MC_ADDR: old kernels clear it"),
	FIXED(0x1, 0, MSR_IGNORE, "IA32_P5_MC_TYPE: old kernels clear it"),
	{ IA32_TSC, IA32_TSC, MSR_DIRECT, MSR_HANDLER, MSR_HANDLER_TSC, CHECK_NONE, NEED_NOTHING, 0,
	  "reading adds the VMCS's offset; writing moves the offset" },
	FIXED(IA32_PLATFORM_ID, 0, MSR_FAULT, "microcode drivers read it"),
	HANDLED(IA32_APIC_BASE, IA32_APIC_BASE, MSR_HANDLER_APIC_BASE,
		"the guest's own local APIC"),
	FIXED(IA32_FEATURE_CONTROL, FEATURE_CONTROL_LOCK, MSR_FAULT,
	      "locked with VMX and SMX off: there is no nesting"),
	{ IA32_TSC_ADJUST, IA32_TSC_ADJUST, MSR_HANDLER, MSR_HANDLER, MSR_HANDLER_TSC_ADJUST,
	  CHECK_NONE, NEED_TSC_ADJUST, 0, "the VMCS's offset" },
	FIXED(IA32_BIOS_UPDATE_TRIGGER, 0, MSR_IGNORE, "microcode is the host's"),
	HANDLED(IA32_BIOS_SIGN_ID, IA32_BIOS_SIGN_ID, MSR_HANDLER_BIOS_SIGN_ID,
		"kernels write 0, execute CPUID and read the revision"),
	{ IA32_SYSENTER_CS, IA32_SYSENTER_CS, MSR_DIRECT, MSR_DIRECT, MSR_HANDLER_NONE, CHECK_32BIT,
	  NEED_NOTHING, 0, "in the VMCS" },
	{ IA32_SYSENTER_ESP, IA32_SYSENTER_EIP, MSR_DIRECT, MSR_DIRECT, MSR_HANDLER_NONE,
	  CHECK_CANONICAL, NEED_NOTHING, 0, "in the VMCS" },
	FIXED(IA32_MCG_CAP, 0, MSR_FAULT, "machine checks are the host's: no banks"),
	{ IA32_MCG_STATUS, IA32_MCG_STATUS, MSR_CONSTANT, MSR_IGNORE, MSR_HANDLER_NONE, CHECK_ZERO,
	  NEED_NOTHING, 0, "no machine check in progress" },
	{ IA32_MISC_ENABLE, IA32_MISC_ENABLE, MSR_HANDLER, MSR_HANDLER, MSR_HANDLER_MISC_ENABLE,
	  CHECK_MISC_ENABLE, NEED_NOTHING, 0,
	  "storage: kernels read it before they can catch #GP" },
	{ IA32_DEBUGCTL, IA32_DEBUGCTL, MSR_HANDLER, MSR_HANDLER, MSR_HANDLER_DEBUGCTL, CHECK_ZERO,
	  NEED_NOTHING, 0, "no last-branch records" },
	{ IA32_PAT, IA32_PAT, MSR_DIRECT, MSR_DIRECT, MSR_HANDLER_NONE, CHECK_PAT, NEED_DIRECT_PAT,
	  0, "in the VMCS; the processor checks the value" },
	{ IA32_PAT, IA32_PAT, MSR_HANDLER, MSR_HANDLER, MSR_HANDLER_PAT, CHECK_PAT,
	  NEED_EMULATED_PAT, 0, "storage: this processor's VMCS has no place for it" },
	HANDLED(IA32_TSC_DEADLINE, IA32_TSC_DEADLINE, MSR_HANDLER_TSC_DEADLINE,
		"the guest's own local APIC"),
	HANDLED(IA32_X2APIC_FIRST, IA32_X2APIC_LAST, MSR_HANDLER_X2APIC,
		"the guest's own local APIC"),
	HANDLED(IA32_EFER, IA32_EFER, MSR_HANDLER_EFER,
		"LMA follows CR0.PG, and the IA-32e entry control with it"),
	{ IA32_STAR, IA32_STAR, MSR_DIRECT, MSR_HANDLER, MSR_HANDLER_SWITCHED, CHECK_NONE,
	  NEED_NOTHING, 0, "written rarely: the world switch need not read it" },
	{ IA32_LSTAR, IA32_CSTAR, MSR_DIRECT, MSR_HANDLER, MSR_HANDLER_SWITCHED, CHECK_CANONICAL,
	  NEED_NOTHING, 0, "written rarely: the world switch need not read them" },
	{ IA32_FMASK, IA32_FMASK, MSR_DIRECT, MSR_HANDLER, MSR_HANDLER_SWITCHED, CHECK_32BIT,
	  NEED_NOTHING, 0, "written rarely: the world switch need not read it" },
	DIRECT(IA32_FS_BASE, IA32_GS_BASE, "in the VMCS"),
	DIRECT(IA32_KERNEL_GS_BASE, IA32_KERNEL_GS_BASE, "saved by the world switch"),
	{ IA32_TSC_AUX, IA32_TSC_AUX, MSR_DIRECT, MSR_HANDLER, MSR_HANDLER_SWITCHED, CHECK_32BIT,
	  NEED_RDTSCP, 0, "written rarely: the world switch need not read it" },
};
const unsigned msr_rule_count = sizeof(msr_rules) / sizeof(msr_rules[0]);
_Static_assert(sizeof(msr_rules) / sizeof(msr_rules[0]) < 255, "rule numbers fit a byte");

/* ---- The index ---- */

static uint8_t *slot(struct msr_policy *policy, uint32_t msr)
{
	if (msr < MSR_INDEX_LOW)
		return &policy->low[msr];
	assert(msr - HIGH_BASE < MSR_INDEX_HIGH);
	return &policy->high[msr - HIGH_BASE];
}

void msr_policy_build(struct msr_policy *policy, const struct vmx_caps *caps,
		      const struct cpuid_table *cpuid)
{
	bool pat = caps->save_pat && caps->load_guest_pat && caps->load_host_pat;
	const bool met[NEED_COUNT] = {
		[NEED_NOTHING] = true,
		[NEED_TSC_ADJUST] = cpuid->basic[7].r[1] >> 1 & 1,
		[NEED_RDTSCP] = cpuid->extended[1].r[3] >> 27 & 1,
		[NEED_DIRECT_PAT] = pat,
		[NEED_EMULATED_PAT] = !pat,
	};

	memset(policy, 0, sizeof(*policy));
	for (unsigned i = 0; i < msr_rule_count; i++)
		for (uint32_t msr = msr_rules[i].first;
		     met[msr_rules[i].needs] && msr <= msr_rules[i].last; msr++)
			*slot(policy, msr) = (uint8_t)(i + 1);
}

/* ---- The bitmap ---- */

/* Four parts of 1 KiB: reads low, reads high, writes low, writes high (SDM 24.6.9). */
static void open_access(uint8_t *bitmap, uint32_t msr, bool write)
{
	uint8_t *part = bitmap + (msr >= HIGH_BASE ? 1024 : 0) + (write ? 2048 : 0);
	uint32_t bit = msr & 0x1fff;

	part[bit / 8] &= (uint8_t) ~(1u << bit % 8);
}

void msr_policy_bitmap(const struct msr_policy *policy, uint8_t bitmap[MSR_BITMAP_SIZE])
{
	memset(bitmap, 0xff, MSR_BITMAP_SIZE);
	for (unsigned i = 0; i < msr_rule_count; i++) {
		const struct msr_rule *rule = &msr_rules[i];

		for (uint32_t msr = rule->first; msr <= rule->last; msr++) {
			if (msr_policy_find(policy, msr) != rule)
				continue;
			if (rule->read == MSR_DIRECT)
				open_access(bitmap, msr, false);
			if (rule->write == MSR_DIRECT)
				open_access(bitmap, msr, true);
		}
	}
}

void msr_policy_open_x2apic(uint8_t bitmap[MSR_BITMAP_SIZE])
{
	open_access(bitmap, IA32_X2APIC_TPR, false);
	open_access(bitmap, IA32_X2APIC_TPR, true);
	open_access(bitmap, IA32_X2APIC_PPR, false);
	open_access(bitmap, IA32_X2APIC_EOI, true);
	open_access(bitmap, IA32_X2APIC_SELF_IPI, true);
	for (uint32_t i = 0; i < 8; i++) {
		open_access(bitmap, IA32_X2APIC_ISR + i, false);
		open_access(bitmap, IA32_X2APIC_IRR + i, false);
	}
}

/* ---- Values ---- */

bool msr_canonical(uint64_t address)
{
	int64_t top = (int64_t)address >> 47;

	return top == 0 || top == -1;
}

bool msr_pat_valid(uint64_t pat)
{
	for (unsigned i = 0; i < 8; i++) {
		uint8_t type = (uint8_t)(pat >> 8 * i);

		if (type > 7 || type == 2 || type == 3)
			return false;
	}
	return true;
}

/*
 * Fast strings, thermal control, performance monitoring, BTS and PEBS unavailable, EIST, MONITOR,
 * CPUID limit, xTPR, XD disable, turbo disable.
 */
#define MISC_ENABLE_KNOWN 0x0000004400c51889ull
#define MISC_ENABLE_XD	  (1ull << 34)
#define MISC_ENABLE_LIMIT (1ull << 22)

/* The two bits that would change CPUID stay 0. */
static bool misc_enable_valid(uint64_t value)
{
	return !(value & ~(MISC_ENABLE_KNOWN & ~(MISC_ENABLE_XD | MISC_ENABLE_LIMIT)));
}

bool msr_write_valid(const struct msr_policy *policy, const struct msr_rule *rule, uint64_t value)
{
	(void)policy;
	switch (rule->check) {
	case CHECK_CANONICAL:
		return msr_canonical(value);
	case CHECK_32BIT:
		return value >> 32 == 0;
	case CHECK_PAT:
		return msr_pat_valid(value);
	case CHECK_ZERO:
		return value == 0;
	case CHECK_MISC_ENABLE:
		return misc_enable_valid(value);
	default:
		return true;
	}
}
