#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hv/wake_lead.h"

#define MAX 2000

/* One wake-up that costs `cost` ticks from the start; returns how late it was ready. */
static int64_t wake_up(struct wake_lead *lead, uint64_t due, uint64_t cost)
{
	uint64_t ready = wake_lead_start(lead, due) + cost;

	wake_lead_learn(lead, due, ready, MAX);
	return (int64_t)(ready - due);
}

static void learns_a_steady_cost(void **state)
{
	struct wake_lead lead = { 0 };
	unsigned late = 0;

	(void)state;
	for (uint64_t i = 1; i <= 1000; i++)
		late += wake_up(&lead, i * 1000000, 700) > 0;
	assert_true(late < 20);
	assert_in_range(lead.ticks, 700, 700 + 128);
}

static void comes_down_when_wake_ups_get_cheaper(void **state)
{
	struct wake_lead lead = { .ticks = MAX };

	(void)state;
	for (uint64_t i = 1; i <= 1000; i++)
		wake_up(&lead, i * 1000000, 300);
	assert_in_range(lead.ticks, 300, 300 + 128);
}

static void never_exceeds_its_limit(void **state)
{
	struct wake_lead lead = { 0 };

	(void)state;
	for (uint64_t i = 1; i <= 1000; i++) {
		wake_up(&lead, i * 1000000, 50000);
		assert_true(lead.ticks <= MAX);
	}
	assert_int_equal(lead.ticks, MAX);
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
		cmocka_unit_test(learns_a_steady_cost),
		cmocka_unit_test(comes_down_when_wake_ups_get_cheaper),
		cmocka_unit_test(never_exceeds_its_limit),
		cmocka_unit_test(reaches_only_what_is_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
