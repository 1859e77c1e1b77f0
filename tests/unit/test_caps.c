/* Capabilities: what is read, what is missing and how it is said, what is derived. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/caps_models.h"
#include "vmx/registers.h"
#include "vmx/vmcs.h"

static void only_existing_msrs_are_read(void **state)
{
	(void)state;
	model_bad_reads = 0;
	for (unsigned i = 0; i < MODEL_COUNT; i++)
		model_raw(&models[i]);
	assert_int_equal(model_bad_reads, 0);
}

static void fit_models_have_nothing_missing(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MODEL_COUNT; i++) {
		struct vmx_caps_raw raw = model_raw(&models[i]);
		struct vmx_caps caps;

		assert_int_equal(caps_missing(&raw, NULL, 0) == 0, models[i].fit);
		assert_int_equal(caps_derive(&raw, &caps), models[i].fit ? OK : ERR_UNSUPPORTED);
	}
}

static void penryn_lacks_ept_and_what_hangs_on_it(void **state)
{
	struct vmx_caps_raw raw = model_raw(model_find("core2_penryn_t9600"));
	char text[1024] = "";

	(void)state;
	assert_int_equal(caps_missing(&raw, text, sizeof(text)), 8);
	assert_string_equal(
		text,
		"EPT: IA32_VMX_PROCBASED_CTLS2 (0x48b) bit 33 is 0\n"
		"unrestricted guest: IA32_VMX_PROCBASED_CTLS2 (0x48b) bit 39 is 0\n"
		"EPT page walk of length 4: IA32_VMX_EPT_VPID_CAP (0x48c) bit 6 (there is no such MSR)\n"
		"EPT structures in write-back memory: IA32_VMX_EPT_VPID_CAP (0x48c) bit 14 "
		"(there is no such MSR)\n"
		"INVEPT: IA32_VMX_EPT_VPID_CAP (0x48c) bit 20 (there is no such MSR)\n"
		"save IA32_EFER: IA32_VMX_EXIT_CTLS (0x483) bit 52 is 0\n"
		"load IA32_EFER on exit: IA32_VMX_EXIT_CTLS (0x483) bit 53 is 0\n"
		"load IA32_EFER on entry: IA32_VMX_ENTRY_CTLS (0x484) bit 47 is 0\n");
}

static void lynnfield_lacks_unrestricted_guest_only(void **state)
{
	struct vmx_caps_raw raw = model_raw(model_find("corei5_lynnfield_750"));
	char text[256] = "no: ";

	(void)state;
	assert_int_equal(caps_missing(&raw, text, sizeof(text)), 1);
	assert_string_equal(
		text, "no: unrestricted guest: IA32_VMX_PROCBASED_CTLS2 (0x48b) bit 39 is 0\n");
}

static void without_vmx_no_msr_is_read(void **state)
{
	struct vmx_caps_raw raw;
	struct model none = *model_find("corei7_skylake_x");
	struct model_cpuid cpuid[256];
	char text[4096] = "";

	(void)state;
	memcpy(cpuid, none.cpuid, none.cpuid_count * sizeof(*cpuid));
	for (unsigned i = 0; i < none.cpuid_count; i++)
		if (cpuid[i].leaf == 1)
			cpuid[i].r[2] &= ~(1u << 5 | 1u << 6);
	none.cpuid = cpuid;
	none.msr_count = 0;
	model_bad_reads = 0;
	raw = model_raw(&none);
	assert_int_equal(model_bad_reads, 0);
	assert_true(caps_missing(&raw, text, sizeof(text)) > 10);
	assert_non_null(strstr(text, "VMX: CPUID.1:ECX bit 5 is 0\n"));
	assert_null(strstr(text, "local APIC"));
}

static void firmware_lock_is_respected(void **state)
{
	struct vmx_caps_raw raw = model_raw(model_find("corei7_skylake_x"));
	char text[256] = "";

	(void)state;
	raw.feature_control = 0;
	assert_int_equal(caps_feature_control(&raw), 5);
	raw.feature_control = 5;
	assert_int_equal(caps_missing(&raw, NULL, 0), 0);
	assert_int_equal(caps_feature_control(&raw), 0);
	raw.feature_control = 1;
	assert_int_equal(caps_missing(&raw, text, sizeof(text)), 1);
	assert_non_null(
		strstr(text, "IA32_FEATURE_CONTROL (0x3a) bit 2 is 0 and bit 0 (lock) is 1"));
}

static void text_is_cut_at_the_buffer(void **state)
{
	struct vmx_caps_raw raw = model_raw(model_find("core2_penryn_t9600"));
	char guard[40];

	(void)state;
	memset(guard, '#', sizeof(guard));
	guard[0] = '\0';
	assert_int_equal(caps_missing(&raw, guard, 20), 8);
	assert_int_equal(strlen(guard), 19);
	assert_int_equal(guard[20], '#');
}

static void skylake_values(void **state)
{
	struct vmx_caps caps = model_caps("corei7_skylake_x");

	(void)state;
	assert_int_equal(caps.vmcs_revision, 0x2b);
	assert_int_equal(caps.vmcs_size, 0x1000);
	assert_int_equal(caps.physical_bits, 40);
	assert_int_equal(caps.preemption_timer_shift, 0);
	assert_int_equal(caps.primary.fixed1, 0x04006172);
	assert_int_equal(caps.cr0_fixed0, 0x80000021);
	assert_true(caps.vpid && caps.ept_2m && caps.ept_1g && caps.ept_accessed_dirty);
	assert_true(caps.preemption_timer && caps.pml && caps.tsc_scaling && caps.xsaves);
	assert_true(caps.save_pat && caps.load_guest_pat && caps.load_host_pat);
	assert_false(caps.monitor_trap_flag || caps.posted_interrupts || caps.sub_page_write);
	assert_true(caps.eptp_switching && caps.activity_hlt && caps.activity_wait_for_sipi);
}

static void sandy_bridge_has_less(void **state)
{
	struct vmx_caps caps = model_caps("corei7_sandy_bridge_2600k");

	(void)state;
	assert_true(caps.vpid && caps.ept_2m && caps.preemption_timer);
	assert_false(caps.ept_accessed_dirty || caps.pml || caps.invpcid || caps.tsc_scaling);
	assert_false(caps.virtual_interrupt_delivery || caps.vm_functions);
}

static void dependent_features_fall_together(void **state)
{
	struct vmx_caps_raw raw = model_raw(model_find("corei7_skylake_x"));
	struct vmx_caps caps;

	(void)state;
	raw.vmx_msr[0xc] &= ~(1ull << 32); /* no INVVPID */
	raw.vmx_msr[0xc] &= ~(1ull << 21); /* no A/D bits */
	assert_int_equal(caps_derive(&raw, &caps), OK);
	assert_false(caps.vpid || caps.invvpid_single || caps.pml);
}

