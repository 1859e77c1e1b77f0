/* Which MSRs guests have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/caps_models.h"
#include "vmx/msr_policy.h"
#include "vmx/registers.h"

static struct vmx_caps caps;
static struct cpuid_table cpuid;
static struct msr_policy policy;
static uint8_t bitmap[MSR_BITMAP_SIZE];

static void build(void)
{
	struct cpuid_env env = { .host = model_read_cpuid,
				 .caps = &caps,
				 .host_xcr0 = 7,
				 .tsc_hz = 100000000,
				 .vcpu_count = 1,
				 .tsc_adjust = true };

	cpuid_table_build(&cpuid, &env);
	msr_policy_build(&policy, &caps, &cpuid);
	msr_policy_bitmap(&policy, bitmap);
}

static int setup(void **state)
{
	(void)state;
	caps = model_caps("corei7_skylake_x");
	build();
	return 0;
}

/* As the processor looks an MSR up (SDM 24.6.9). */
static bool exits(uint32_t msr, bool write)
{
	uint32_t part = (write ? 2048 : 0) + (msr >= 0xc0000000 ? 1024 : 0);

	if (msr > 0x1fff && msr - 0xc0000000 > 0x1fff)
		return true;
	return bitmap[part + (msr & 0x1fff) / 8] >> (msr & 7) & 1;
}

static void table_is_sorted_and_explained(void **state)
{
	(void)state;
	for (unsigned i = 0; i < msr_rule_count; i++) {
		assert_non_null(msr_rules[i].reason);
		assert_true(msr_rules[i].first <= msr_rules[i].last);
		if (i == 0)
			continue;
		assert_true(msr_rules[i].first > msr_rules[i - 1].last ||
			    msr_rules[i].needs != msr_rules[i - 1].needs);
	}
}

static void handlers_are_named(void **state)
{
	(void)state;
	for (unsigned i = 0; i < msr_rule_count; i++) {
		bool handled =
			msr_rules[i].read == MSR_HANDLER || msr_rules[i].write == MSR_HANDLER;

		assert_int_equal(handled, msr_rules[i].handler != MSR_HANDLER_NONE);
	}
}

/* Everything a guest reaches without an exit, by hand: whoever opens more must come here. */
static void only_these_are_direct(void **state)
{
	static const struct {
		uint32_t msr;
		bool write;
	} direct[] = {
		{ IA32_TSC, false },	     { IA32_SYSENTER_CS, true },
		{ IA32_SYSENTER_ESP, true }, { IA32_SYSENTER_EIP, true },
		{ IA32_PAT, true },	     { IA32_STAR, false },
		{ IA32_LSTAR, false },	     { IA32_CSTAR, false },
		{ IA32_FMASK, false },	     { IA32_FS_BASE, true },
		{ IA32_GS_BASE, true },	     { IA32_KERNEL_GS_BASE, true },
		{ IA32_TSC_AUX, false },
	};
	const unsigned count = sizeof(direct) / sizeof(direct[0]);
	unsigned open_reads = 0, open_writes = 0;

	(void)state;
	for (unsigned i = 0; i < 2048 * 8; i++) {
		open_reads += !(bitmap[i / 8] >> i % 8 & 1);
		open_writes += !(bitmap[2048 + i / 8] >> i % 8 & 1);
	}
	assert_int_equal(open_reads, count);
	assert_int_equal(open_writes, count - 6);
	for (unsigned i = 0; i < count; i++) {
		assert_false(exits(direct[i].msr, false));
		assert_int_equal(exits(direct[i].msr, true), !direct[i].write);
	}
}

/* SDM 30.5: exactly these are virtualized; any other open bit would reach the real APIC. */
static void x2apic_registers_open_only_as_virtualized(void **state)
{
	static uint8_t before[MSR_BITMAP_SIZE];
	unsigned reads = 0, writes = 0;

	(void)state;
	memcpy(before, bitmap, sizeof(before));
	msr_policy_open_x2apic(bitmap);
	for (uint32_t msr = 0x800; msr <= 0x8ff; msr++) {
		bool priority = msr == 0x808 || msr == 0x80a;
		bool vectors = (msr & 0xff8) == 0x810 || (msr & 0xff8) == 0x820;
		bool written = msr == 0x808 || msr == 0x80b || msr == 0x83f;

		assert_int_equal(!exits(msr, false), priority || vectors);
		assert_int_equal(!exits(msr, true), written);
		reads += !exits(msr, false);
		writes += !exits(msr, true);
	}
	for (unsigned i = 0; i < MSR_BITMAP_SIZE; i++) {
		reads -= i < 2048 ? (unsigned)__builtin_popcount(before[i] ^ bitmap[i]) : 0;
		writes -= i < 2048 ? 0 : (unsigned)__builtin_popcount(before[i] ^ bitmap[i]);
	}
	assert_int_equal(reads, 0);
	assert_int_equal(writes, 0);
}

