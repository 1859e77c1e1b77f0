/* Conversions between ticks and nanoseconds: exactness, range, and the median. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hv/time.h"

#define NS 1000000000ull

static void test_whole_results_are_exact(void **state)
{
	static const uint64_t rates[] = { 1000000,    100000000,  999999999,  1000000000,
					  2400000000, 3579545000, 5123456789, 32768 };

	(void)state;
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct time_factor to = time_factor_make(rates[i], NS);
		struct time_factor from = time_factor_make(NS, rates[i]);

		for (uint64_t s = 0; s <= 1000000; s = s * 10 + 1) {
			assert_int_equal(time_scale(s * NS, to), s * rates[i]);
			assert_int_equal(time_scale(s * rates[i], from), s * NS);
		}
	}
}

static void test_one_millisecond_in_bochs(void **state)
{
	(void)state;
	assert_int_equal(time_scale(1000000, time_factor_make(100000000, NS)), 100000);
	assert_int_equal(time_scale(1, time_factor_make(NS, 100000000)), 10);
}

static void test_close_to_the_quotient(void **state)
{
	static const uint64_t rate = 2893123457;
	struct time_factor factor = time_factor_make(rate, NS);
	uint64_t value = 88172645463325252ull;

	(void)state;
	for (int i = 0; i < 10000; i++) {
		uint64_t ns, expected;

		value ^= value << 13;
		value ^= value >> 7;
		value ^= value << 17;
		ns = value >> 4;
		expected = (uint64_t)((unsigned __int128)ns * rate / NS);
		assert_in_range(time_scale(ns, factor) - expected, 0, 1);
	}
}

static void test_extreme_factors(void **state)
{
	(void)state;
	assert_int_equal(time_scale(1, time_factor_make(UINT64_MAX, 1)), UINT64_MAX);
	assert_int_equal(time_scale(UINT64_MAX, time_factor_make(1, UINT64_MAX)), 1);
	assert_int_equal(time_scale(7, time_factor_make(0, 5)), 0);
}

static void test_median(void **state)
{
	uint64_t five[] = { 9, 1, 5, 7, 3 }, one[] = { 4 }, same[] = { 2, 2, 2 };

	(void)state;
	assert_int_equal(time_median(five, 5), 5);
	assert_int_equal(time_median(one, 1), 4);
	assert_int_equal(time_median(same, 3), 2);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_results_are_exact),
		cmocka_unit_test(test_one_millisecond_in_bochs),
		cmocka_unit_test(test_close_to_the_quotient),
		cmocka_unit_test(test_extreme_factors),
		cmocka_unit_test(test_median),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
