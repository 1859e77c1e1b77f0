#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hv/wake_lead.h"

#define MAX 2000

static void learns_a_steady_cost_in_a_few(void **state)
{
	struct wake_lead lead = { 0 };

	(void)state;
	for (unsigned i = 0; i < 12; i++)
		wake_lead_learn(&lead, 700, MAX);
	assert_in_range(lead.ticks, 700, 740);
}

static void comes_down_when_wake_ups_get_cheaper(void **state)
{
	struct wake_lead lead = { .ticks = MAX };

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		wake_lead_learn(&lead, 300, MAX);
	assert_in_range(lead.ticks, 300, 340);
}

static void whoever_had_to_wait_teaches_nothing(void **state)
{
	struct wake_lead lead = { .ticks = 700 };

	(void)state;
	wake_lead_learn(&lead, 50000, MAX);
	wake_lead_learn(&lead, MAX + 1, MAX);
	wake_lead_learn(&lead, UINT64_MAX / 2, MAX);
	assert_int_equal(lead.ticks, 700);
}

static void never_exceeds_its_limit(void **state)
{
	struct wake_lead lead = { 0 };

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		wake_lead_learn(&lead, MAX - 40 + i, MAX);
		assert_true(lead.ticks <= MAX);
	}
}

static void reaches_only_what_is_near(void **state)
{
	struct wake_lead lead = { .ticks = 500 };

	(void)state;
	assert_true(wake_lead_reaches(&lead, 10000, 9500));
	assert_false(wake_lead_reaches(&lead, 10000, 9499));
	assert_false(wake_lead_reaches(&lead, UINT64_MAX, 9499));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(learns_a_steady_cost_in_a_few),
		cmocka_unit_test(comes_down_when_wake_ups_get_cheaper),
		cmocka_unit_test(whoever_had_to_wait_teaches_nothing),
		cmocka_unit_test(never_exceeds_its_limit),
		cmocka_unit_test(reaches_only_what_is_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
