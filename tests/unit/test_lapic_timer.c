#include "tests/unit/lapic_fixture.h"

#define ONE_SHOT 0x40u
#define PERIODIC (0x40u | 1u << 17)
#define DEADLINE (0x40u | 2u << 17)
#define BY_1	 0x0Bu

static void set_at(unsigned reg, uint32_t value, uint64_t now)
{
	lapic_mmio_write(&apic, reg * 16, 4, value, now);
}

static uint32_t count_at(uint64_t now)
{
	return lapic_mmio_read(&apic, R_CURRENT * 16, 4, now);
}

static void take(void)
{
	assert_int_equal(lapic_pending_vector(&apic), 0x40);
	lapic_accept(&apic, 0x40);
	lapic_eoi(&apic);
}

/* An APIC whose bus clock takes numerator / denominator TSC ticks. */
static void with_ratio(uint32_t numerator, uint32_t denominator)
{
	struct lapic_config config = fixture_config(0);

	config.numerator = numerator;
	config.denominator = denominator;
	lapic_init(&apic, &config);
	mmio_set(R_SPIV, 0x1FF);
}

static void one_shot_fires_once(void **state)
{
	(void)state;
	set_at(R_DIVIDE, BY_1, 0);
	set_at(R_LVT_TIMER, ONE_SHOT, 0);
	set_at(R_INITIAL, 100, 1000);
	assert_int_equal(mmio(R_INITIAL), 100);
	assert_true(lapic_timer_expiry(&apic) == 1400);
	assert_int_equal(count_at(1000), 100);
	assert_int_equal(count_at(1003), 100);
	assert_int_equal(count_at(1004), 99);
	assert_int_equal(count_at(1399), 1);
	assert_false(lapic_timer_advance(&apic, 1399));
	assert_true(lapic_timer_advance(&apic, 1400));
	take();
	assert_int_equal(count_at(1400), 0);
	assert_true(lapic_timer_expiry(&apic) == LAPIC_NEVER);
	assert_false(lapic_timer_advance(&apic, UINT64_MAX - 1));
	set_at(R_DIVIDE, 0x0, 1500); /* does not start it again */
	assert_true(lapic_timer_expiry(&apic) == LAPIC_NEVER);
}

static void divide_configuration(void **state)
{
	static const struct {
		uint32_t reg, divide;
	} cases[] = { { 0x0, 2 },  { 0x1, 4 },	{ 0x2, 8 },   { 0x3, 16 },
		      { 0x8, 32 }, { 0x9, 64 }, { 0xA, 128 }, { 0xB, 1 } };

	(void)state;
	set_at(R_LVT_TIMER, ONE_SHOT, 0);
	for (unsigned i = 0; i < 8; i++) {
		set_at(R_DIVIDE, cases[i].reg, 0);
		set_at(R_INITIAL, 10, 0);
		assert_true(lapic_timer_expiry(&apic) == 40ull * cases[i].divide);
	}
}

static void changing_the_divisor_keeps_the_count(void **state)
{
	(void)state;
	set_at(R_DIVIDE, BY_1, 0);
	set_at(R_LVT_TIMER, ONE_SHOT, 0);
	set_at(R_INITIAL, 100, 0);
	assert_int_equal(count_at(200), 50);
	set_at(R_DIVIDE, 0x3, 200); /* by 16: 64 ticks a count */
	assert_int_equal(count_at(200), 50);
	assert_int_equal(count_at(263), 50);
	assert_int_equal(count_at(264), 49);
	assert_true(lapic_timer_expiry(&apic) == 200 + 50 * 64);
}

static void writing_zero_stops(void **state)
{
	(void)state;
	set_at(R_LVT_TIMER, PERIODIC, 0);
	set_at(R_INITIAL, 100, 0);
	set_at(R_INITIAL, 0, 10);
	assert_true(lapic_timer_expiry(&apic) == LAPIC_NEVER);
	assert_int_equal(count_at(11), 0);
}

static void periodic_keeps_its_grid(void **state)
{
	(void)state;
	set_at(R_DIVIDE, BY_1, 0);
	set_at(R_LVT_TIMER, PERIODIC, 0);
	set_at(R_INITIAL, 100, 50);
	for (uint64_t n = 1; n <= 5; n++) {
		assert_true(lapic_timer_expiry(&apic) == 50 + 400 * n);
		assert_true(lapic_timer_advance(&apic, 50 + 400 * n + 17)); /* late */
		take();
	}
	assert_int_equal(count_at(50 + 2000), 100);
	assert_int_equal(count_at(50 + 2399), 1);
	assert_int_equal(count_at(50 + 2400), 100); /* even before it is delivered */
	assert_int_equal(count_at(50 + 2410), 98);
}

static void missed_periods_merge(void **state)
{
	(void)state;
	set_at(R_DIVIDE, BY_1, 0);
	set_at(R_LVT_TIMER, PERIODIC, 0);
	set_at(R_INITIAL, 100, 0);
	assert_true(lapic_timer_advance(&apic, 1000000123));
	take();
	assert_int_equal(lapic_pending_vector(&apic), -1);
	assert_true(lapic_timer_expiry(&apic) == 1000000400);
}

/* 7/3 ticks a clock: the n-th expiry is the first tick not before n * 10 * 7/3, for ever. */
static void fractions_do_not_drift(void **state)
{
	(void)state;
	with_ratio(7, 3);
	set_at(R_DIVIDE, BY_1, 0);
	set_at(R_LVT_TIMER, PERIODIC, 0);
	set_at(R_INITIAL, 10, 0);
	for (uint64_t n = 1; n <= 1000; n++) {
		assert_true(lapic_timer_expiry(&apic) == (n * 70 + 2) / 3);
		lapic_timer_advance(&apic, lapic_timer_expiry(&apic));
	}
	lapic_timer_advance(&apic, 70000000); /* 3 million periods at once */
	assert_true(lapic_timer_expiry(&apic) == (3000001ull * 70 + 2) / 3);
}

