/* Local APIC: what comes from outside, at its pins or by message, and to whom. */
#include "tests/unit/lapic_fixture.h"

/* --- LINT and other LVT entries ------------------------------------------------------------- */

static void extint_follows_the_pin(void **state)
{
	(void)state;
	lapic_set_lint(&apic, 0, true);
	assert_int_equal(apic.events, 0); /* masked */
	mmio_set(R_LVT_LINT0, 0x700);
	assert_int_equal(apic.events, LAPIC_EVENT_EXTINT);
	lapic_set_lint(&apic, 0, false);
	assert_int_equal(apic.events, 0);
	lapic_set_lint(&apic, 0, true);
	assert_true(lapic_take_event(&apic, LAPIC_EVENT_EXTINT));
	/* The PIC acknowledges and has another one: its output drops and rises. */
	lapic_post_lint(&apic, 0, false);
	lapic_post_lint(&apic, 0, true);
	lapic_sync(&apic);
	assert_true(lapic_take_event(&apic, LAPIC_EVENT_EXTINT));
	lapic_set_lint(&apic, 0, true);
	mmio_set(R_LVT_LINT0, 0x700 | MASKED);
	assert_int_equal(apic.events, 0);
}

static void lint1_nmi_is_an_edge(void **state)
{
	(void)state;
	mmio_set(R_LVT_LINT1, 0x400);
	lapic_set_lint(&apic, 1, true);
	assert_true(lapic_take_event(&apic, LAPIC_EVENT_NMI));
	lapic_set_lint(&apic, 1, true);
	assert_false(lapic_take_event(&apic, LAPIC_EVENT_NMI));
	lapic_post_lint(&apic, 1, false);
	lapic_post_lint(&apic, 1, true);
	lapic_sync(&apic);
	assert_true(lapic_take_event(&apic, LAPIC_EVENT_NMI));
	lapic_post_lint(&apic, 1, false);
	lapic_post_lint(&apic, 1, true);
	lapic_post_lint(&apic, 1, false); /* a pulse between two syncs still counts */
	lapic_sync(&apic);
	assert_true(lapic_take_event(&apic, LAPIC_EVENT_NMI));
}

static void fixed_lint_edge_and_level(void **state)
{
	(void)state;
	mmio_set(R_LVT_LINT0, 0x35);
	lapic_set_lint(&apic, 0, true);
	assert_int_equal(lapic_pending_vector(&apic), 0x35);
	lapic_accept(&apic, 0x35);
	lapic_eoi(&apic);
	assert_int_equal(lapic_pending_vector(&apic), -1);
	lapic_set_lint(&apic, 0, false);

	mmio_set(R_LVT_LINT0, 0x35 | MASKED);
	lapic_set_lint(&apic, 0, true);
	assert_int_equal(lapic_pending_vector(&apic), -1);
	lapic_set_lint(&apic, 0, false);

	mmio_set(R_LVT_LINT0, 0x8036);
	lapic_set_lint(&apic, 0, true);
	assert_int_equal(mmio(R_LVT_LINT0), 0xC036); /* remote IRR */
	lapic_accept(&apic, 0x36);
	lapic_set_lint(&apic, 0, true);
	assert_int_equal(mmio(R_IRR + 1), 0);
	mmio_set(R_LVT_LINT0, 0x8036);
	assert_int_equal(mmio(R_LVT_LINT0), 0xC036);
	assert_int_equal(mmio(R_IRR + 1), 0);
	lapic_eoi(&apic); /* still held */
	assert_int_equal(lapic_pending_vector(&apic), 0x36);
	mmio_set(R_LVT_LINT0, 0x0036); /* as an edge it has none */
	assert_int_equal(mmio(R_LVT_LINT0), 0x0036);
	mmio_set(R_LVT_LINT0, 0x8036);
	lapic_set_lint(&apic, 0, false);
	lapic_accept(&apic, 0x36);
	lapic_eoi(&apic);
	assert_int_equal(lapic_pending_vector(&apic), -1);
	assert_int_equal(mmio(R_LVT_LINT0), 0x8036);
}

static void disabled_apic_passes_the_pins_through(void **state)
{
	(void)state;
	assert_int_equal(base_set(0xFEE00000), OK);
	lapic_set_lint(&apic, 0, true);
	lapic_set_lint(&apic, 1, true);
	assert_int_equal(apic.events, LAPIC_EVENT_EXTINT | LAPIC_EVENT_NMI);
}

static void virtual_wire(void **state)
{
	struct lapic_config config = fixture_config(0);

	(void)state;
	lapic_init(&apic, &config);
	lapic_set_lint(&apic, 0, true);
	assert_int_equal(apic.events, 0);
	lapic_virtual_wire(&apic);
	assert_int_equal(apic.events, LAPIC_EVENT_EXTINT);
	lapic_set_lint(&apic, 1, true);
	assert_true(lapic_take_event(&apic, LAPIC_EVENT_NMI));
}

static void perf_entry_masks_itself(void **state)
{
	(void)state;
	mmio_set(R_LVT_PERF, 0x400);
	lapic_fire_lvt(&apic, LAPIC_LVT_PERF);
	assert_true(lapic_take_event(&apic, LAPIC_EVENT_NMI));
	assert_int_equal(mmio(R_LVT_PERF), 0x400 | MASKED);
	lapic_fire_lvt(&apic, LAPIC_LVT_PERF);
	assert_int_equal(apic.events, 0);
	mmio_set(R_LVT_THERMAL, 0x77);
	lapic_fire_lvt(&apic, LAPIC_LVT_THERMAL);
	assert_int_equal(lapic_pending_vector(&apic), 0x77);
	assert_int_equal(mmio(R_LVT_THERMAL), 0x77);
}

