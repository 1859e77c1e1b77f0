/* Guests' changes of control registers, EFER and XCR0. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tests/unit/caps_models.h"
#include "vmx/audit.h"
#include "vmx/cr_policy.h"
#include "vmx/registers.h"
#include "vmx/vmcs_build.h"

#define PROT  (CR0_PE | CR0_ET)
#define PAGED (CR0_PE | CR0_ET | CR0_PG)

static const struct cr_limits limits = {
	.cr4_allowed = CR4_PAE | CR4_PGE | CR4_PSE | CR4_PCIDE | CR4_OSXSAVE | CR4_SMEP | CR4_MCE,
	.efer_allowed = EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE,
	.xcr0_allowed = XCR0_X87 | XCR0_SSE | XCR0_AVX | XCR0_AVX512,
	.physical_bits = 40,
};

static const struct cr_state real = { .cr0 = CR0_ET };
static const struct cr_state prot = { .cr0 = PROT };
static const struct cr_state legacy = { .cr0 = PAGED };
static const struct cr_state pae = { .cr0 = PAGED, .cr4 = CR4_PAE, .cr3 = 0x1000 };
static const struct cr_state before_long = { .cr0 = PROT, .cr4 = CR4_PAE, .efer = EFER_LME };
static const struct cr_state long64 = {
	.cr0 = PAGED, .cr4 = CR4_PAE, .cr3 = 0x1000, .efer = EFER_LME | EFER_LMA, .cs_long = true
};
static const struct cr_state compat = {
	.cr0 = PAGED, .cr4 = CR4_PAE, .cr3 = 0x1000, .efer = EFER_LME | EFER_LMA
};

static bool faults0(const struct cr_state *state, uint64_t value)
{
	return cr_write_cr0(&limits, state, value).verdict == CR_FAULT;
}

static bool faults4(const struct cr_state *state, uint64_t value)
{
	return cr_write_cr4(&limits, state, value).verdict == CR_FAULT;
}

static void cr0_combinations(void **unused)
{
	(void)unused;
	assert_true(faults0(&real, CR0_PG));
	assert_true(faults0(&real, CR0_NW));
	assert_true(faults0(&real, 1ull << 32));
	assert_true(faults0(&real, CR0_PE | 1ull << 63));
	assert_false(faults0(&real, CR0_NW | CR0_CD));
	assert_false(faults0(&real, PAGED));
	assert_false(faults0(&prot, 0));
	assert_true(faults0(&legacy, PAGED & ~CR0_PE));
}

static void cr0_reserved_bits_are_ignored_and_et_stays(void **unused)
{
	struct cr_result result = cr_write_cr0(&limits, &real, CR0_PE | 1 << 6 | 1 << 28);

	(void)unused;
	assert_int_equal(result.verdict, CR_OK);
	assert_int_equal(result.state.cr0, PROT);
	assert_int_equal(result.effects, CR_EFFECT_CR0);
}

static void paging_on_in_each_form(void **unused)
{
	struct cr_result result = cr_write_cr0(&limits, &prot, PAGED);
	struct cr_state with_pae = prot;

	(void)unused;
	assert_int_equal(result.effects, CR_EFFECT_CR0 | CR_EFFECT_FLUSH);
	with_pae.cr4 = CR4_PAE;
	result = cr_write_cr0(&limits, &with_pae, PAGED);
	assert_int_equal(result.effects, CR_EFFECT_CR0 | CR_EFFECT_FLUSH | CR_EFFECT_PDPTES);
	result = cr_write_cr0(&limits, &before_long, PAGED);
	assert_int_equal(result.effects,
			 CR_EFFECT_CR0 | CR_EFFECT_FLUSH | CR_EFFECT_EFER | CR_EFFECT_IA32E);
	assert_int_equal(result.state.efer, EFER_LME | EFER_LMA);
}

static void entering_long_mode_wrongly(void **unused)
{
	struct cr_state state = before_long;

	(void)unused;
	state.cr4 = 0;
	assert_true(faults0(&state, PAGED));
	state = before_long;
	state.cs_long = true;
	assert_true(faults0(&state, PAGED));
	state = before_long;
	state.tss_16bit = true;
	assert_true(faults0(&state, PAGED));
}

static void leaving_long_mode(void **unused)
{
	struct cr_result result = cr_write_cr0(&limits, &compat, PROT);
	struct cr_state state = compat;

	(void)unused;
	assert_int_equal(result.verdict, CR_OK);
	assert_int_equal(result.state.efer, EFER_LME);
	assert_true(result.effects & CR_EFFECT_IA32E && result.effects & CR_EFFECT_EFER);
	assert_true(faults0(&long64, PROT));
	state.cr4 |= CR4_PCIDE;
	assert_true(faults0(&state, PROT));
}

static void caches_off_under_pae_paging_loads_pdptes(void **unused)
{
	struct cr_result result = cr_write_cr0(&limits, &pae, PAGED | CR0_CD);

	(void)unused;
	assert_int_equal(result.effects, CR_EFFECT_CR0 | CR_EFFECT_PDPTES);
	result = cr_write_cr0(&limits, &long64, PAGED | CR0_CD);
	assert_int_equal(result.effects, CR_EFFECT_CR0);
}

static void clts_and_lmsw(void **unused)
{
	struct cr_state state = prot;

	(void)unused;
	state.cr0 |= CR0_TS;
	assert_int_equal(cr_clts(&limits, &state).state.cr0, PROT);
	assert_int_equal(cr_lmsw(&limits, &real, 0xfff1).state.cr0, PROT);
	assert_int_equal(cr_lmsw(&limits, &state, 0).state.cr0, PROT);
	assert_int_equal(cr_lmsw(&limits, &prot, 0xe).state.cr0, PROT | CR0_MP | CR0_EM | CR0_TS);
	assert_int_equal(cr_lmsw(&limits, &legacy, 1).state.cr0, PAGED);
}

static void cr4_bits_the_guest_does_not_have(void **unused)
{
	(void)unused;
	assert_true(faults4(&long64, CR4_PAE | CR4_VMXE));
	assert_true(faults4(&long64, CR4_PAE | CR4_SMXE));
	assert_true(faults4(&long64, CR4_PAE | CR4_LA57));
	assert_true(faults4(&long64, CR4_PAE | 1ull << 40));
	assert_true(faults4(&long64, CR4_PAE | CR4_SMAP));
	assert_false(faults4(&long64, CR4_PAE | CR4_MCE));
}

static void pae_stays_in_long_mode(void **unused)
{
	(void)unused;
	assert_true(faults4(&long64, 0));
	assert_true(faults4(&compat, 0));
	assert_false(faults4(&pae, 0));
	assert_false(faults4(&before_long, 0));
}

static void pcide_rules(void **unused)
{
	struct cr_state state = long64;

	(void)unused;
	assert_false(faults4(&long64, CR4_PAE | CR4_PCIDE));
	assert_true(faults4(&pae, CR4_PAE | CR4_PCIDE));
	state.cr3 |= 5;
	assert_true(faults4(&state, CR4_PAE | CR4_PCIDE));
	state.cr4 |= CR4_PCIDE;
	assert_false(faults4(&state, CR4_PAE | CR4_PCIDE | CR4_PGE));
	assert_true(cr_write_cr4(&limits, &state, CR4_PAE).effects & CR_EFFECT_FLUSH);
}

static void cr4_effects(void **unused)
{
	struct cr_result result = cr_write_cr4(&limits, &long64, CR4_PAE | CR4_OSXSAVE);

	(void)unused;
	assert_int_equal(result.effects, CR_EFFECT_CR4);
	result = cr_write_cr4(&limits, &pae, CR4_PAE | CR4_PGE);
	assert_int_equal(result.effects, CR_EFFECT_CR4 | CR_EFFECT_PDPTES | CR_EFFECT_FLUSH);
	result = cr_write_cr4(&limits, &legacy, CR4_PAE);
	assert_true(result.effects & CR_EFFECT_PDPTES);
	result = cr_write_cr4(&limits, &pae, 0);
	assert_false(result.effects & CR_EFFECT_PDPTES);
}

static void efer_rules(void **unused)
{
	struct cr_result result;

	(void)unused;
	assert_int_equal(cr_write_efer(&limits, &long64, 0).verdict, CR_FAULT);
	assert_int_equal(cr_write_efer(&limits, &legacy, EFER_LME).verdict, CR_FAULT);
	assert_int_equal(cr_write_efer(&limits, &prot, 1 << 1).verdict, CR_FAULT);
	assert_int_equal(cr_write_efer(&limits, &prot, 1ull << 12).verdict, CR_FAULT);
	result = cr_write_efer(&limits, &prot, EFER_LME | EFER_LMA);
	assert_int_equal(result.state.efer, EFER_LME);
	result = cr_write_efer(&limits, &long64, EFER_LME | EFER_NXE | EFER_SCE);
	assert_int_equal(result.state.efer, EFER_LME | EFER_LMA | EFER_NXE | EFER_SCE);
	assert_int_equal(result.effects, CR_EFFECT_EFER | CR_EFFECT_FLUSH);
}

static void faults_change_nothing(void **unused)
{
	struct cr_result result = cr_write_cr0(&limits, &long64, CR0_NW);

	(void)unused;
	assert_int_equal(result.verdict, CR_FAULT);
	assert_int_equal(result.effects, 0);
}

static void xcr0_rules(void **unused)
{
	static const struct {
		uint64_t value;
		enum cr_verdict verdict;
	} cases[] = {
		{ 1, CR_OK },	   { 3, CR_OK },	{ 7, CR_OK },
		{ 0xe7, CR_OK },   { 0, CR_FAULT },	{ 2, CR_FAULT },
		{ 5, CR_FAULT },   { 0xe3, CR_FAULT },	{ 0x67, CR_FAULT },
		{ 0xf, CR_FAULT }, { 0x207, CR_FAULT }, { 1ull << 63 | 1, CR_FAULT },
	};

	(void)unused;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(cr_xsetbv(&limits, 0, cases[i].value), cases[i].verdict);
	assert_int_equal(cr_xsetbv(&limits, 1, 1), CR_FAULT);
}

static void pdpte_rules(void **unused)
{
	uint64_t pdptes[4] = { 0x1001, 0, 0xfffffffffffffffe, 0x2019 };

	(void)unused;
	assert_true(cr_pdptes_valid(&limits, pdptes));
	pdptes[3] = 0x2003;
	assert_false(cr_pdptes_valid(&limits, pdptes));
	pdptes[3] = 1ull << 40 | 1;
	assert_false(cr_pdptes_valid(&limits, pdptes));
	pdptes[3] = 1ull << 39 | 1;
	assert_true(cr_pdptes_valid(&limits, pdptes));
}

/* ---- Whatever is accepted, VM entry must accept too ---- */

