/*
 * Who uses less than its share is served promptly, whatever was used while there was enough for
 * all: latency-sensitive vCPUs among many others on one core, under the recommended policy.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "sched/arith.h"
#include "sched/sched.h"
#include "tests/unit/quiet_port.h"

#define MS	 100000ull
#define HOGS_MAX 58

static struct sched sched;
static struct sched_core core;
static struct sched_entity sensitive[2], hogs[HOGS_MAX];
static unsigned hog_count;
static uint64_t now;

static void add(struct sched_entity *entity, unsigned id, enum sched_class class)
{
	struct sched_params params;

	sched_default_params(&params);
	params.class = class;
	params.class_auto = false;
	assert_int_equal(sched_add(&sched, entity, id, id, &params, 0), OK);
}

static void boot(unsigned others)
{
	memset(&sched, 0, sizeof(sched));
	memset(&core, 0, sizeof(core));
	memset(sensitive, 0, sizeof(sensitive));
	memset(hogs, 0, sizeof(hogs));
	hog_count = others;
	now = 0;
	assert_int_equal(sched_init(&sched, &quiet_port, MS, "compensated"), OK);
	assert_int_equal(sched_core_init(&sched, &core, 0, 0), OK);
	for (unsigned i = 0; i < 2; i++)
		add(&sensitive[i], i, SCHED_LATENCY);
	for (unsigned i = 0; i < hog_count; i++)
		add(&hogs[i], 2 + i, SCHED_THROUGHPUT);
}

static void wake_hogs(void)
{
	for (unsigned i = 0; i < hog_count; i++)
		sched_wake(&core, &hogs[i], now);
}

/* All start: one of the sensitive needs 60 ms for that, everybody else 1 ms. Then nobody runs. */
static void start_all(void)
{
	wake_hogs();
	sched_wake(&core, &sensitive[0], now);
	for (unsigned i = 0; i <= hog_count; i++) {
		struct sched_decision d = sched_pick(&core, now);

		now += d.next == &sensitive[0] ? 60 * MS : MS;
		assert_true(sched_block(&core, now));
	}
	assert_null(sched_pick(&core, now).next);
	now += 100 * MS;
}

/* Everybody that waits may run. */
static void run_until(uint64_t end)
{
	while (now < end)
		now = least(sched_pick(&core, now).until, end);
	sched_charge(&core, now);
}

/* It wakes up and has run for so long after so much time, and blocks. */
static void expect_burst(struct sched_entity *entity, uint64_t length, uint64_t time)
{
	uint64_t end = now + time, done = entity->stats.run + length;

	assert_int_equal(sched_wake(&core, entity, now), SCHED_WAKE_PREEMPT);
	while (entity->stats.run < done) {
		struct sched_decision d = sched_pick(&core, now);
		uint64_t run = d.until - now;

		now += d.next == entity ? least(run, done - entity->stats.run) : run;
		sched_charge(&core, now);
		assert_true(now <= end);
	}
	assert_true(sched_block(&core, now));
}

static void what_was_used_before_all_slept_is_owed_to_nobody(void **state)
{
	(void)state;
	boot(HOGS_MAX);
	start_all();
	wake_hogs();
	for (unsigned i = 0; i < 10; i++) {
		run_until(now + 50 * MS); /* in which its share is 0.85 ms */
		expect_burst(&sensitive[0], MS / 2, MS / 2);
	}
}

static void the_lead_of_the_class_is_forgotten_then(void **state)
{
	(void)state;
	boot(3);
	start_all();
	wake_hogs();
	run_until(now + MS);
	expect_burst(&sensitive[1], 8 * MS, 8 * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_used_before_all_slept_is_owed_to_nobody),
		cmocka_unit_test(the_lead_of_the_class_is_forgotten_then),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
