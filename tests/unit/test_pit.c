#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "drivers/virt/pit.h"

/* A TSC of ten ticks to the PIT clock makes counts easy to see. */
#define TSC_HZ (10ull * PIT_HZ)

static struct pit p;
static bool line;
static unsigned rises;

static void on_interrupt(void *context, bool level)
{
	(void)context;
	assert_int_not_equal(level, line);
	line = level;
	rises += level;
}

static const struct pit_ops ops = { on_interrupt };

static int setup(void **state)
{
	(void)state;
	line = false;
	rises = 0;
	pit_init(&p, TSC_HZ, &ops, NULL);
	return 0;
}

static void out(uint16_t port, uint8_t value, uint64_t now)
{
	pit_write(&p, port, value, now);
}

static uint8_t in(uint16_t port, uint64_t now)
{
	return pit_read(&p, port, now);
}

static void load(unsigned channel, unsigned mode, uint16_t count, uint64_t now)
{
	out(0x43, (uint8_t)(channel << 6 | 0x30 | mode << 1), now);
	out((uint16_t)(0x40 + channel), (uint8_t)count, now);
	out((uint16_t)(0x40 + channel), (uint8_t)(count >> 8), now);
}

static unsigned count_at(unsigned channel, uint64_t now)
{
	unsigned low;

	out(0x43, (uint8_t)(channel << 6), now);
	low = in((uint16_t)(0x40 + channel), now);
	return low | (unsigned)in((uint16_t)(0x40 + channel), now) << 8;
}

static bool output_at(unsigned channel, uint64_t now)
{
	out(0x43, (uint8_t)(0xE0 | 2u << channel), now);
	return in((uint16_t)(0x40 + channel), now) & 0x80;
}

static void silent_after_reset(void **state)
{
	(void)state;
	assert_true(pit_next_event(&p) == PIT_NEVER);
	pit_advance(&p, 1000000);
	assert_int_equal(rises, 0);
	assert_int_equal(in(0x44, 0), 0xFF);
	assert_int_equal(in(0x43, 0), 0xFF);
}

static void mode0_raises_at_terminal_count(void **state)
{
	(void)state;
	load(0, 0, 100, 0);
	assert_false(output_at(0, 999));
	assert_int_equal(count_at(0, 0), 100);
	assert_int_equal(count_at(0, 9), 100);
	assert_int_equal(count_at(0, 10), 99);
	assert_true(pit_next_event(&p) == 1000);
	pit_advance(&p, 999);
	assert_int_equal(rises, 0);
	pit_advance(&p, 1000);
	assert_true(line);
	assert_true(output_at(0, 1000));
	assert_int_equal(count_at(0, 1010), 0xFFFF); /* wraps and counts on */
	assert_true(pit_next_event(&p) == PIT_NEVER);
	out(0x40, 50, 1200);
	out(0x40, 0, 1200); /* a new count drops the output too */
	assert_false(line);
	pit_advance(&p, 1700);
	load(2, 0, 10, 1800);
	assert_true(line);     /* other channels are not its business */
	out(0x43, 0x30, 2000); /* a new control word drops the output */
	assert_false(line);
}

static void mode0_first_byte_stops(void **state)
{
	(void)state;
	load(0, 0, 100, 0);
	out(0x40, 50, 500);
	assert_true(pit_next_event(&p) == PIT_NEVER);
	out(0x40, 0, 700);
	assert_true(pit_next_event(&p) == 1200);
}

static void mode2_is_periodic(void **state)
{
	(void)state;
	load(0, 2, 100, 5);
	for (uint64_t n = 1; n <= 5; n++) {
		assert_true(pit_next_event(&p) == 5 + 1000 * n);
		pit_advance(&p, 5 + 1000 * n);
		assert_int_equal(rises, n);
	}
	assert_int_equal(count_at(0, 5 + 5000), 100);
	assert_int_equal(count_at(0, 5 + 5990), 1);
	assert_true(output_at(0, 5 + 5980));
	assert_false(output_at(0, 5 + 5990)); /* low for the last clock */
	assert_true(output_at(0, 5 + 6000));
}

static void missed_periods_merge(void **state)
{
	(void)state;
	load(0, 2, 100, 0);
	pit_advance(&p, 1234567);
	assert_int_equal(rises, 1);
	assert_true(pit_next_event(&p) == 1235000);
}