static uint64_t rng_state = 42;

static uint64_t random_bits(void)
{
	rng_state = rng_state * 6364136223846793005ull + 1442695040888963407ull;
	return rng_state >> 32;
}

/* A subset of the bits, most often of those that decide the paging mode. */
static uint64_t random_subset(uint64_t all, uint64_t likely)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < 64; i++)
		if (all >> i & 1 && random_bits() % 4 < (likely >> i & 1 ? 3 : 1))
			value |= 1ull << i;
	return value;
}

static struct cr_result random_write(const struct cr_state *state)
{
	uint64_t cr0 = CR0_PE | CR0_PG | CR0_WP | CR0_CD | CR0_NW | CR0_TS | CR0_NE;

	switch (random_bits() % 4) {
	case 0:
		return cr_write_cr0(&limits, state, random_subset(cr0, CR0_PE | CR0_PG));
	case 1:
		return cr_write_cr4(&limits, state,
				    random_subset(limits.cr4_allowed | CR4_VMXE, CR4_PAE));
	case 2:
		return cr_write_efer(&limits, state, random_subset(limits.efer_allowed, EFER_LME));
	default:
		return cr_lmsw(&limits, state, (uint16_t)random_bits());
	}
}

static const struct vmcs_host host = {
	.cr0 = CR0_PG | CR0_NE | CR0_PE,
	.cr4 = CR4_PAE | CR4_VMXE,
	.efer = EFER_LME | EFER_LMA,
	.cs = 0x08,
	.tr = 0x18,
};

