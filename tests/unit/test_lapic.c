/* Local APIC: delivery, priorities, IPIs and errors. */
#include "tests/unit/lapic_fixture.h"

static void power_up_state(void **state)
{
	struct lapic_config config = fixture_config(0);

	(void)state;
	lapic_init(&apic, &config);
	assert_int_equal(lapic_mmio_base(&apic), 0xFEE00000);
	assert_true(apic.apic_base == (BASE_XAPIC | LAPIC_BASE_BSP));
	assert_int_equal(mmio(R_VERSION), 0x01050015);
	assert_int_equal(mmio(R_SPIV), 0xFF);
	assert_true(mmio(R_DFR) == 0xFFFFFFFF);
	assert_int_equal(mmio(R_LDR), 0);
	assert_int_equal(mmio(R_TPR), 0);
	for (unsigned r = R_LVT_TIMER; r <= R_LVT_ERROR; r++)
		assert_int_equal(mmio(r), MASKED);
	assert_int_equal(lapic_pending_vector(&apic), -1);
	assert_true(lapic_timer_expiry(&apic) == LAPIC_NEVER);
	assert_true(lapic_consistent(&apic));
}

/* The check that other tests rely on finds each way of being wrong. */
static void consistency_check_has_teeth(void **state)
{
	struct lapic good, bad;

	(void)state;
	lapic_inject(&apic, 0x45, false);
	lapic_accept(&apic, 0x45);
	lapic_inject(&apic, 0x52, false);
	good = apic;
	assert_true(lapic_consistent(&good));
	bad = good, bad.deliverable = -1;
	assert_false(lapic_consistent(&bad));
	bad = good, bad.irr_top = 0;
	assert_false(lapic_consistent(&bad));
	bad = good, bad.isr.words = 0;
	assert_false(lapic_consistent(&bad));
	bad = good, bad.irr.word[0] = 8, bad.irr.words |= 1;
	assert_false(lapic_consistent(&bad));
	bad = good, bad.tpr = 0x50;
	assert_false(lapic_consistent(&bad));
}

static void every_vector_is_delivered_once(void **state)
{
	(void)state;
	for (int v = 16; v < 256; v++) {
		lapic_inject(&apic, (uint8_t)v, false);
		assert_int_equal(mmio(R_IRR + (unsigned)v / 32), 1u << v % 32);
		assert_int_equal(lapic_pending_vector(&apic), v);
		lapic_accept(&apic, (uint8_t)v);
		assert_int_equal(mmio(R_IRR + (unsigned)v / 32), 0);
		assert_int_equal(mmio(R_ISR + (unsigned)v / 32), 1u << v % 32);
		assert_int_equal(lapic_pending_vector(&apic), -1);
		assert_int_equal(mmio(R_PPR), v & 0xF0);
		mmio_set(R_EOI, 0);
		assert_int_equal(mmio(R_ISR + (unsigned)v / 32), 0);
		assert_true(lapic_consistent(&apic));
	}
	assert_int_equal(recorder.eois, 0);
}

static void higher_class_nests_same_class_waits(void **state)
{
	(void)state;
	lapic_inject(&apic, 0x45, false);
	lapic_accept(&apic, 0x45);
	lapic_inject(&apic, 0x4F, false);
	assert_int_equal(lapic_pending_vector(&apic), -1);
	lapic_inject(&apic, 0x50, false);
	assert_int_equal(lapic_pending_vector(&apic), 0x50);
	lapic_accept(&apic, 0x50);
	lapic_eoi(&apic);
	assert_int_equal(lapic_pending_vector(&apic), -1);
	lapic_eoi(&apic);
	assert_int_equal(lapic_pending_vector(&apic), 0x4F);
}

static void eoi_without_service_is_ignored(void **state)
{
	(void)state;
	lapic_eoi(&apic);
	assert_true(lapic_consistent(&apic));
	assert_int_equal(recorder.eois, 0);
}

