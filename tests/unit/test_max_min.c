/* What everybody is entitled to on several cores: the yardstick of the simulator's fairness. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/sim/max_min.h"

static struct claim claims[5];

static void claim(unsigned i, double weight, double limit, unsigned cores)
{
	claims[i] = (struct claim) { .weight = weight, .limit = limit, .cores = cores };
}

static void assert_rate(unsigned i, double expected)
{
	assert_true(claims[i].rate > expected - 1e-9 && claims[i].rate < expected + 1e-9);
}

static void the_odd_one_is_shared_by_all(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++)
		claim(i, 256, 1, 3);
	max_min_rates(claims, 3, 2);
	for (unsigned i = 0; i < 3; i++)
		assert_rate(i, 2.0 / 3);
}

static void nobody_gets_more_than_a_core(void **state)
{
	(void)state;
	claim(0, 1000, 1, 3);
	claim(1, 64, 1, 3);
	claim(2, 192, 1, 3);
	max_min_rates(claims, 3, 2);
	assert_rate(0, 1);
	assert_rate(1, 0.25);
	assert_rate(2, 0.75);
}

static void what_caps_leave_is_shared(void **state)
{
	(void)state;
	claim(0, 256, 0.1, 1);
	claim(1, 256, 1, 1);
	claim(2, 512, 1, 1);
	claim(3, 256, 0, 1); /* wants nothing */
	max_min_rates(claims, 4, 1);
	assert_rate(0, 0.1);
	assert_rate(1, 0.3);
	assert_rate(2, 0.6);
	assert_rate(3, 0);
}

/* Three on core 0 alone; those who may go elsewhere leave it to them. */
static void levels_differ_where_affinity_parts_them(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++)
		claim(i, 256, 1, 1);
	claim(3, 256, 1, 3);
	claim(4, 256, 1, 2);
	max_min_rates(claims, 5, 2);
	for (unsigned i = 0; i < 3; i++)
		assert_rate(i, 1.0 / 3);
	assert_rate(3, 0.5);
	assert_rate(4, 0.5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_odd_one_is_shared_by_all),
		cmocka_unit_test(nobody_gets_more_than_a_core),
		cmocka_unit_test(what_caps_leave_is_shared),
		cmocka_unit_test(levels_differ_where_affinity_parts_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