static void enter_with(const struct vmx_caps *caps, const struct cr_state *state)
{
	const struct vmcs_settings settings = { .eptp = 0x1e, .guest_cr4_allowed = 0 };
	const struct audit_rule *failed[1] = { NULL };
	struct vmcs_image image;
	struct audit_reader reader = { audit_read_image, &image };
	struct vmcs_start start;

	vmcs_start_prot32(&start, 0x1000, 0x2000);
	start.cr0 = state->cr0;
	start.cr3 = state->cr3;
	start.cr4 = state->cr4;
	start.efer = state->efer;
	if (state->cs_long)
		start.segment[SEGMENT_CS].access = 0xa09b;
	vmcs_build(&image, caps, &host, &settings, &start);
	if (audit_vmcs(&reader, caps, failed, 1))
		fail_msg("cr0 %lx cr4 %lx efer %lx: %s", state->cr0, state->cr4, state->efer,
			 failed[0]->text);
}

static void every_accepted_state_can_be_entered(void **unused)
{
	struct vmx_caps caps = model_caps("corei7_skylake_x");
	struct cr_state state = real;
	unsigned accepted = 0, long_mode = 0;

	(void)unused;
	for (unsigned step = 0; step < 6000; step++) {
		struct cr_result result = random_write(&state);

		if (result.verdict == CR_FAULT)
			continue;
		assert_int_equal(!!((state.efer ^ result.state.efer) & EFER_LMA),
				 !!(result.effects & CR_EFFECT_IA32E));
		state = result.state;
		state.cs_long = state.efer & EFER_LMA && random_bits() % 2;
		enter_with(&caps, &state);
		accepted++;
		long_mode += !!(state.efer & EFER_LMA);
	}
	assert_true(accepted > 1000);
	assert_true(long_mode > 100);
}