static void tpr_holds_back_its_class_and_below(void **state)
{
	(void)state;
	lapic_inject(&apic, 0x45, false);
	mmio_set(R_TPR, 0x40);
	assert_int_equal(lapic_pending_vector(&apic), -1);
	assert_int_equal(lapic_tpr_threshold(&apic), 4);
	mmio_set(R_TPR, 0x3F);
	assert_int_equal(lapic_pending_vector(&apic), 0x45);
	assert_int_equal(lapic_tpr_threshold(&apic), 0);
	lapic_set_cr8(&apic, 15);
	assert_int_equal(mmio(R_TPR), 0xF0);
	assert_int_equal(lapic_cr8(&apic), 15);
	assert_int_equal(lapic_pending_vector(&apic), -1);
	lapic_set_cr8(&apic, 0);
	assert_int_equal(lapic_pending_vector(&apic), 0x45);
}

static void threshold_is_zero_when_service_holds_back(void **state)
{
	(void)state;
	lapic_inject(&apic, 0x85, false);
	lapic_accept(&apic, 0x85);
	lapic_inject(&apic, 0x45, false);
	mmio_set(R_TPR, 0x60);
	assert_int_equal(lapic_tpr_threshold(&apic), 0);
	lapic_eoi(&apic);
	assert_int_equal(lapic_tpr_threshold(&apic), 4);
}

static void ppr_follows_the_manual(void **state)
{
	(void)state;
	mmio_set(R_TPR, 0x35);
	assert_int_equal(mmio(R_PPR), 0x35);
	lapic_inject(&apic, 0x47, false);
	lapic_accept(&apic, 0x47);
	assert_int_equal(mmio(R_PPR), 0x40);
	mmio_set(R_TPR, 0x4A);
	assert_int_equal(mmio(R_PPR), 0x4A);
}

static void level_triggered_eoi_is_broadcast(void **state)
{
	(void)state;
	lapic_inject(&apic, 0x61, true);
	assert_int_equal(mmio(R_TMR + 3), 2);
	lapic_accept(&apic, 0x61);
	lapic_eoi(&apic);
	assert_int_equal(recorder.eois, 1);
	assert_int_equal(recorder.eoi_vector, 0x61);
	lapic_inject(&apic, 0x61, false); /* the same vector as an edge */
	assert_int_equal(mmio(R_TMR + 3), 0);
	lapic_accept(&apic, 0x61);
	lapic_eoi(&apic);
	assert_int_equal(recorder.eois, 1);
}

static void eoi_broadcast_can_be_suppressed(void **state)
{
	(void)state;
	mmio_set(R_SPIV, 0x11FF);
	lapic_inject(&apic, 0x61, true);
	lapic_accept(&apic, 0x61);
	lapic_eoi(&apic);
	assert_int_equal(recorder.eois, 0);
}

static void software_disable_refuses_and_masks(void **state)
{
	(void)state;
	mmio_set(R_LVT_TIMER, 0x40);
	mmio_set(R_SPIV, 0xFF);
	assert_int_equal(mmio(R_LVT_TIMER), 0x40 | MASKED);
	mmio_set(R_LVT_TIMER, 0x41);
	assert_int_equal(mmio(R_LVT_TIMER), 0x41 | MASKED);
	lapic_inject(&apic, 0x50, false);
	lapic_post(&apic, 0x51, false);
	lapic_sync(&apic);
	assert_int_equal(lapic_pending_vector(&apic), -1);
	lapic_post_event(&apic, LAPIC_EVENT_NMI);
	lapic_sync(&apic);
	assert_true(lapic_take_event(&apic, LAPIC_EVENT_NMI));
	mmio_set(R_SPIV, 0x1FF);
	assert_int_equal(mmio(R_LVT_TIMER), 0x41 | MASKED);
}

/* --- IPIs ----------------------------------------------------------------------------------- */

