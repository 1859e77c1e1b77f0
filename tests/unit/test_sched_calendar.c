/* The calendar queue against its promise: order exact between buckets, nobody lost, far keys too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "sched/calendar.h"

#define ENTITIES 300
#define WIDTH	 1024

static struct sched_calendar calendar;
static struct sched_entity entities[ENTITIES];
static uint64_t keys[ENTITIES]; /* UINT64_MAX: not in the queue */
static uint64_t seed = 3;

static uint32_t random_u32(void)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(seed >> 33);
}

static int clear(void **state)
{
	(void)state;
	memset(&calendar, 0, sizeof(calendar));
	memset(entities, 0, sizeof(entities));
	memset(keys, 0xff, sizeof(keys));
	sched_calendar_init(&calendar, WIDTH);
	return 0;
}

static void insert(unsigned i, uint64_t key)
{
	keys[i] = key;
	sched_calendar_insert(&calendar, &entities[i], key);
}

static void take(unsigned i)
{
	keys[i] = UINT64_MAX;
	sched_calendar_remove(&calendar, &entities[i]);
}

static uint64_t least_key(void)
{
	uint64_t least = UINT64_MAX;

	for (unsigned i = 0; i < ENTITIES; i++)
		least = keys[i] < least ? keys[i] : least;
	return least;
}

static uint64_t random_key(uint64_t base)
{
	static const uint64_t spread[8] = { 30, 30, 30, 30, 30, 30, 500, 200 };
	unsigned kind = random_u32() % 8;
	uint64_t distance = random_u32() % (spread[kind] * WIDTH);

	return kind == 7 ? base - distance : base + distance;
}

/* With keys that never go back, the first is never a bucket behind the least. */
static void first_is_least_but_for_a_width(void **state)
{
	uint64_t base = 1ull << 62;

	(void)state;
	for (unsigned step = 0; step < 30000; step++) {
		unsigned i = random_u32() % ENTITIES;
		struct sched_entity *first;

		if (keys[i] != UINT64_MAX)
			take(i);
		else /* one in eight is beyond the ring of 64 buckets, as many are before it */
			insert(i, random_key(base));
		first = sched_calendar_first(&calendar);
		if (least_key() == UINT64_MAX) {
			assert_null(first);
			continue;
		}
		assert_true(keys[first - entities] < least_key() + WIDTH);
		if (least_key() > base)
			base = least_key();
	}
}

/* Whoever is behind all others comes first, though the ring has turned past its key. */
static void a_late_key_goes_first(void **state)
{
	(void)state;
	insert(0, 100 * WIDTH);
	insert(1, 100 * WIDTH + 1);
	assert_ptr_equal(sched_calendar_first(&calendar), &entities[0]);
	insert(2, 3);
	assert_ptr_equal(sched_calendar_first(&calendar), &entities[2]);
}

/* Several of them come in their order, whether they fit into the ring with the others or not. */
static void late_keys_keep_their_order(void **state)
{
	(void)state;
	for (unsigned far = 0; far < 2; far++) {
		uint64_t today = far ? 100 * WIDTH : 50 * WIDTH;

		insert(0, today);
		assert_ptr_equal(sched_calendar_first(&calendar), &entities[0]);
		for (unsigned i = 0; i < 3; i++) {
			insert(1, 5 * WIDTH);
			insert(2, 3 * WIDTH);
			insert(3, 4 * WIDTH);
			assert_ptr_equal(sched_calendar_first(&calendar), &entities[2]);
			take(2);
			assert_ptr_equal(sched_calendar_first(&calendar), &entities[3]);
			take(3);
			assert_ptr_equal(sched_calendar_first(&calendar), &entities[1]);
			take(1);
		}
		take(0);
	}
}

static void everybody_comes_out(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ENTITIES; i++)
		insert(i, (uint64_t)(random_u32() % 10000) * WIDTH);
	for (unsigned i = 0; i < ENTITIES; i++)
		take((unsigned)(sched_calendar_first(&calendar) - entities));
	assert_null(sched_calendar_first(&calendar));
	assert_int_equal(least_key(), UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(first_is_least_but_for_a_width, clear),
		cmocka_unit_test_setup(a_late_key_goes_first, clear),
		cmocka_unit_test_setup(late_keys_keep_their_order, clear),
		cmocka_unit_test_setup(everybody_comes_out, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
