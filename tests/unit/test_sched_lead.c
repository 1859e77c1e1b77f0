/* The lead of a latency class against a fluid schedule: exact where it can be told by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "sched/lead.h"

#define UNIT  ((int64_t)SCHED_SHARE_UNIT)
#define W     256u
#define SLACK (2 * UNIT) /* what divisions carry over: the fluid is late, never early */

static struct sched_lead lead;
static uint64_t ran, others;

static int set_up(void **state)
{
	(void)state;
	memset(&lead, 0, sizeof(lead));
	ran = 1000;
	others = 2 * W;
	sched_lead_advance(&lead, others, ran);
	return 0;
}

static void pass(uint64_t ticks)
{
	ran += ticks;
	sched_lead_advance(&lead, others + lead.awake, ran);
}

/* A latency-sensitive one runs; returns its virtual time after that. */
static uint64_t serve(uint64_t time, uint64_t ticks)
{
	sched_lead_charge(&lead, ticks);
	pass(ticks);
	return time + ticks * SCHED_SHARE_UNIT / W;
}

static void about(int64_t ticks)
{
	assert_in_range(lead.ahead + UNIT, ticks * UNIT, (ticks + 1) * UNIT + SLACK);
}

static void without_latency_class_there_is_no_lead(void **state)
{
	(void)state;
	pass(123456);
	assert_int_equal(lead.ahead, 0);
}

static void who_runs_alone_leads_by_what_is_due_to_the_others(void **state)
{
	uint64_t time = sched_lead_join(&lead, 1, W);

	(void)state;
	serve(time, 3000);
	about(2000); /* of three equal ones */
}

static void the_lead_stays_while_all_get_their_shares(void **state)
{
	uint64_t time = sched_lead_join(&lead, 1, W);

	(void)state;
	time = serve(time, 3000);
	for (unsigned i = 0; i < 10; i++) {
		time = serve(time, 100);
		pass(200);
	}
	about(2000);
}

static void who_sleeps_lingers_until_the_fluid_has_served_it(void **state)
{
	uint64_t time = sched_lead_join(&lead, 1, W);

	(void)state;
	time = serve(time, 3000);
	sched_lead_leave(&lead, 1, W, time);
	about(2000);
	pass(3000); /* in which a third would be its own */
	about(1000);
	pass(3100);
	assert_int_equal(lead.ahead, 0);
	assert_int_equal(lead.lingering, 0);
}

static void who_comes_back_has_its_lead_still(void **state)
{
	uint64_t time = sched_lead_join(&lead, 1, W);

	(void)state;
	time = serve(time, 3000);
	sched_lead_leave(&lead, 1, W, time);
	pass(3000);
	assert_int_equal(sched_lead_join(&lead, 1, W), time);
	about(1000);
	assert_int_equal(lead.lingering, 0);
}

static void who_waits_makes_up_for_the_lead_of_another(void **state)
{
	uint64_t first = sched_lead_join(&lead, 1, W);

	(void)state;
	sched_lead_join(&lead, 2, W);
	serve(first, 4000);
	about(2000); /* 3000 ahead and 1000 behind */
}

static void who_leaves_behind_the_fluid_is_forgotten(void **state)
{
	uint64_t time = sched_lead_join(&lead, 1, W);

	(void)state;
	pass(3000);
	assert_true(lead.ahead < 0);
	sched_lead_leave(&lead, 1, W, time);
	assert_int_equal(lead.ahead, 0);
	assert_int_equal(lead.lingering, 0);
}

/* More of them than there are places for: the lead is at least what it is. */
static void many_lingerers_are_never_taken_for_less(void **state)
{
	int64_t before;

	(void)state;
	for (unsigned i = 0; i < 3 * SCHED_LINGERERS; i++) {
		uint64_t time = serve(sched_lead_join(&lead, i, W), 1000 + 10 * i);

		before = lead.ahead;
		sched_lead_leave(&lead, i, W, time);
		assert_true(lead.ahead <= before && lead.ahead >= before - UNIT);
		assert_true(lead.lingering <= SCHED_LINGERERS * W);
	}
	pass(10000000);
	assert_int_equal(lead.ahead, 0);
	assert_int_equal(lead.lingering, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(without_latency_class_there_is_no_lead, set_up),
		cmocka_unit_test_setup(who_runs_alone_leads_by_what_is_due_to_the_others, set_up),
		cmocka_unit_test_setup(the_lead_stays_while_all_get_their_shares, set_up),
		cmocka_unit_test_setup(who_sleeps_lingers_until_the_fluid_has_served_it, set_up),
		cmocka_unit_test_setup(who_comes_back_has_its_lead_still, set_up),
		cmocka_unit_test_setup(who_waits_makes_up_for_the_lead_of_another, set_up),
		cmocka_unit_test_setup(who_leaves_behind_the_fluid_is_forgotten, set_up),
		cmocka_unit_test_setup(many_lingerers_are_never_taken_for_less, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