static void extreme_ratios(void **state)
{
	static const struct {
		uint32_t numerator, denominator;
	} cases[] = { { 1, 1 },
		      { 0xFFFFFFFF, 0xFFFFFFFE },
		      { 1, 0xFFFFFFFF },
		      { 0xFFFFF, 1 },
		      { 0xFFFFFFFF, 4097 } };

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t clocks = 0xFFFFFFFFull << 7;
		unsigned __int128 exact = (unsigned __int128)clocks * cases[i].numerator;
		uint64_t ticks =
			(uint64_t)((exact + cases[i].denominator - 1) / cases[i].denominator);

		with_ratio(cases[i].numerator, cases[i].denominator);
		set_at(R_DIVIDE, 0xA, 0);
		set_at(R_LVT_TIMER, PERIODIC, 0);
		set_at(R_INITIAL, 0xFFFFFFFF, 5);
		assert_true(lapic_timer_expiry(&apic) == 5 + ticks);
		lapic_timer_advance(&apic, 5 + ticks);
		assert_true(lapic_timer_expiry(&apic) > 5 + ticks);
	}
}

static void tsc_deadline(void **state)
{
	uint64_t value;

	(void)state;
	assert_int_equal(lapic_msr_write(&apic, 0x6E0, 0, 500), OK); /* another mode: ignored */
	assert_true(lapic_timer_expiry(&apic) == LAPIC_NEVER);
	set_at(R_LVT_TIMER, DEADLINE, 0);
	assert_int_equal(lapic_msr_write(&apic, 0x6E0, 0, 500), OK);
	assert_int_equal(lapic_msr_read(&apic, 0x6E0, 0, &value), OK);
	assert_int_equal(value, 500);
	set_at(R_INITIAL, 100, 0); /* ignored in this mode */
	assert_true(lapic_timer_expiry(&apic) == 500);
	assert_int_equal(count_at(100), 0);
	assert_false(lapic_timer_advance(&apic, 499));
	assert_true(lapic_timer_advance(&apic, 500));
	take();
	assert_int_equal(lapic_msr_read(&apic, 0x6E0, 0, &value), OK);
	assert_int_equal(value, 0);
	lapic_set_tsc_deadline(&apic, 400); /* in the past: due at once */
	assert_true(lapic_timer_advance(&apic, 600));
	take();
	lapic_set_tsc_deadline(&apic, 900);
	lapic_set_tsc_deadline(&apic, 0);
	assert_true(lapic_timer_expiry(&apic) == LAPIC_NEVER);
}

static void mode_changes_disarm(void **state)
{
	(void)state;
	set_at(R_LVT_TIMER, DEADLINE, 0);
	lapic_set_tsc_deadline(&apic, 500);
	set_at(R_LVT_TIMER, ONE_SHOT, 0);
	assert_true(lapic_timer_expiry(&apic) == LAPIC_NEVER);
	set_at(R_INITIAL, 100, 0);
	set_at(R_LVT_TIMER, PERIODIC, 0); /* between the counting modes: it runs on */
	assert_true(lapic_timer_expiry(&apic) == 800);
	set_at(R_LVT_TIMER, DEADLINE, 0);
	assert_true(lapic_timer_expiry(&apic) == LAPIC_NEVER);
	assert_int_equal(mmio(R_INITIAL), 0);
}

static void masked_timer_counts_silently(void **state)
{
	(void)state;
	set_at(R_DIVIDE, BY_1, 0);
	set_at(R_LVT_TIMER, PERIODIC | MASKED, 0);
	set_at(R_INITIAL, 100, 0);
	lapic_timer_advance(&apic, 400);
	assert_int_equal(lapic_pending_vector(&apic), -1);
	assert_int_equal(count_at(500), 75);
	set_at(R_LVT_TIMER, PERIODIC, 0);
	assert_true(lapic_timer_advance(&apic, 800));
	take();
}

static void tsc_jumps_move_counts_but_not_deadlines(void **state)
{
	(void)state;
	set_at(R_DIVIDE, BY_1, 0);
	set_at(R_LVT_TIMER, ONE_SHOT, 0);
	set_at(R_INITIAL, 100, 1000);
	lapic_tsc_jumped(&apic, -900);
	assert_int_equal(count_at(100), 100);
	assert_true(lapic_timer_expiry(&apic) == 500);
	set_at(R_LVT_TIMER, DEADLINE, 0);
	lapic_set_tsc_deadline(&apic, 5000);
	lapic_tsc_jumped(&apic, 1000);
	assert_true(lapic_timer_expiry(&apic) == 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(one_shot_fires_once, setup_xapic),
		cmocka_unit_test_setup(divide_configuration, setup_xapic),
		cmocka_unit_test_setup(changing_the_divisor_keeps_the_count, setup_xapic),
		cmocka_unit_test_setup(writing_zero_stops, setup_xapic),
		cmocka_unit_test_setup(periodic_keeps_its_grid, setup_xapic),
		cmocka_unit_test_setup(missed_periods_merge, setup_xapic),
		cmocka_unit_test_setup(fractions_do_not_drift, setup_xapic),
		cmocka_unit_test_setup(extreme_ratios, setup_xapic),
		cmocka_unit_test_setup(tsc_deadline, setup_xapic),
		cmocka_unit_test_setup(mode_changes_disarm, setup_xapic),
		cmocka_unit_test_setup(masked_timer_counts_silently, setup_xapic),
		cmocka_unit_test_setup(tsc_jumps_move_counts_but_not_deadlines, setup_xapic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