static void xapic_ipi_goes_out(void **state)
{
	(void)state;
	mmio_set(R_ICR2, 0x05000000);
	mmio_set(R_ICR, 0x00004047);
	assert_int_equal(recorder.sent, 1);
	assert_int_equal(recorder.message.dest, 5);
	assert_int_equal(recorder.message.vector, 0x47);
	assert_int_equal(recorder.message.mode, APIC_FIXED);
	assert_int_equal(recorder.message.shorthand, APIC_TO_DEST);
	assert_false(recorder.message.dest_logical);
	assert_false(recorder.message.level_triggered);
	assert_int_equal(mmio(R_ICR), 0x4047); /* delivery status idle */
	assert_int_equal(mmio(R_ICR2), 0x05000000);
	mmio_set(R_ICR2, 0xFF000000);
	mmio_set(R_ICR, 0x00000847);
	assert_int_equal(recorder.message.dest, APIC_BROADCAST);
	assert_true(recorder.message.dest_logical);
}

static void x2apic_icr_is_one_register(void **state)
{
	(void)state;
	assert_int_equal(msr_set(R_ICR, 0x0001000200000447ull), OK);
	assert_int_equal(recorder.message.dest, 0x00010002);
	assert_int_equal(recorder.message.mode, APIC_NMI);
	assert_true(msr(R_ICR) == 0x0001000200000447ull);
}

static void init_and_startup(void **state)
{
	(void)state;
	mmio_set(R_ICR2, 0x01000000);
	mmio_set(R_ICR, 0x0000C500); /* INIT, assert */
	assert_int_equal(recorder.sent, 1);
	assert_int_equal(recorder.message.mode, APIC_INIT);
	assert_true(recorder.message.assert_level);
	mmio_set(R_ICR, 0x00008500); /* de-assert: nothing happens */
	assert_int_equal(recorder.sent, 1);
	mmio_set(R_ICR, 0x00000500); /* edge INIT, whatever the level bit says */
	assert_int_equal(recorder.sent, 2);
	mmio_set(R_ICR, 0x0000069A);
	assert_int_equal(recorder.message.mode, APIC_STARTUP);
	assert_int_equal(recorder.message.vector, 0x9A);
}

static void shorthands_reach_the_callback(void **state)
{
	(void)state;
	mmio_set(R_ICR, 0x000C0047);
	assert_int_equal(recorder.message.shorthand, APIC_TO_OTHERS);
	mmio_set(R_ICR, 0x00080047);
	assert_int_equal(recorder.message.shorthand, APIC_TO_ALL);
	assert_int_equal(recorder.sent, 2);
}

static void self_ipi_stays_inside(void **state)
{
	(void)state;
	mmio_set(R_ICR, 0x00040047);
	assert_int_equal(lapic_pending_vector(&apic), 0x47);
	mmio_set(R_ICR, 0x00040400); /* NMI to itself */
	assert_true(lapic_take_event(&apic, LAPIC_EVENT_NMI));
	mmio_set(R_ICR, 0x00040500); /* INIT to itself does not exist */
	assert_int_equal(apic.events, 0);
	assert_int_equal(recorder.sent, 0);
}

static void self_ipi_msr(void **state)
{
	(void)state;
	assert_int_equal(msr_set(R_SELF_IPI, 0x93), OK);
	assert_int_equal(lapic_pending_vector(&apic), 0x93);
	assert_int_equal(msr_set(R_SELF_IPI, 0x193), ERR_INVALID);
	assert_int_equal(msr_set(R_SELF_IPI, 0x0F), OK); /* no fault, but an error */
	assert_int_equal(msr_set(R_ESR, 0), OK);
	assert_int_equal(msr(R_ESR), 0x20);
	assert_int_equal(recorder.sent, 0);
}

static void reserved_modes_send_nothing(void **state)
{
	(void)state;
	mmio_set(R_ICR, 0x00000347);
	mmio_set(R_ICR, 0x00000747);
	assert_int_equal(recorder.sent, 0);
}

/* --- Errors --------------------------------------------------------------------------------- */

