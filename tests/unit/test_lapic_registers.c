/* Local APIC: which bits its registers have, and the modes it can be in. */
#include "tests/unit/lapic_fixture.h"

static void mmio_takes_words_only(void **state)
{
	(void)state;
	mmio_set(R_TPR, 0x20);
	lapic_mmio_write(&apic, 0x80, 1, 0x50, 0);
	lapic_mmio_write(&apic, 0x82, 4, 0x50, 0);
	lapic_mmio_write(&apic, 0x80, 8, 0x50, 0);
	assert_int_equal(mmio(R_TPR), 0x20);
	assert_int_equal(lapic_mmio_read(&apic, 0x33, 1, 0), 0x01);
	assert_int_equal(lapic_mmio_read(&apic, 0x32, 2, 0), 0x0105);
	assert_int_equal(lapic_mmio_read(&apic, 0x84, 4, 0), 0);
	assert_int_equal(lapic_mmio_read(&apic, 0x82, 4, 0), 0);
	assert_int_equal(lapic_mmio_read(&apic, 0xFFF, 1, 0), 0);
}

static void writable_bits_of_registers(void **state)
{
	static const struct {
		unsigned reg;
		uint32_t bits;
	} cases[] = {
		{ R_TPR, 0xFF },	   { R_LDR, 0xFF000000 },    { R_ID, 0xFF000000 },
		{ R_SPIV, 0x13FF },	   { R_LVT_TIMER, 0x700FF }, { R_LVT_THERMAL, 0x107FF },
		{ R_LVT_PERF, 0x107FF },   { R_LVT_LINT0, 0x1A7FF }, { R_LVT_LINT1, 0x1A7FF },
		{ R_LVT_ERROR, 0x100FF },  { R_DIVIDE, 0x0B },	     { R_ICR2, 0xFF000000 },
		{ R_INITIAL, 0xFFFFFFFF },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		setup_xapic(NULL);
		mmio_set(cases[i].reg, 0xFFFFFFFF & ~(cases[i].reg == R_LVT_TIMER ? 1u << 18 : 0));
		assert_int_equal(mmio(cases[i].reg),
				 cases[i].bits & ~(cases[i].reg == R_LVT_TIMER ? 1u << 18 : 0));
	}
	mmio_set(R_DFR, 0);
	assert_int_equal(mmio(R_DFR), 0x0FFFFFFF);
}

static void x2apic_reserved_bits_fault(void **state)
{
	static const struct {
		unsigned reg;
		uint64_t good, bad;
	} cases[] = {
		{ R_TPR, 0xFF, 0x100 },		 { R_EOI, 0, 1 },
		{ R_SPIV, 0x13FF, 0x2000 },	 { R_ESR, 0, 1 },
		{ R_LVT_TIMER, 0x510FF, 0x100 }, { R_LVT_LINT0, 0x1F7FF, 0x20000 },
		{ R_LVT_ERROR, 0x110FF, 0x400 }, { R_INITIAL, 0xFFFFFFFF, 0x100000000ull },
		{ R_DIVIDE, 0x0B, 0x04 },	 { R_ICR, 0x000CCFFFull & ~0x700ull, 0x00001000 },
		{ R_ICR, 0x47, 0x00100000 },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(msr_set(cases[i].reg, cases[i].good), OK);
		assert_int_equal(msr_set(cases[i].reg, cases[i].bad), ERR_INVALID);
	}
}