static void lookup_agrees_with_the_table(void **state)
{
	(void)state;
	for (uint32_t msr = 0; msr < 0x2000; msr++) {
		const struct msr_rule *rule = msr_policy_find(&policy, msr);

		assert_true(!rule || (rule->first <= msr && msr <= rule->last));
	}
	assert_int_equal(msr_policy_find(&policy, 0x80b)->handler, MSR_HANDLER_X2APIC);
	assert_int_equal(msr_policy_find(&policy, 0x8ff)->handler, MSR_HANDLER_X2APIC);
	assert_null(msr_policy_find(&policy, 0x900));
	assert_int_equal(msr_policy_find(&policy, 0xc0000080)->handler, MSR_HANDLER_EFER);
	assert_null(msr_policy_find(&policy, 0xc0000200));
	assert_null(msr_policy_find(&policy, 0xbfffffff));
	assert_null(msr_policy_find(&policy, UINT32_MAX));
	assert_null(msr_policy_find(&policy, 0x40000000));
}

static void absent_registers_fault(void **state)
{
	static const uint32_t absent[] = { IA32_SPEC_CTRL,
					   IA32_PRED_CMD,
					   IA32_ARCH_CAPABILITIES,
					   IA32_PLATFORM_INFO,
					   IA32_MTRR_CAP,
					   IA32_MTRR_DEF_TYPE,
					   IA32_VMX_BASIC,
					   0xc1,
					   0x186,
					   0x38f,
					   0x400,
					   IA32_XSS };

	(void)state;
	for (unsigned i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		assert_null(msr_policy_find(&policy, absent[i]));
}

static void rules_follow_cpuid_and_controls(void **state)
{
	(void)state;
	assert_non_null(msr_policy_find(&policy, IA32_TSC_AUX));
	assert_int_equal(msr_policy_find(&policy, IA32_PAT)->read, MSR_DIRECT);
	caps.rdtscp = false;
	caps.save_pat = false;
	build();
	assert_null(msr_policy_find(&policy, IA32_TSC_AUX));
	assert_true(exits(IA32_TSC_AUX, false) && exits(IA32_TSC_AUX, true));
	assert_int_equal(msr_policy_find(&policy, IA32_PAT)->handler, MSR_HANDLER_PAT);
	assert_true(exits(IA32_PAT, true));
}

static void feature_control_is_locked(void **state)
{
	const struct msr_rule *rule = msr_policy_find(&policy, IA32_FEATURE_CONTROL);

	(void)state;
	assert_int_equal(rule->read, MSR_CONSTANT);
	assert_int_equal(rule->value, 1);
	assert_int_equal(rule->write, MSR_FAULT);
}

static bool valid(uint32_t msr, uint64_t value)
{
	return msr_write_valid(&policy, msr_policy_find(&policy, msr), value);
}

static void written_values_are_checked(void **state)
{
	(void)state;
	assert_true(valid(IA32_PAT, PAT_RESET));
	assert_false(valid(IA32_PAT, 0x02));
	assert_false(valid(IA32_PAT, 0x0300000000000000));
	assert_false(valid(IA32_PAT, 0x0800));
	assert_true(valid(IA32_SYSENTER_EIP, 0xffff800000000000));
	assert_false(valid(IA32_SYSENTER_EIP, 0x0000800000000000));
	assert_true(valid(IA32_TSC_AUX, UINT32_MAX));
	assert_false(valid(IA32_TSC_AUX, 1ull << 32));
	assert_true(valid(IA32_DEBUGCTL, 0));
	assert_false(valid(IA32_DEBUGCTL, 1));
	assert_false(valid(IA32_MCG_STATUS, 4));
	assert_true(valid(IA32_TSC, UINT64_MAX));
	assert_true(valid(IA32_MISC_ENABLE, MSR_MISC_ENABLE_RESET));
	assert_true(valid(IA32_MISC_ENABLE, 0));
	assert_false(valid(IA32_MISC_ENABLE, 1ull << 34));
	assert_false(valid(IA32_MISC_ENABLE, 1ull << 22));
	assert_false(valid(IA32_MISC_ENABLE, 1ull << 63));
}

static void canonical_addresses(void **state)
{
	(void)state;
	assert_true(msr_canonical(0));
	assert_true(msr_canonical(0x00007fffffffffff));
	assert_true(msr_canonical(UINT64_MAX));
	assert_false(msr_canonical(0xffff7fffffffffff));
	assert_false(msr_canonical(1ull << 63));
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(table_is_sorted_and_explained),
		TEST(handlers_are_named),
		TEST(only_these_are_direct),
		TEST(lookup_agrees_with_the_table),
		TEST(absent_registers_fault),
		TEST(rules_follow_cpuid_and_controls),
		TEST(feature_control_is_locked),
		TEST(written_values_are_checked),
		TEST(canonical_addresses),
		TEST(x2apic_registers_open_only_as_virtualized),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
