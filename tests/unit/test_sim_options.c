/* Options of the simulator's programs: only whole numbers within the range, only policies there
 * are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>
#include <getopt.h>
#include <cmocka.h>

#include "tests/sim/options.h"

static uint64_t cores;
static const char *policy;

static bool parse(const char *name, const char *value)
{
	const struct command_option known[] = {
		{ "cores", .number = &cores, .min = 1, .max = 512 },
		{ "policy", .policy = &policy },
	};
	char *argv[] = { "test", (char *)name, (char *)value, NULL };

	optind = 0; /* getopt begins anew */
	cores = 7;
	policy = NULL;
	return options_parse(3, argv, known, 2);
}

static void takes_numbers_in_range(void **state)
{
	(void)state;
	assert_true(parse("--cores", "1"));
	assert_int_equal(cores, 1);
	assert_true(parse("--cores", "512"));
	assert_int_equal(cores, 512);
}

static void refuses_what_is_no_number_in_range(void **state)
{
	static const char *const texts[] = { "",   "abc", "5x",
					     "-1", "+5",  " 5",
					     "0",  "513", "18446744073709551617" };

	(void)state;
	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_false(parse("--cores", texts[i]));
		assert_int_equal(cores, 7);
	}
}

static void knows_the_policies(void **state)
{
	(void)state;
	assert_true(parse("--policy", "credit-plain"));
	assert_string_equal(policy, "credit-plain");
	assert_false(parse("--policy", "credi"));
	assert_false(parse("--policy", ""));
	assert_null(policy);
}

static void refuses_what_is_no_option(void **state)
{
	(void)state;
	assert_false(parse("stray", "7"));
	assert_false(parse("--core", "7x"));
	assert_false(parse("--bogus", "7"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_numbers_in_range),
		cmocka_unit_test(refuses_what_is_no_number_in_range),
		cmocka_unit_test(knows_the_policies),
		cmocka_unit_test(refuses_what_is_no_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
