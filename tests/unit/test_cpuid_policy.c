/* What guests see of CPUID. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/caps_models.h"
#include "vmx/cpuid_policy.h"
#include "vmx/registers.h"

enum { EAX, EBX, ECX, EDX };

static struct vmx_caps caps;
static struct cpuid_table table;

static void build(const char *model, uint32_t vcpus, uint64_t tsc_hz, uint64_t xcr0)
{
	struct cpuid_env env;

	caps = model_caps(model);
	env = (struct cpuid_env) { .host = model_read_cpuid,
				   .caps = &caps,
				   .host_xcr0 = xcr0,
				   .tsc_hz = tsc_hz,
				   .vcpu_count = vcpus,
				   .tsc_adjust = true };
	cpuid_table_build(&table, &env);
}

static uint32_t reg(uint32_t leaf, uint32_t subleaf, unsigned r)
{
	const struct cpuid_vcpu vcpu = { .apic_id = 3, .xcr0 = XCR0_X87 };
	uint32_t out[4] = { 0xdead, 0xdead, 0xdead, 0xdead };

	cpuid_lookup(&table, &vcpu, leaf, subleaf, out);
	return out[r];
}

static void vendor_and_limits(void **state)
{
	(void)state;
	build("corei7_skylake_x", 1, 100000000, 0xe7);
	assert_int_equal(reg(0, 0, EAX), 0x16);
	assert_int_equal(reg(0, 0, EBX), 0x756e6547);
	assert_int_equal(reg(0x80000000, 0, EAX), 0x80000008);
	assert_int_equal(reg(0x80000002, 0, EAX), 0x65746e49);
}

static void nothing_of_virtualization_or_monitoring_shows(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MODEL_COUNT; i++) {
		if (!models[i].fit)
			continue;
		build(models[i].name, 2, 100000000, UINT64_MAX);
		/* DTES64, MONITOR, DS-CPL, VMX, SMX, EIST, TM2, PDCM */
		assert_int_equal(reg(1, 0, ECX) & 0x000081fc, 0);
		assert_int_equal(reg(1, 0, EDX) & (1 << 12 | 1 << 21 | 1 << 22 | 1 << 29), 0);
		/* SGX, HLE, RTM, PQM, MPX, PQE, PT */
		assert_int_equal(reg(7, 0, EBX) & (1 << 2 | 1 << 4 | 1 << 11 | 1 << 12 | 1 << 14 |
						   1 << 15 | 1 << 25),
				 0);
		/* PKU, OSPKE, WAITPKG, CET, LA57 */
		assert_int_equal(reg(7, 0, ECX) & (1 << 3 | 1 << 4 | 1 << 5 | 1 << 7 | 1 << 16), 0);
		assert_int_equal(reg(5, 0, EAX) | reg(0xa, 0, EAX) | reg(0x14, 0, EAX), 0);
		assert_int_equal(reg(6, 0, EAX), 1 << 2);
		assert_int_equal(reg(0xf, 0, EDX) | reg(0x10, 0, EBX) | reg(0x12, 0, EAX), 0);
	}
}

static void always_offered(void **state)
{
	(void)state;
	build("corei7_sandy_bridge_2600k", 1, 100000000, 7);
	assert_int_equal(reg(1, 0, ECX) & (1u << 21 | 1u << 24 | 1u << 31),
			 1u << 21 | 1u << 24 | 1u << 31);
	assert_int_equal(reg(0x80000007, 0, EDX), 1 << 8);
	assert_int_equal(reg(7, 0, EBX) & 2, 2);
}

static void instructions_need_their_controls(void **state)
{
	struct cpuid_env env;

	(void)state;
	build("corei7_skylake_x", 1, 100000000, 0xe7);
	assert_true(reg(0x80000001, 0, EDX) >> 27 & 1);
	assert_true(reg(7, 0, EBX) >> 10 & 1);
	caps.rdtscp = false;
	caps.invpcid = false;
	env = (struct cpuid_env) { .host = model_read_cpuid,
				   .caps = &caps,
				   .host_xcr0 = 0xe7,
				   .tsc_hz = 1,
				   .vcpu_count = 1 };
	cpuid_table_build(&table, &env);
	assert_false(reg(0x80000001, 0, EDX) >> 27 & 1);
	assert_false(reg(7, 0, EBX) >> 10 & 1);
	assert_false(reg(7, 0, EBX) >> 1 & 1);
}

static void vector_instructions_need_their_state(void **state)
{
	(void)state;
	build("corei7_skylake_x", 1, 100000000, 0xe7);
	assert_int_equal(table.xcr0_allowed, 0xe7);
	assert_true(reg(7, 0, EBX) >> 16 & 1);
	build("corei7_skylake_x", 1, 100000000, 0x67); /* a piece of AVX-512 is missing */
	assert_int_equal(table.xcr0_allowed, 7);
	assert_false(reg(7, 0, EBX) >> 16 & 1);
	assert_true(reg(7, 0, EBX) >> 5 & 1);
	build("corei7_skylake_x", 1, 100000000, 3);
	assert_false(reg(7, 0, EBX) >> 5 & 1);
	assert_false(reg(1, 0, ECX) >> 28 & 1);
	assert_true(reg(1, 0, ECX) >> 26 & 1);
	build("corei7_skylake_x", 1, 100000000, 0);
	assert_false(reg(1, 0, ECX) >> 26 & 1);
	assert_int_equal(reg(0xd, 0, EAX), 0);
	assert_int_equal(table.cr4_allowed & CR4_OSXSAVE, 0);
}