static void x2apic_access_rights(void **state)
{
	static const unsigned read_only[] = { R_ID,  R_VERSION, R_PPR,	  R_LDR,
					      R_ISR, R_ISR + 7, R_TMR,	  R_TMR + 7,
					      R_IRR, R_IRR + 7, R_CURRENT };
	static const unsigned absent[] = { 0x00, 0x01,	 0x04, 0x09, 0x0C, R_DFR, 0x29,
					   0x2F, R_ICR2, 0x3A, 0x3D, 0x40, 0xFF };
	static const unsigned write_only[] = { R_EOI, R_SELF_IPI };
	uint64_t value;

	(void)state;
	for (unsigned i = 0; i < sizeof(read_only) / sizeof(read_only[0]); i++) {
		assert_int_equal(msr_set(read_only[i], 0), ERR_INVALID);
		msr(read_only[i]);
	}
	for (unsigned i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
		assert_int_equal(msr_set(absent[i], 0), ERR_INVALID);
		assert_int_equal(lapic_msr_read(&apic, 0x800 + absent[i], 0, &value), ERR_INVALID);
	}
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(lapic_msr_read(&apic, 0x800 + write_only[i], 0, &value),
				 ERR_INVALID);
	assert_int_equal(lapic_msr_read(&apic, 0x900, 0, &value), ERR_INVALID);
	assert_int_equal(lapic_msr_write(&apic, 0x7FF, 0, 0), ERR_INVALID);
}

static void x2apic_msrs_fault_in_xapic_mode(void **state)
{
	uint64_t value;

	(void)state;
	assert_int_equal(lapic_msr_read(&apic, 0x802, 0, &value), ERR_INVALID);
	assert_int_equal(lapic_msr_write(&apic, 0x80B, 0, 0), ERR_INVALID);
}

static void ids_in_both_modes(void **state)
{
	struct lapic_config config = fixture_config(0x12345);

	(void)state;
	lapic_init(&apic, &config);
	assert_int_equal(mmio(R_ID), 0x45000000);
	assert_int_equal(base_set(BASE_X2APIC), OK);
	assert_int_equal(msr(R_ID), 0x12345);
	assert_int_equal(msr(R_LDR), 0x12340020);
}

static void mode_transitions(void **state)
{
	enum { OFF, ILLEGAL, X, X2, MODES };
	static const bool legal[MODES][MODES] = {
		[OFF] = { [OFF] = true, [X] = true },
		[X] = { [OFF] = true, [X] = true, [X2] = true },
		[X2] = { [OFF] = true, [X2] = true },
	};
	static const uint64_t bits[MODES] = { 0, 0x400, 0x800, 0xC00 };

	(void)state;
	for (unsigned from = 0; from < MODES; from++) {
		for (unsigned to = 0; to < MODES; to++) {
			if (from == ILLEGAL)
				continue;
			setup_xapic(NULL);
			assert_int_equal(base_set(0xFEE00000 | bits[from]), OK);
			assert_int_equal(base_set(0xFEE00000 | bits[to]),
					 legal[from][to] ? OK : ERR_INVALID);
			assert_true(apic.apic_base ==
				    (0xFEE00000 | bits[legal[from][to] ? to : from]));
		}
	}
}

static void base_writes_in_xapic_mode_change_nothing_else(void **state)
{
	(void)state;
	mmio_set(R_LDR, 0x24000000);
	mmio_set(R_ICR2, 0x05000000);
	assert_int_equal(base_set(BASE_XAPIC | LAPIC_BASE_BSP), OK);
	assert_int_equal(mmio(R_LDR), 0x24000000);
	assert_int_equal(mmio(R_ICR2), 0x05000000);
}

static void apic_base_reads_back(void **state)
{
	uint64_t value;

	(void)state;
	assert_int_equal(lapic_msr_read(&apic, LAPIC_MSR_BASE, 0, &value), OK);
	assert_true(value == BASE_XAPIC);
	assert_int_equal(base_set(BASE_X2APIC | LAPIC_BASE_BSP), OK);
	assert_int_equal(lapic_msr_read(&apic, LAPIC_MSR_BASE, 0, &value), OK);
	assert_true(value == (BASE_X2APIC | LAPIC_BASE_BSP));
}