/* --- Posts ---------------------------------------------------------------------------------- */

static void posts_are_seen_after_sync(void **state)
{
	(void)state;
	assert_false(lapic_has_posted(&apic));
	assert_true(lapic_post(&apic, 0x50, true));
	assert_false(lapic_post(&apic, 0xA3, false)); /* the owner has been told */
	assert_true(lapic_has_posted(&apic));
	assert_int_equal(lapic_pending_vector(&apic), -1);
	lapic_sync(&apic);
	assert_false(lapic_has_posted(&apic));
	assert_int_equal(lapic_pending_vector(&apic), 0xA3);
	assert_int_equal(mmio(R_IRR + 2), 1u << 16);
	assert_int_equal(mmio(R_TMR + 2), 1u << 16);
	assert_int_equal(mmio(R_TMR + 5), 0);
	assert_true(lapic_post(&apic, 0x51, false));
}

static void a_vector_may_change_its_trigger(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		lapic_post(&apic, 0x61, i % 2);
		lapic_sync(&apic);
		assert_int_equal(mmio(R_TMR + 3), i % 2 ? 2 : 0);
		lapic_accept(&apic, 0x61);
		lapic_eoi(&apic);
		assert_int_equal(recorder.eois, (i + 1) / 2);
	}
}

static void messages_that_do_nothing(void **state)
{
	struct apic_message reserved = { .mode = 3, .assert_level = true };
	struct apic_message deassert = { .mode = APIC_INIT };

	(void)state;
	assert_false(lapic_post_message(&apic, &reserved));
	assert_false(lapic_post_message(&apic, &deassert));
	assert_false(lapic_has_posted(&apic));
}

static void messages_become_events(void **state)
{
	static const struct {
		uint8_t mode;
		uint32_t event;
	} cases[] = {
		{ APIC_SMI, LAPIC_EVENT_SMI },	     { APIC_NMI, LAPIC_EVENT_NMI },
		{ APIC_INIT, LAPIC_EVENT_INIT },     { APIC_STARTUP, LAPIC_EVENT_SIPI },
		{ APIC_EXTINT, LAPIC_EVENT_EXTINT },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct apic_message m = { .mode = cases[i].mode,
					  .vector = 0x12,
					  .assert_level = true };

		assert_true(lapic_post_message(&apic, &m));
		lapic_sync(&apic);
		assert_int_equal(apic.events, cases[i].event);
		assert_true(lapic_take_event(&apic, cases[i].event));
		assert_false(lapic_take_event(&apic, cases[i].event));
	}
	assert_int_equal(lapic_sipi_vector(&apic), 0x12);
}

/* --- Destinations --------------------------------------------------------------------------- */

static void xapic_destinations(void **state)
{
	(void)state;
	assert_true(lapic_matches(&apic, 3, false));
	assert_false(lapic_matches(&apic, 2, false));
	assert_true(lapic_matches(&apic, APIC_BROADCAST, false));
	assert_true(lapic_matches(&apic, APIC_BROADCAST, true));
	assert_false(lapic_matches(&apic, 0x103, false));

	mmio_set(R_LDR, 0x24000000); /* flat: two bits of eight */
	assert_true(lapic_matches(&apic, 0x04, true));
	assert_true(lapic_matches(&apic, 0x21, true));
	assert_false(lapic_matches(&apic, 0x18, true));

	mmio_set(R_DFR, 0x0FFFFFFF); /* cluster 2, member 2 */
	assert_true(lapic_matches(&apic, 0x24, true));
	assert_true(lapic_matches(&apic, 0x2F, true));
	assert_false(lapic_matches(&apic, 0x28, true));
	assert_false(lapic_matches(&apic, 0x34, true));
}

static void x2apic_destinations(void **state)
{
	struct lapic_config config = fixture_config(0x35);

	(void)state;
	lapic_init(&apic, &config);
	assert_int_equal(base_set(BASE_X2APIC), OK);
	assert_true(lapic_matches(&apic, 0x35, false));
	assert_false(lapic_matches(&apic, 0x135, false));
	assert_true(lapic_matches(&apic, 0x00030020, true));
	assert_true(lapic_matches(&apic, 0x0003FFFF, true));
	assert_false(lapic_matches(&apic, 0x00030010, true));
	assert_false(lapic_matches(&apic, 0x00020020, true));
	assert_true(lapic_matches(&apic, APIC_BROADCAST, true));
}

static void disabled_apic_matches_nothing(void **state)
{
	(void)state;
	assert_int_equal(base_set(0xFEE00000), OK);
	assert_false(lapic_matches(&apic, 3, false));
	assert_false(lapic_matches(&apic, APIC_BROADCAST, false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(extint_follows_the_pin, setup_xapic),
		cmocka_unit_test_setup(lint1_nmi_is_an_edge, setup_xapic),
		cmocka_unit_test_setup(fixed_lint_edge_and_level, setup_xapic),
		cmocka_unit_test_setup(disabled_apic_passes_the_pins_through, setup_xapic),
		cmocka_unit_test_setup(virtual_wire, setup_xapic),
		cmocka_unit_test_setup(perf_entry_masks_itself, setup_xapic),
		cmocka_unit_test_setup(posts_are_seen_after_sync, setup_xapic),
		cmocka_unit_test_setup(a_vector_may_change_its_trigger, setup_xapic),
		cmocka_unit_test_setup(messages_that_do_nothing, setup_xapic),
		cmocka_unit_test_setup(messages_become_events, setup_xapic),
		cmocka_unit_test_setup(xapic_destinations, setup_xapic),
		cmocka_unit_test_setup(x2apic_destinations, setup_xapic),
		cmocka_unit_test_setup(disabled_apic_matches_nothing, setup_xapic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
