/* Resting: when it begins and ends, and that forecasts are none the worse for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "ple/engine.h"

static uint32_t seed;

static uint32_t next_random(void)
{
	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}

static struct ple_weights weights;

static struct ple_engine *start(struct ple_engine *engine)
{
	seed = 1;
	ple_engine_init(engine, &ple_kernels_general);
	assert_int_equal(ple_weights_load(&weights, ple_default_weights, ple_default_weights_size),
			 PLE_WEIGHTS_OK);
	ple_engine_use_weights(engine, &weights);
	return engine;
}

static void observe(struct ple_engine *engine, uint32_t run_us)
{
	const struct ple_window window = { .run_us = run_us };

	ple_engine_observe(engine, &window);
}

/* The same without rest. */
static void observe_restless(struct ple_engine *engine, uint32_t run_us)
{
	ple_steady_break(&engine->steady);
	observe(engine, run_us);
	assert_int_equal(engine->steady.rested, 0);
}

/* Most windows of one who always does the same are rested through, never more than 15 in a row. */
static void test_the_steady_rest(void **state)
{
	static struct ple_engine engine;
	static const uint32_t demands[] = { 0, 10000, 4000 };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct ple_engine *e = start(&engine);

		for (unsigned t = 0; t < 2000; t++) {
			struct ple_demand before = e->demand;
			uint32_t rested = e->steady.rested;

			observe(e, demands[i] ? demands[i] + t % 2 : 0);
			assert_in_range(e->steady.resting, 0, PLE_STEADY_REST);
			if (e->steady.rested != rested)
				assert_memory_equal(&before, &e->demand, sizeof(before));
		}
		assert_true(e->steady.rested > 1500);
	}
}

/* What is new is answered in the window in which it comes, at any time of the rest. */
static void test_a_change_ends_the_rest_at_once(void **state)
{
	static struct ple_engine engine;
	struct ple_engine *e = start(&engine);

	(void)state;
	for (unsigned t = 0; t < 200; t++) {
		uint32_t rested;

		for (unsigned i = 0; i < 30 + t % 17; i++)
			observe(e, t % 2 ? 9000 : 500);
		rested = e->steady.rested;
		observe(e, t % 2 ? 500 : 9000);
		assert_int_equal(e->steady.rested, rested);
		assert_int_equal(e->past[e->now].features.x[PLE_X_BEFORE] > 0, t % 2);
	}
	assert_true(engine.steady.rested > 1000);
}

/* Memory and I/O that change keep the engine awake, too. */
static void test_other_resources_end_the_rest(void **state)
{
	static struct ple_engine engine;
	struct ple_window window = { .run_us = 10000, .pages = 5, .io_ops = 7 };

	(void)state;
	for (unsigned what = 0; what < 2; what++) {
		struct ple_engine *e = start(&engine);
		uint32_t rested;

		for (unsigned t = 0; t < 300; t++)
			ple_engine_observe(e, &window);
		rested = e->steady.rested;
		assert_true(rested > 100);
		*(what ? &window.pages : &window.io_ops) += 1;
		ple_engine_observe(e, &window);
		assert_int_equal(e->steady.rested, rested);
	}
}

/* The history is the same, bit for bit, as without rest. */
static void test_history_misses_nothing(void **state)
{
	static struct ple_engine resting, restless;

	(void)state;
	start(&restless);
	start(&resting);
	for (unsigned t = 0; t < 5000; t++) {
		uint32_t run_us = t % 200 < 20 ? next_random() % 9000 : 3;

		observe(&resting, run_us);
		observe_restless(&restless, run_us);
		assert_memory_equal(&resting.history, &restless.history, sizeof(resting.history));
	}
	assert_true(resting.steady.rested > 1000);
}

/* Idle, with bursts of a window at random, in so many of 1000: what the quantile says when idle. */
static uint32_t mean_high(struct ple_engine *engine, unsigned in_1000, unsigned horizon,
			  void (*see)(struct ple_engine *engine, uint32_t run_us))
{
	uint64_t sum = 0;
	uint32_t count = 0;

	start(engine);
	for (unsigned t = 0; t < 40000; t++) {
		uint32_t run_us = next_random() % 1000 < in_1000 ? 8000 : 0;

		see(engine, run_us);
		if (t < 20000 || run_us)
			continue;
		sum += engine->demand.of[PLE_CPU][horizon].high;
		count++;
	}
	return (uint32_t)(sum / count);
}