static void mode3_is_a_square_wave(void **state)
{
	(void)state;
	load(0, 3, 100, 0);
	assert_int_equal(count_at(0, 0), 100);
	assert_int_equal(count_at(0, 10), 98);
	assert_int_equal(count_at(0, 490), 2);
	assert_int_equal(count_at(0, 500), 100);
	assert_true(output_at(0, 499));
	assert_false(output_at(0, 500));
	assert_true(pit_next_event(&p) == 1000);
	load(0, 3, 5, 0); /* odd: three clocks high, two low */
	assert_true(output_at(0, 29));
	assert_false(output_at(0, 30));
	assert_true(pit_next_event(&p) == 50);
}

static void mode4_strobes_once(void **state)
{
	(void)state;
	load(0, 4, 100, 0);
	assert_true(output_at(0, 999));
	assert_false(output_at(0, 1000));
	assert_true(output_at(0, 1010));
	assert_true(pit_next_event(&p) == 1010);
	pit_advance(&p, 1010);
	assert_int_equal(rises, 1);
	assert_true(pit_next_event(&p) == PIT_NEVER);
}

static void zero_means_65536(void **state)
{
	(void)state;
	load(0, 2, 0, 0);
	assert_true(pit_next_event(&p) == 655360);
	assert_int_equal(count_at(0, 0), 0);
	assert_int_equal(count_at(0, 10), 0xFFFF);
}

/* The chip forbids a count of one in the periodic modes; it must not mean endless interrupts. */
static void periodic_count_of_one_counts_as_two(void **state)
{
	(void)state;
	load(0, 2, 1, 0);
	assert_true(pit_next_event(&p) == 20);
	load(0, 0, 1, 0);
	assert_true(pit_next_event(&p) == 10);
}

static void modes_6_and_7_are_2_and_3(void **state)
{
	(void)state;
	load(0, 6, 100, 0);
	out(0x43, 0xE2, 0);
	assert_int_equal(in(0x40, 0) & 0x3F, 0x34);
	load(0, 7, 100, 0);
	out(0x43, 0xE2, 0);
	assert_int_equal(in(0x40, 0) & 0x3F, 0x36);
}

static void byte_access_modes(void **state)
{
	(void)state;
	out(0x43, 0x14, 0); /* channel 0, low byte, mode 2 */
	out(0x40, 50, 0);
	assert_true(pit_next_event(&p) == 500);
	assert_int_equal(in(0x40, 10), 49);
	assert_int_equal(in(0x40, 10), 49);
	out(0x43, 0x24, 0); /* high byte */
	out(0x40, 2, 0);
	assert_true(pit_next_event(&p) == 5120);
	assert_int_equal(in(0x40, 10), 1);
}

static void bcd_counts(void **state)
{
	(void)state;
	out(0x43, 0x35, 0); /* channel 0, both bytes, mode 2, BCD */
	out(0x40, 0x34, 0);
	out(0x40, 0x12, 0);
	assert_true(pit_next_event(&p) == 12340);
	assert_int_equal(count_at(0, 10), 0x1233);
	out(0x40, 0x00, 0);
	out(0x40, 0x00, 0);
	assert_true(pit_next_event(&p) == 100000);
	assert_int_equal(count_at(0, 10), 0x9999);
}

static void latch_holds_until_read(void **state)
{
	(void)state;
	load(0, 2, 1000, 0);
	out(0x43, 0x00, 100);
	out(0x43, 0x00, 200); /* a second latch is ignored */
	assert_int_equal(in(0x40, 5000), 990 & 0xFF);
	assert_int_equal(in(0x40, 5000), 990 >> 8);
	assert_int_equal(in(0x40, 5000), 500 & 0xFF); /* live again */
	assert_int_equal(in(0x40, 5000), 500 >> 8);
}

static void read_back_status_then_count(void **state)
{
	(void)state;
	load(0, 2, 1000, 0);
	load(2, 3, 500, 0);
	out(0x43, 0xCA, 100); /* status and count of channels 0 and 2 */
	assert_int_equal(in(0x40, 900), 0xB4);
	assert_int_equal(in(0x40, 900), 990 & 0xFF);
	assert_int_equal(in(0x40, 900), 990 >> 8);
	assert_int_equal(in(0x42, 900) & 0x7F, 0x36);
	out(0x43, 0x36, 0);
	out(0x43, 0xE2, 0); /* no count written yet: null count */
	assert_int_equal(in(0x40, 0), 0xF6);
}