static void xsave_sizes_follow_xcr0(void **state)
{
	struct cpuid_vcpu vcpu = { .xcr0 = 7 };
	uint32_t out[4];

	(void)state;
	build("corei7_skylake_x", 1, 100000000, 0xe7);
	assert_int_equal(reg(0xd, 0, EAX), 0xe7);
	assert_int_equal(reg(0xd, 0, EBX), 576);
	assert_int_equal(reg(0xd, 0, ECX), 0xa80);
	cpuid_lookup(&table, &vcpu, 0xd, 0, out);
	assert_int_equal(out[EBX], 576 + 256);
	vcpu.xcr0 = 0xe7;
	cpuid_lookup(&table, &vcpu, 0xd, 0, out);
	assert_int_equal(out[EBX], 0xa80);
	assert_int_equal(reg(0xd, 2, EAX), 0x100);
	assert_int_equal(reg(0xd, 2, EBX), 0x240);
	assert_int_equal(reg(0xd, 3, EAX), 0);
	assert_int_equal(reg(0xd, 99, EAX), 0);
}

static void honest_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
	model_read_cpuid(leaf, subleaf, out);
	if (leaf == 0xd && subleaf == 1)
		out[EBX] = 0x988;
}

/* Whether the processor describes it consistently or, as Bochs does, as 0 bytes. */
static void the_compacted_format_is_hidden(void **state)
{
	struct cpuid_env env = {
		.host = honest_cpuid, .caps = &caps, .host_xcr0 = 0xe7, .tsc_hz = 1, .vcpu_count = 1
	};

	(void)state;
	build("corei7_skylake_x", 1, 100000000, 0xe7);
	assert_int_equal(reg(0xd, 1, EAX), 1);
	assert_int_equal(reg(0xd, 1, EBX), 0);
	caps = model_caps("corei7_skylake_x");
	cpuid_table_build(&table, &env);
	assert_int_equal(reg(0xd, 1, EAX), 1);
	assert_int_equal(reg(0xd, 1, EBX), 0);
}

static void topology(void **state)
{
	static const struct {
		uint32_t vcpus, bits;
	} cases[] = { { 1, 0 }, { 2, 1 }, { 3, 2 }, { 4, 2 }, { 5, 3 }, { 64, 6 } };

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t n = cases[i].vcpus, ids = 1u << cases[i].bits;

		build("corei7_skylake_x", n, 100000000, 7);
		assert_int_equal(reg(1, 0, EBX) >> 16 & 0xff, ids);
		assert_int_equal(reg(1, 0, EBX) >> 24, 3);
		assert_int_equal(reg(1, 0, EDX) >> 28 & 1, n > 1);
		assert_int_equal(reg(0xb, 0, EAX), 0);
		assert_int_equal(reg(0xb, 0, EBX), 1);
		assert_int_equal(reg(0xb, 0, ECX), 0x100);
		assert_int_equal(reg(0xb, 1, EAX), cases[i].bits);
		assert_int_equal(reg(0xb, 1, EBX), n);
		assert_int_equal(reg(0xb, 1, ECX), 0x201);
		assert_int_equal(reg(0xb, 2, EBX), 0);
		assert_int_equal(reg(0xb, 2, ECX), 2);
		assert_int_equal(reg(0xb, 7, EDX), 3);
		assert_int_equal(reg(4, 0, EAX) >> 14 & 0xfff, 0);	 /* L1 is private */
		assert_int_equal(reg(4, 3, EAX) >> 14 & 0xfff, ids - 1); /* L3 is shared */
		assert_int_equal(reg(4, 0, EAX) >> 26, ids - 1);
		assert_int_equal(reg(4, 4, EAX) | reg(4, 100, EAX), 0);
	}
}

static void assert_frequency(uint64_t hz)
{
	uint64_t numerator, crystal, error;

	build("corei7_skylake_x", 1, hz, 7);
	numerator = reg(0x15, 0, EBX);
	crystal = reg(0x15, 0, ECX);
	assert_int_equal(reg(0x15, 0, EAX), table.apic_denominator);
	assert_int_equal(numerator, table.apic_numerator);
	error = crystal * numerator > hz ? crystal * numerator - hz : hz - crystal * numerator;
	assert_true(error <= numerator / 2);
	assert_true(crystal / 1000 * numerator <= UINT32_MAX);
	assert_int_equal(reg(0x40000001, 0, EAX), hz / 1000);
}

