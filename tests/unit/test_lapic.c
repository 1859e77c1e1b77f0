/* Local APIC: registers, modes, priorities, IPIs, LVTs and posts. The timer is in test_lapic_timer.
 */
#include "tests/unit/lapic_fixture.h"

#include <string.h>

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

/* --- Registers ------------------------------------------------------------------------------ */

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