static void limits_come_from_cpuid(void **unused)
{
	struct cpuid_table cpuid = {
		.cr4_allowed = 1, .efer_allowed = 2, .xcr0_allowed = 3, .physical_bits = 46
	};
	struct cr_limits made;

	(void)unused;
	cr_limits_init(&made, &cpuid);
	assert_int_equal(made.cr4_allowed, 1);
	assert_int_equal(made.efer_allowed, 2);
	assert_int_equal(made.xcr0_allowed, 3);
	assert_int_equal(made.physical_bits, 46);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cr0_combinations),
		cmocka_unit_test(cr0_reserved_bits_are_ignored_and_et_stays),
		cmocka_unit_test(paging_on_in_each_form),
		cmocka_unit_test(entering_long_mode_wrongly),
		cmocka_unit_test(leaving_long_mode),
		cmocka_unit_test(caches_off_under_pae_paging_loads_pdptes),
		cmocka_unit_test(clts_and_lmsw),
		cmocka_unit_test(cr4_bits_the_guest_does_not_have),
		cmocka_unit_test(pae_stays_in_long_mode),
		cmocka_unit_test(pcide_rules),
		cmocka_unit_test(cr4_effects),
		cmocka_unit_test(efer_rules),
		cmocka_unit_test(faults_change_nothing),
		cmocka_unit_test(xcr0_rules),
		cmocka_unit_test(pdpte_rules),
		cmocka_unit_test(every_accepted_state_can_be_entered),
		cmocka_unit_test(limits_come_from_cpuid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