/*
 * Rare bursts stay below the quantile, frequent ones above it: rest hides none and does not make
 * them seem more frequent. At 10 ms the border is at 50 of 1000.
 */
static void test_rates_are_not_distorted(void **state)
{
	static struct ple_engine engine;

	(void)state;
	assert_true(mean_high(&engine, 20, PLE_10MS, observe) < 1500);
	assert_true(engine.steady.rested > 5000);
	assert_true(mean_high(&engine, 100, PLE_10MS, observe) > 5000);
}

/* Bursts one period apart are foreseen while nothing happens between them. */
static void test_the_season_keeps_awake(void **state)
{
	static struct ple_engine engine;
	struct ple_engine *e = start(&engine);

	(void)state;
	for (unsigned t = 0; t < 4000; t++) {
		if (t > 2000 && t % 40 == 0)
			assert_true(e->demand.of[PLE_CPU][PLE_10MS].high > 6000);
		observe(e, t % 40 == 0 ? 8000 : 20);
	}
	assert_true(e->steady.rested > 500);
}

/* Which of the forecasts is learnt from after a rest of so many windows. */
static void test_lessons(void **state)
{
	struct ple_steady s = { .made = 0 };

	(void)state;
	assert_int_equal(ple_steady_lesson(&s, 1), 0);
	s.made = 0x7; /* three steps so far */
	assert_int_equal(ple_steady_lesson(&s, 1), 1);
	assert_int_equal(ple_steady_lesson(&s, 2), 2);
	assert_int_equal(ple_steady_lesson(&s, 5), 0);
	s.made = 0x4; /* ready, then a rest of two */
	assert_int_equal(ple_steady_lesson(&s, 1), 3);
	assert_int_equal(ple_steady_lesson(&s, 2), 3);
	assert_int_equal(ple_steady_lesson(&s, 5), 0);
	s.made = 0x13; /* two steps after it */
	assert_int_equal(ple_steady_lesson(&s, 2), 2);
	assert_int_equal(ple_steady_lesson(&s, 5), 5);
}

/* Whoever changes the members gets a step next. */
static void test_changes_wake(void **state)
{
	static struct ple_engine engine;
	struct ple_engine *e = start(&engine);
	uint32_t rested;

	(void)state;
	for (unsigned t = 0; t < 500; t++)
		observe(e, 10000);
	rested = e->steady.rested;
	assert_true(rested > 100);
	assert_int_equal(ple_engine_enable(e, 1u << PLE_LAST), PLE_CHOICE_OK);
	observe(e, 10000);
	assert_int_equal(e->steady.rested, rested);
	assert_int_equal(ple_engine_share(e, PLE_LAST, PLE_10MS, PLE_HIGH), PLE_SHARE_ONE);
}

/* Windows of the same demand until no target stands down any more. */
static unsigned windows_until_trust(uint32_t run_us,
				    void (*see)(struct ple_engine *engine, uint32_t run_us))
{
	static struct ple_engine engine;
	unsigned last = 0;

	start(&engine);
	for (unsigned t = 0; t < 6000; t++) {
		see(&engine, run_us);
		if (engine.judge.down)
			last = t;
	}
	return last;
}

/* What was lost in the first windows is forgotten as fast as by who never rests. */
static void test_trust_returns_while_resting(void **state)
{
	(void)state;
	for (uint32_t run_us = 2500; run_us <= 10000; run_us += 1250) {
		unsigned restless = windows_until_trust(run_us, observe_restless);

		assert_in_range(windows_until_trust(run_us, observe), 1, restless + 150);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_steady_rest),
		cmocka_unit_test(test_a_change_ends_the_rest_at_once),
		cmocka_unit_test(test_other_resources_end_the_rest),
		cmocka_unit_test(test_history_misses_nothing),
		cmocka_unit_test(test_rates_are_not_distorted),
		cmocka_unit_test(test_the_season_keeps_awake),
		cmocka_unit_test(test_lessons),
		cmocka_unit_test(test_changes_wake),
		cmocka_unit_test(test_trust_returns_while_resting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
