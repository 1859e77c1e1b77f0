/* The pure parts of the guests' library: command line and random numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "guests/lib/args.h"
#include "guests/lib/random.h"

#define LINE "period=1013771 burst=0x10 size=4M half= name=abc bad=12x deep=1K2 period=5"

static void numbers(void **state)
{
	(void)state;
	assert_int_equal(arg_u64(LINE, "period", 7), 1013771);
	assert_int_equal(arg_u64(LINE, "burst", 7), 16);
	assert_int_equal(arg_u64(LINE, "size", 7), 4 << 20);
	assert_int_equal(arg_u64("a=1K", "a", 7), 1024);
	assert_int_equal(arg_u64("a=2G", "a", 7), 2ull << 30);
	assert_int_equal(arg_u64("\t a=3\n", "a", 7), 3);
}

static void wrong_numbers_give_the_fallback(void **state)
{
	(void)state;
	assert_int_equal(arg_u64(LINE, "absent", 7), 7);
	assert_int_equal(arg_u64(LINE, "half", 7), 7);
	assert_int_equal(arg_u64(LINE, "bad", 7), 7);
	assert_int_equal(arg_u64(LINE, "deep", 7), 7);
	assert_int_equal(arg_u64(LINE, "name", 7), 7);
	assert_int_equal(arg_u64("", "a", 7), 7);
	assert_int_equal(arg_u64("a", "a", 7), 7);
	assert_int_equal(arg_u64("aa=1", "a", 7), 7);
}

static void texts(void **state)
{
	char out[4];

	(void)state;
	arg_text(LINE, "name", "?", out, sizeof(out));
	assert_string_equal(out, "abc");
	arg_text(LINE, "period", "?", out, sizeof(out));
	assert_string_equal(out, "101");
	arg_text(LINE, "absent", "none", out, sizeof(out));
	assert_string_equal(out, "non");
	arg_text(LINE, "half", "none", out, sizeof(out));
	assert_string_equal(out, "");
}

static void comparison(void **state)
{
	(void)state;
	assert_true(arg_is(LINE, "name", "abc"));
	assert_false(arg_is(LINE, "name", "ab"));
	assert_false(arg_is(LINE, "name", "abcd"));
	assert_false(arg_is(LINE, "absent", ""));
	assert_true(arg_is(LINE, "half", ""));
}

static void random_stays_below_its_bound(void **state)
{
	struct random random = { 1 }, same = { 1 };

	(void)state;
	for (unsigned i = 0; i < 10000; i++) {
		assert_true(random_below(&random, 1 + i) < 1 + i);
		random_next(&same);
	}
	assert_int_equal(random.state, same.state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(wrong_numbers_give_the_fallback),
		cmocka_unit_test(texts),
		cmocka_unit_test(comparison),
		cmocka_unit_test(random_stays_below_its_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
