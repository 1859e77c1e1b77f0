/* What each of the rival policies promises: bvt, edf, table, reactive. One core. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "sched/sched.h"
#include "tests/unit/quiet_port.h"

#define MS 100000ull

static struct sched sched;
static struct sched_core core;
static struct sched_entity tasks[5];

static void boot(const char *policy)
{
	memset(&sched, 0, sizeof(sched));
	memset(&core, 0, sizeof(core));
	memset(tasks, 0, sizeof(tasks));
	assert_int_equal(sched_init(&sched, &quiet_port, MS, policy), OK);
	assert_int_equal(sched_core_init(&sched, &core, 0, 0), OK);
}

static void add(unsigned id, uint32_t weight, bool latency, uint64_t budget, uint64_t period)
{
	struct sched_params params;

	sched_default_params(&params);
	params.weight = weight;
	params.class = latency ? SCHED_LATENCY : SCHED_THROUGHPUT;
	params.class_auto = false;
	params.budget = budget;
	params.period = period;
	assert_int_equal(sched_add(&sched, &tasks[id], id, id, &params, 0), OK);
}

/* All that are runnable run on until `end`; the sleepers stay asleep. */
static uint64_t run_until(uint64_t now, uint64_t end)
{
	while (now < end) {
		struct sched_decision d = sched_pick(&core, now);

		assert_true(d.until > now);
		now = d.until < end ? d.until : end;
	}
	sched_charge(&core, now);
	return now;
}

static void bvt_shares_by_weight(void **state)
{
	(void)state;
	boot("bvt");
	add(0, 100, false, 0, 0);
	add(1, 300, false, 0, 0);
	sched_wake(&core, &tasks[0], 0);
	sched_wake(&core, &tasks[1], 0);
	run_until(0, 4000 * MS);
	assert_in_range(tasks[0].stats.run, 980 * MS, 1020 * MS);
}

static void bvt_warps_the_sensitive_for_a_limited_time(void **state)
{
	uint64_t now;

	(void)state;
	boot("bvt");
	add(0, 256, false, 0, 0);
	add(1, 256, true, 0, 0);
	sched_wake(&core, &tasks[0], 0);
	now = run_until(0, 100 * MS);
	assert_int_equal(sched_wake(&core, &tasks[1], now), SCHED_WAKE_PREEMPT);
	assert_ptr_equal(sched_pick(&core, now).next, &tasks[1]);
	/* it borrows at most the warp limit, then it is even again within a few turns */
	run_until(now, now + 100 * MS);
	assert_in_range(tasks[1].stats.run, 40 * MS, 60 * MS);
}

static void edf_gives_at_least_the_budget(void **state)
{
	(void)state;
	boot("edf");
	add(0, 256, false, 2 * MS, 10 * MS);
	add(1, 256, false, 3 * MS, 20 * MS);
	add(2, 256, false, 0, 0);
	add(3, 256, false, 0, 0);
	for (unsigned i = 0; i < 4; i++)
		sched_wake(&core, &tasks[i], 0);
	run_until(0, 2000 * MS);
	/* 20% and 15%, and a third or so of the remaining turns besides, never less */
	assert_true(tasks[0].stats.run >= 400 * MS);
	assert_true(tasks[1].stats.run >= 300 * MS);
	assert_true(tasks[2].stats.run >= 250 * MS);
	assert_true(tasks[3].stats.run >= 250 * MS);
}

static void edf_meets_every_deadline(void **state)
{
	uint64_t now = 0;

	(void)state;
	boot("edf");
	add(0, 256, false, 2 * MS, 10 * MS);
	add(1, 256, false, 0, 0);
	sched_wake(&core, &tasks[1], 0);
	for (unsigned period = 1; period <= 100; period++) {
		now = run_until(now, period * 10 * MS);
		assert_int_equal(sched_wake(&core, &tasks[0], now), SCHED_WAKE_PREEMPT);
		assert_ptr_equal(sched_pick(&core, now).next, &tasks[0]);
		now += 2 * MS - 5000;
		assert_true(sched_block(&core, now));
	}
}

static void edf_refuses_more_than_the_core_has(void **state)
{
	(void)state;
	boot("edf");
	add(0, 256, false, 6 * MS, 10 * MS);
	add(1, 256, false, 6 * MS, 10 * MS); /* does not fit: no server, but not lost */
	sched_wake(&core, &tasks[0], 0);
	sched_wake(&core, &tasks[1], 0);
	run_until(0, 1000 * MS);
	assert_true(tasks[0].stats.run >= 600 * MS);
	assert_true(tasks[1].stats.run >= 100 * MS);
	assert_int_equal(tasks[0].stats.run + tasks[1].stats.run, 1000 * MS);
}

static void table_gives_slots_by_weight(void **state)
{
	(void)state;
	boot("table");
	add(0, 100, false, 0, 0);
	add(1, 300, false, 0, 0);
	add(2, 400, false, 0, 0);
	for (unsigned i = 0; i < 3; i++)
		sched_wake(&core, &tasks[i], 0);
	run_until(0, 800 * MS);
	assert_in_range(tasks[0].stats.run, 95 * MS, 105 * MS);
	assert_in_range(tasks[1].stats.run, 295 * MS, 305 * MS);
}

static void table_slots_of_sleepers_are_used(void **state)
{
	uint64_t now;

	(void)state;
	boot("table");
	add(0, 256, false, 0, 0);
	add(1, 256, false, 0, 0);
	sched_wake(&core, &tasks[0], 0);
	sched_wake(&core, &tasks[1], 0);
	now = run_until(0, 15 * MS);
	while (core.current != &tasks[1])
		now = run_until(now, now + MS);
	assert_true(sched_block(&core, now));
	uint64_t before = tasks[0].stats.run;
	run_until(now, now + 100 * MS);
	assert_int_equal(tasks[0].stats.run - before, 100 * MS);
}

static void reactive_notices_after_50_to_100_us(void **state)
{
	const uint64_t us = MS / 1000;

	(void)state;
	for (uint64_t phase = 0; phase < 50 * us; phase += 7 * us) {
		uint64_t woken, now;

		boot("reactive");
		add(0, 256, false, 0, 0);
		add(1, 256, true, 0, 0);
		sched_wake(&core, &tasks[0], 0);
		woken = run_until(0, 3 * MS + phase);
		assert_int_equal(sched_wake(&core, &tasks[1], woken), SCHED_WAKE_PREEMPT);
		struct sched_decision d = sched_pick(&core, woken);
		assert_ptr_equal(d.next, &tasks[0]); /* not noticed yet */
		now = d.until;
		assert_ptr_equal(sched_pick(&core, now).next, &tasks[1]);
		assert_in_range(now - woken, 50 * us, 100 * us);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bvt_shares_by_weight),
		cmocka_unit_test(bvt_warps_the_sensitive_for_a_limited_time),
		cmocka_unit_test(edf_gives_at_least_the_budget),
		cmocka_unit_test(edf_meets_every_deadline),
		cmocka_unit_test(edf_refuses_more_than_the_core_has),
		cmocka_unit_test(table_gives_slots_by_weight),
		cmocka_unit_test(table_slots_of_sleepers_are_used),
		cmocka_unit_test(reactive_notices_after_50_to_100_us),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
