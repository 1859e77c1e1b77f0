#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "hv/timer_queue.h"

#define EVENTS 200

static struct timer_event *heap[EVENTS];
static struct timer_queue queue;
static uint64_t fired[EVENTS * 2];
static unsigned fired_count;

static void note(struct timer_event *event, uint64_t now)
{
	assert_true(event->deadline <= now);
	assert_false(timer_armed(event));
	fired[fired_count++] = event->deadline;
}

static int setup(void **state)
{
	(void)state;
	timer_queue_init(&queue, heap, EVENTS);
	fired_count = 0;
	return 0;
}

static void empty_queue_never_fires(void **state)
{
	(void)state;
	assert_int_equal(timer_next(&queue), TIMER_NEVER);
	timer_run(&queue, UINT64_MAX - 1);
	assert_int_equal(fired_count, 0);
}

static void fires_in_order_and_only_what_is_due(void **state)
{
	static struct timer_event events[EVENTS];

	(void)state;
	srand(1);
	for (unsigned i = 0; i < EVENTS; i++) {
		events[i] = (struct timer_event) { .fire = note };
		assert_int_equal(timer_arm(&queue, &events[i], rand() % 1000), OK);
	}
	timer_run(&queue, 499);
	for (unsigned i = 1; i < fired_count; i++)
		assert_true(fired[i - 1] <= fired[i]);
	assert_true(fired_count > 0 && fired[fired_count - 1] <= 499);
	assert_int_equal(fired_count + queue.count, EVENTS);
	assert_true(timer_next(&queue) > 499);
}

static void random_arm_move_disarm_keeps_the_earliest_first(void **state)
{
	static struct timer_event events[EVENTS];

	(void)state;
	srand(2);
	for (unsigned step = 0; step < 20000; step++) {
		struct timer_event *event = &events[rand() % EVENTS];
		uint64_t earliest = TIMER_NEVER;

		event->fire = note;
		if (rand() % 3)
			assert_int_equal(timer_arm(&queue, event, rand() % 100000), OK);
		else
			timer_disarm(&queue, event);
		for (unsigned i = 0; i < EVENTS; i++)
			if (timer_armed(&events[i]) && events[i].deadline < earliest)
				earliest = events[i].deadline;
		assert_int_equal(timer_next(&queue), earliest);
	}
}

static void a_full_heap_says_so(void **state)
{
	static struct timer_event events[EVENTS + 1];

	(void)state;
	for (unsigned i = 0; i < EVENTS; i++)
		assert_int_equal(timer_arm(&queue, &events[i], i), OK);
	assert_int_equal(timer_arm(&queue, &events[EVENTS], 0), ERR_LIMIT);
	assert_false(timer_armed(&events[EVENTS]));
	assert_int_equal(timer_arm(&queue, &events[3], 1000), OK);
}

static void rearm_in_the_past(struct timer_event *event, uint64_t now)
{
	fired_count++;
	timer_arm(&queue, event, now);
}

static void a_handler_that_rearms_does_not_loop(void **state)
{
	struct timer_event event = { .fire = rearm_in_the_past };

	(void)state;
	timer_arm(&queue, &event, 10);
	timer_run(&queue, 10);
	assert_int_equal(fired_count, 1);
	assert_true(timer_armed(&event));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(empty_queue_never_fires, setup),
		cmocka_unit_test_setup(fires_in_order_and_only_what_is_due, setup),
		cmocka_unit_test_setup(random_arm_move_disarm_keeps_the_earliest_first, setup),
		cmocka_unit_test_setup(a_full_heap_says_so, setup),
		cmocka_unit_test_setup(a_handler_that_rearms_does_not_loop, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