static void each_needed_feature_is_missed(void **state)
{
	struct vmx_caps_raw zero;
	char text[2 * CAPS_TEXT_MAX] = "";
	unsigned needed = 0;

	(void)state;
	memset(&zero, 0, sizeof(zero));
	for (size_t i = 0; i < caps_feature_count; i++)
		needed += caps_features[i].need == CAPS_NEEDED;
	assert_int_equal(caps_missing(&zero, text, sizeof(text)), needed);
	assert_true(strlen(text) < CAPS_TEXT_MAX);
}

static void same_is_equality(void **state)
{
	struct vmx_caps a = model_caps("corei7_skylake_x");
	struct vmx_caps b = model_caps("corei7_skylake_x");

	(void)state;
	assert_true(caps_same(&a, &b));
	b.pml = false;
	assert_false(caps_same(&a, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_existing_msrs_are_read),
		cmocka_unit_test(fit_models_have_nothing_missing),
		cmocka_unit_test(penryn_lacks_ept_and_what_hangs_on_it),
		cmocka_unit_test(lynnfield_lacks_unrestricted_guest_only),
		cmocka_unit_test(without_vmx_no_msr_is_read),
		cmocka_unit_test(firmware_lock_is_respected),
		cmocka_unit_test(text_is_cut_at_the_buffer),
		cmocka_unit_test(skylake_values),
		cmocka_unit_test(sandy_bridge_has_less),
		cmocka_unit_test(dependent_features_fall_together),
		cmocka_unit_test(each_needed_feature_is_missed),
		cmocka_unit_test(same_is_equality),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