static void illegal_vectors_are_errors(void **state)
{
	(void)state;
	mmio_set(R_ICR, 0x0000000F);
	assert_int_equal(recorder.sent, 0);
	assert_int_equal(mmio(R_ESR), 0);
	mmio_set(R_ESR, 0);
	assert_int_equal(mmio(R_ESR), 0x20);
	lapic_inject(&apic, 3, false);
	lapic_post(&apic, 15, false);
	lapic_sync(&apic);
	assert_int_equal(mmio(R_IRR), 0);
	mmio_set(R_ESR, 0xFFFFFFFF);
	assert_int_equal(mmio(R_ESR), 0x40);
	mmio_set(R_ESR, 0);
	assert_int_equal(mmio(R_ESR), 0);
}

static void illegal_registers_are_errors(void **state)
{
	(void)state;
	assert_int_equal(mmio(0x00), 0);
	mmio_set(R_ESR, 0);
	assert_int_equal(mmio(R_ESR), 0x80);
	mmio_set(0x40, 1);
	mmio_set(R_ESR, 0);
	assert_int_equal(mmio(R_ESR), 0x80);
	assert_int_equal(mmio(R_EOI), 0); /* write-only, but there */
	mmio_set(R_VERSION, 1);		  /* read-only, but there */
	mmio_set(R_ESR, 0);
	assert_int_equal(mmio(R_ESR), 0);
}

static void error_interrupt_fires_once_until_rearmed(void **state)
{
	(void)state;
	mmio_set(R_LVT_ERROR, 0xFE);
	lapic_inject(&apic, 1, false);
	assert_int_equal(lapic_pending_vector(&apic), 0xFE);
	lapic_accept(&apic, 0xFE);
	lapic_eoi(&apic);
	lapic_inject(&apic, 1, false);
	assert_int_equal(lapic_pending_vector(&apic), -1);
	mmio_set(R_ESR, 0);
	lapic_inject(&apic, 1, false);
	assert_int_equal(lapic_pending_vector(&apic), 0xFE);
}

static void error_entry_with_an_illegal_vector(void **state)
{
	(void)state;
	mmio_set(R_LVT_ERROR, 0x05);
	mmio_set(R_ICR, 0x01);
	mmio_set(R_ESR, 0);
	assert_int_equal(mmio(R_ESR), 0x60);
	assert_int_equal(lapic_pending_vector(&apic), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(power_up_state, setup_xapic),
		cmocka_unit_test_setup(consistency_check_has_teeth, setup_xapic),
		cmocka_unit_test_setup(every_vector_is_delivered_once, setup_xapic),
		cmocka_unit_test_setup(higher_class_nests_same_class_waits, setup_xapic),
		cmocka_unit_test_setup(eoi_without_service_is_ignored, setup_xapic),
		cmocka_unit_test_setup(tpr_holds_back_its_class_and_below, setup_xapic),
		cmocka_unit_test_setup(threshold_is_zero_when_service_holds_back, setup_xapic),
		cmocka_unit_test_setup(ppr_follows_the_manual, setup_xapic),
		cmocka_unit_test_setup(level_triggered_eoi_is_broadcast, setup_xapic),
		cmocka_unit_test_setup(eoi_broadcast_can_be_suppressed, setup_xapic),
		cmocka_unit_test_setup(software_disable_refuses_and_masks, setup_xapic),
		cmocka_unit_test_setup(xapic_ipi_goes_out, setup_xapic),
		cmocka_unit_test_setup(x2apic_icr_is_one_register, setup_x2apic),
		cmocka_unit_test_setup(init_and_startup, setup_xapic),
		cmocka_unit_test_setup(shorthands_reach_the_callback, setup_xapic),
		cmocka_unit_test_setup(self_ipi_stays_inside, setup_xapic),
		cmocka_unit_test_setup(self_ipi_msr, setup_x2apic),
		cmocka_unit_test_setup(reserved_modes_send_nothing, setup_xapic),
		cmocka_unit_test_setup(illegal_vectors_are_errors, setup_xapic),
		cmocka_unit_test_setup(illegal_registers_are_errors, setup_xapic),
		cmocka_unit_test_setup(error_interrupt_fires_once_until_rearmed, setup_xapic),
		cmocka_unit_test_setup(error_entry_with_an_illegal_vector, setup_xapic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