/* What guests do to calibrate: channel 2 in mode 0, gate up, wait for the output. */
static void channel2_calibration(void **state)
{
	(void)state;
	assert_int_equal(in(0x61, 0) & 0x03, 0);
	out(0x61, 0x01, 0);
	load(2, 0, 1000, 0);
	assert_int_equal(in(0x61, 9999) & 0x23, 0x01);
	assert_int_equal(in(0x61, 10000) & 0x23, 0x21);
	assert_int_equal(rises, 0);
}

static void low_gate_stops_mode0(void **state)
{
	(void)state;
	load(2, 0, 1000, 0);
	assert_int_equal(count_at(2, 500), 1000); /* the gate is low */
	out(0x61, 0x03, 1000);
	assert_int_equal(count_at(2, 1100), 990);
	assert_int_equal(in(0x61, 1100) & 0x03, 0x03);
	out(0x61, 0x00, 2000);
	assert_int_equal(count_at(2, 9000), 900);
	out(0x61, 0x01, 10000);
	assert_int_equal(count_at(2, 10100), 890);
	assert_int_equal(in(0x61, 18999) & 0x20, 0);
	assert_int_equal(in(0x61, 19000) & 0x20, 0x20);
}

static void gate_restarts_mode2(void **state)
{
	(void)state;
	out(0x61, 0x01, 0);
	load(2, 2, 100, 0);
	out(0x61, 0x00, 500);
	assert_true(output_at(2, 995));
	out(0x61, 0x01, 600);
	assert_int_equal(count_at(2, 600), 100);
	assert_false(output_at(2, 600 + 990));
}

static void gate_triggers_modes_1_and_5(void **state)
{
	(void)state;
	load(2, 1, 100, 0);
	assert_true(output_at(2, 5000)); /* waits for the trigger */
	out(0x61, 0x01, 6000);
	assert_false(output_at(2, 6999));
	assert_true(output_at(2, 7000));
	out(0x61, 0x00, 7100);
	out(0x61, 0x01, 7200); /* again */
	assert_false(output_at(2, 7300));
	load(2, 5, 100, 8000);
	out(0x61, 0x00, 8000);
	out(0x61, 0x01, 9000);
	assert_false(output_at(2, 10000));
	assert_true(output_at(2, 10010));
}

static void refresh_bit_toggles(void **state)
{
	unsigned changes = 0;
	uint8_t last = in(0x61, 0) & 0x10;

	(void)state;
	for (uint64_t now = 1; now < 18000; now++) {
		uint8_t bit = in(0x61, now) & 0x10;

		changes += bit != last;
		last = bit;
	}
	assert_int_equal(changes, 99);
}

/* Expiry and count are computed in opposite directions and must agree for any clock. */
static void odd_frequencies_agree(void **state)
{
	static const uint64_t rates[] = { 1000000,   PIT_HZ - 1,    PIT_HZ + 1,
					  100000000, 3499999991ull, (1ull << 40) - 1 };

	(void)state;
	for (unsigned i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		pit_init(&p, rates[i], &ops, NULL);
		load(0, 0, 0xFFFF, 12345);
		uint64_t at = pit_next_event(&p);
		assert_true(output_at(0, at));
		assert_false(output_at(0, at - 1));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(silent_after_reset, setup),
		cmocka_unit_test_setup(mode0_raises_at_terminal_count, setup),
		cmocka_unit_test_setup(mode0_first_byte_stops, setup),
		cmocka_unit_test_setup(mode2_is_periodic, setup),
		cmocka_unit_test_setup(missed_periods_merge, setup),
		cmocka_unit_test_setup(mode3_is_a_square_wave, setup),
		cmocka_unit_test_setup(mode4_strobes_once, setup),
		cmocka_unit_test_setup(zero_means_65536, setup),
		cmocka_unit_test_setup(periodic_count_of_one_counts_as_two, setup),
		cmocka_unit_test_setup(modes_6_and_7_are_2_and_3, setup),
		cmocka_unit_test_setup(byte_access_modes, setup),
		cmocka_unit_test_setup(bcd_counts, setup),
		cmocka_unit_test_setup(latch_holds_until_read, setup),
		cmocka_unit_test_setup(read_back_status_then_count, setup),
		cmocka_unit_test_setup(channel2_calibration, setup),
		cmocka_unit_test_setup(low_gate_stops_mode0, setup),
		cmocka_unit_test_setup(gate_restarts_mode2, setup),
		cmocka_unit_test_setup(gate_triggers_modes_1_and_5, setup),
		cmocka_unit_test_setup(refresh_bit_toggles, setup),
		cmocka_unit_test_setup(odd_frequencies_agree, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