static void frequencies_are_exact(void **state)
{
	(void)state;
	assert_frequency(100000000);
	assert_frequency(2893437501);
	assert_frequency(UINT32_MAX);
	assert_frequency(UINT32_MAX + 1ull);
	assert_frequency(5700000001);
	assert_int_equal(reg(0x16, 0, EAX), 5700);
}

static void hypervisor_leaves(void **state)
{
	uint32_t signature[3];

	(void)state;
	build("corei7_skylake_x", 1, 100000000, 7);
	assert_int_equal(reg(0x40000000, 0, EAX), 0x40000001);
	for (unsigned i = 0; i < 3; i++)
		signature[i] = reg(0x40000000, 0, EBX + i);
	assert_memory_equal(signature, "AugurAugurAu", 12);
	assert_int_equal(reg(0x40000002, 0, EAX) | reg(0x40000100, 0, EBX), 0);
}

static void absent_leaves_read_like_the_last_one(void **state)
{
	(void)state;
	build("corei7_skylake_x", 1, 100000000, 7);
	for (unsigned r = 0; r < 4; r++) {
		assert_int_equal(reg(0x17, 0, r), reg(0x16, 0, r));
		assert_int_equal(reg(0x20, 5, r), reg(0x16, 0, r));
		assert_int_equal(reg(0x80000009, 0, r), reg(0x16, 0, r));
		assert_int_equal(reg(UINT32_MAX, 0, r), reg(0x16, 0, r));
	}
	assert_int_equal(reg(7, 1, EAX), 0);
	assert_int_equal(reg(7, 0, EAX), 0);
}

static void osxsave_follows_cr4(void **state)
{
	struct cpuid_vcpu vcpu = { .apic_id = 0 };
	uint32_t out[4];

	(void)state;
	build("corei7_skylake_x", 1, 100000000, 7);
	cpuid_lookup(&table, &vcpu, 1, 0, out);
	assert_false(out[ECX] >> 27 & 1);
	vcpu.cr4 = CR4_OSXSAVE;
	cpuid_lookup(&table, &vcpu, 1, 0, out);
	assert_true(out[ECX] >> 27 & 1);
}

static void limits_follow_features(void **state)
{
	(void)state;
	build("corei7_skylake_x", 1, 100000000, 7);
	assert_int_equal(table.physical_bits, 40);
	assert_int_equal(reg(0x80000008, 0, EAX), 48 << 8 | 40);
	assert_int_equal(table.efer_allowed, EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE);
	assert_true(table.cr4_allowed & CR4_SMAP && table.cr4_allowed & CR4_PCIDE);
	assert_int_equal(table.cr4_allowed & (CR4_VMXE | CR4_SMXE | CR4_PKE | CR4_LA57 | CR4_CET),
			 0);
	build("corei7_sandy_bridge_2600k", 1, 100000000, 7);
	assert_int_equal(table.cr4_allowed & (CR4_SMEP | CR4_SMAP | CR4_FSGSBASE), 0);
}

/* A host with fewer leaves than we offer: nothing is read past its end. */
static void few_leaves(uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
	assert_true(leaf <= 4 || leaf == 0x80000000);
	model_read_cpuid(leaf, subleaf, out);
	if (leaf == 0)
		out[EAX] = 4;
	if (leaf == 0x80000000)
		out[EAX] = 0;
}

static void short_hosts(void **state)
{
	struct cpuid_env env = { .host = few_leaves,
				 .caps = &caps,
				 .host_xcr0 = 7,
				 .tsc_hz = 100000000,
				 .vcpu_count = 2 };

	(void)state;
	caps = model_caps("corei7_skylake_x");
	cpuid_table_build(&table, &env);
	assert_int_equal(table.xcr0_allowed, 0);
	assert_int_equal(table.physical_bits, 36);
	assert_int_equal(reg(0xb, 1, EBX), 2);
	assert_int_equal(reg(0x15, 0, ECX), 100000000);
}

static void rules_give_reasons(void **state)
{
	(void)state;
	for (unsigned i = 0; i < cpuid_rule_count; i++) {
		assert_non_null(cpuid_rules[i].reason);
		assert_true(cpuid_rules[i].reg < 4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vendor_and_limits),
		cmocka_unit_test(nothing_of_virtualization_or_monitoring_shows),
		cmocka_unit_test(always_offered),
		cmocka_unit_test(instructions_need_their_controls),
		cmocka_unit_test(vector_instructions_need_their_state),
		cmocka_unit_test(xsave_sizes_follow_xcr0),
		cmocka_unit_test(the_compacted_format_is_hidden),
		cmocka_unit_test(topology),
		cmocka_unit_test(frequencies_are_exact),
		cmocka_unit_test(hypervisor_leaves),
		cmocka_unit_test(absent_leaves_read_like_the_last_one),
		cmocka_unit_test(osxsave_follows_cr4),
		cmocka_unit_test(limits_follow_features),
		cmocka_unit_test(short_hosts),
		cmocka_unit_test(rules_give_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