static void apic_base_reserved_bits(void **state)
{
	struct lapic_config config = fixture_config(0);

	(void)state;
	assert_int_equal(base_set(BASE_XAPIC | 1), ERR_INVALID);
	assert_int_equal(base_set(BASE_XAPIC | 0x200), ERR_INVALID);
	assert_int_equal(base_set(BASE_XAPIC | 1ull << 39), ERR_INVALID);
	assert_int_equal(base_set(BASE_XAPIC | 1ull << 38), OK);
	assert_true(lapic_mmio_base(&apic) == (0xFEE00000 | 1ull << 38));
	config.x2apic = false;
	lapic_init(&apic, &config);
	assert_int_equal(base_set(BASE_X2APIC), ERR_INVALID);
}

static void disabling_resets(void **state)
{
	(void)state;
	mmio_set(R_TPR, 0x55);
	mmio_set(R_ID, 0x77000000);
	lapic_inject(&apic, 0x50, false);
	assert_int_equal(base_set(0xFEE00000), OK);
	assert_false(lapic_enabled(&apic));
	assert_int_equal(lapic_pending_vector(&apic), -1);
	lapic_inject(&apic, 0x50, false);
	assert_int_equal(lapic_pending_vector(&apic), -1);
	assert_int_equal(base_set(BASE_XAPIC), OK);
	assert_int_equal(mmio(R_TPR), 0);
	assert_int_equal(mmio(R_ID), 0x03000000);
	assert_int_equal(mmio(R_SPIV), 0xFF);
}

static void x2apic_keeps_what_is_pending(void **state)
{
	(void)state;
	lapic_inject(&apic, 0x50, false);
	mmio_set(R_ICR2, 0x05000000);
	assert_int_equal(base_set(BASE_X2APIC), OK);
	assert_int_equal(lapic_pending_vector(&apic), 0x50);
	assert_true(msr(R_ICR) >> 32 == 0);
}

static void init_keeps_mode_and_id(void **state)
{
	(void)state;
	assert_int_equal(msr_set(R_TPR, 0x20), OK);
	lapic_inject(&apic, 0x50, false);
	lapic_post(&apic, 0x60, false);
	lapic_post_event(&apic, LAPIC_EVENT_INIT | LAPIC_EVENT_NMI);
	lapic_post_sipi(&apic, 0x9A);
	lapic_sync(&apic);
	assert_true(lapic_take_event(&apic, LAPIC_EVENT_INIT));
	lapic_post(&apic, 0x61, false);
	lapic_reset(&apic);
	lapic_sync(&apic);
	assert_int_equal(lapic_pending_vector(&apic), -1);
	assert_int_equal(apic.events, LAPIC_EVENT_SIPI);
	assert_int_equal(lapic_sipi_vector(&apic), 0x9A);
	assert_true(lapic_in_x2apic(&apic));
	assert_int_equal(msr(R_ID), 3);
	assert_int_equal(msr(R_LDR), 8);
	assert_int_equal(msr(R_SPIV), 0xFF);
	assert_int_equal(msr(R_TPR), 0);
	for (unsigned r = R_IRR; r < R_IRR + 8; r++)
		assert_int_equal(msr(r), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(mmio_takes_words_only, setup_xapic),
		cmocka_unit_test_setup(writable_bits_of_registers, setup_xapic),
		cmocka_unit_test_setup(x2apic_reserved_bits_fault, setup_x2apic),
		cmocka_unit_test_setup(x2apic_access_rights, setup_x2apic),
		cmocka_unit_test_setup(x2apic_msrs_fault_in_xapic_mode, setup_xapic),
		cmocka_unit_test_setup(ids_in_both_modes, setup_xapic),
		cmocka_unit_test_setup(mode_transitions, setup_xapic),
		cmocka_unit_test_setup(base_writes_in_xapic_mode_change_nothing_else, setup_xapic),
		cmocka_unit_test_setup(apic_base_reads_back, setup_xapic),
		cmocka_unit_test_setup(apic_base_reserved_bits, setup_xapic),
		cmocka_unit_test_setup(disabling_resets, setup_xapic),
		cmocka_unit_test_setup(x2apic_keeps_what_is_pending, setup_xapic),
		cmocka_unit_test_setup(init_keeps_mode_and_id, setup_x2apic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
