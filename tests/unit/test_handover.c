/* Windows and advice between a vCPU and its engine: order, bounds, and three cores at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <sched.h>

#include "hv/handover.h"

static struct ple_window window_of(uint32_t number)
{
	return (struct ple_window) { .run_us = number, .wait_us = ~number, .exits = { number } };
}

/* Every field tells the number, so that a torn copy shows. */
static struct sched_advice advice_of(uint32_t number)
{
	struct sched_advice advice = { .actual_us = number, .wait_us = ~number };

	for (unsigned h = 0; h < SCHED_HORIZONS; h++)
		advice.cpu[h] = (struct sched_expectation) { number, ~number, number + h };
	return advice;
}

static bool whole(const struct sched_advice *a)
{
	bool is = a->wait_us == ~a->actual_us;

	for (unsigned h = 0; h < SCHED_HORIZONS; h++)
		is = is && a->cpu[h].mean == a->actual_us && a->cpu[h].point == ~a->actual_us &&
		     a->cpu[h].high == a->actual_us + h;
	return is;
}

static void put(struct handover *h, uint32_t number)
{
	struct ple_window window = window_of(number);

	assert_true(handover_put(h, &window));
}

static void publish(struct handover *h, uint32_t number)
{
	struct sched_advice advice = advice_of(number);

	handover_publish(h, &advice);
}

static void empty_has_nothing(void **state)
{
	struct handover h = { 0 };
	struct ple_window window;
	struct sched_advice advice;

	(void)state;
	assert_false(handover_waiting(&h));
	assert_false(handover_next(&h, &window));
	assert_false(handover_take(&h, &advice));
}

static void windows_come_in_order(void **state)
{
	struct handover h = { 0 };
	struct ple_window window;

	(void)state;
	for (uint32_t i = 0; i < 10; i++) {
		put(&h, 2 * i);
		put(&h, 2 * i + 1);
		assert_true(handover_waiting(&h));
		for (uint32_t k = 0; k < 2; k++) {
			assert_true(handover_next(&h, &window));
			assert_int_equal(window.run_us, 2 * i + k);
			assert_int_equal(window.exits[0], 2 * i + k);
		}
		assert_false(handover_waiting(&h));
	}
}

static void too_many_windows_are_refused_and_counted(void **state)
{
	struct handover h = { 0 };
	struct ple_window window = window_of(9);

	(void)state;
	put(&h, 1);
	put(&h, 2);
	assert_false(handover_put(&h, &window));
	assert_int_equal(h.lost, 1);
	assert_true(handover_next(&h, &window));
	assert_int_equal(window.run_us, 1);
	put(&h, 3);
}

static void only_the_newest_advice_is_taken_and_once(void **state)
{
	struct handover h = { 0 };
	struct sched_advice advice;

	(void)state;
	put(&h, 1);
	put(&h, 2);
	publish(&h, 1);
	assert_false(handover_served(&h));
	publish(&h, 2);
	assert_true(handover_served(&h));
	assert_true(handover_take(&h, &advice));
	assert_int_equal(advice.actual_us, 2);
	assert_false(handover_take(&h, &advice));
	publish(&h, 3);
	assert_true(handover_take(&h, &advice));
	assert_int_equal(advice.actual_us, 3);
}

static void one_at_a_time_claims_the_engine(void **state)
{
	struct handover h = { 0 };

	(void)state;
	assert_true(handover_claim(&h));
	assert_false(handover_claim(&h));
	handover_release(&h);
	assert_true(handover_claim(&h));
}

static void counters_may_wrap(void **state)
{
	struct handover h = { .put = UINT32_MAX, .got = UINT32_MAX, .published = UINT32_MAX };
	struct ple_window window;
	struct sched_advice advice;

	(void)state;
	h.taken = UINT32_MAX;
	for (uint32_t i = 0; i < 5; i++) {
		put(&h, i);
		assert_true(handover_next(&h, &window));
		assert_int_equal(window.run_us, i);
		publish(&h, i);
		assert_true(handover_take(&h, &advice));
		assert_int_equal(advice.actual_us, i);
	}
	assert_false(handover_waiting(&h));
}

/* ---- One owner and two cores that compete for the engine ---- */

#define ROUNDS 200000u

static struct handover shared;
static uint32_t expected; /* the next window; whoever has claimed the engine writes it */
static atomic_bool over;
static atomic_uint wrong;

static void step(void)
{
	struct ple_window window;

	if (!handover_next(&shared, &window))
		return;
	if (window.run_us != expected || window.wait_us != ~expected)
		atomic_fetch_add(&wrong, 1);
	expected = window.run_us + 1;
	publish(&shared, window.run_us);
}

static void *engine_core(void *unused)
{
	(void)unused;
	while (!atomic_load(&over) || handover_waiting(&shared)) {
		if (handover_waiting(&shared) && handover_claim(&shared)) {
			step();
			handover_release(&shared);
		} else {
			sched_yield();
		}
	}
	return NULL;
}

static void take(uint32_t *last)
{
	struct sched_advice advice;

	if (!handover_take(&shared, &advice))
		return;
	assert_true(whole(&advice));
	assert_true(advice.actual_us + 1 > *last);
	*last = advice.actual_us + 1;
}

static void three_cores_lose_nothing_and_tear_nothing(void **state)
{
	pthread_t engines[2];
	uint32_t last = 0;

	(void)state;
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&engines[i], NULL, engine_core, NULL), 0);
	for (uint32_t i = 0; i < ROUNDS;) {
		struct ple_window window = window_of(i);

		if (handover_put(&shared, &window))
			i++;
		else
			sched_yield();
		take(&last);
	}
	atomic_store(&over, true);
	for (unsigned i = 0; i < 2; i++)
		pthread_join(engines[i], NULL);
	take(&last);
	assert_int_equal(last, ROUNDS);
	assert_int_equal(expected, ROUNDS);
	assert_int_equal(atomic_load(&wrong), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_has_nothing),
		cmocka_unit_test(windows_come_in_order),
		cmocka_unit_test(too_many_windows_are_refused_and_counted),
		cmocka_unit_test(only_the_newest_advice_is_taken_and_once),
		cmocka_unit_test(one_at_a_time_claims_the_engine),
		cmocka_unit_test(counters_may_wrap),
		cmocka_unit_test(three_cores_lose_nothing_and_tear_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
