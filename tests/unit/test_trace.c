/* hv/trace_ring.c and hv/trace_text.c: records in order, what is overwritten, their text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "hv/trace_ring.h"
#include "hv/trace_text.h"
#include "sched/sched.h"

#define COUNT 8u

static struct trace_record memory[COUNT];
static struct trace_record taken[2 * COUNT];
static struct trace_ring ring;

static int set_up(void **state)
{
	(void)state;
	memset(memory, 0xa5, sizeof(memory));
	trace_ring_init(&ring, memory, COUNT, 3);
	return 0;
}

/* Record i has i in every field that the test looks at. */
static void put(uint64_t from, uint64_t to)
{
	for (uint64_t i = from; i < to; i++)
		trace_ring_put(&ring, TRACE_IPI, (unsigned)i, 7, i, ~i, 1000 + i);
}

static void assert_is(const struct trace_record *record, uint64_t i)
{
	assert_int_equal(record->tsc, 1000 + i);
	assert_int_equal(record->kind, TRACE_IPI);
	assert_int_equal(record->core, 3);
	assert_int_equal(record->entity, i);
	assert_int_equal(record->waiting, 7);
	assert_int_equal(record->a, i);
	assert_int_equal(record->b, ~i);
}

static void test_empty_ring(void **state)
{
	(void)state;
	assert_int_equal(trace_ring_waiting(&ring), 0);
	assert_int_equal(trace_ring_take(&ring, taken, COUNT), 0);
	assert_false(trace_ring_read(&ring, 0, taken));
	assert_int_equal(ring.lost, 0);
}

static void test_records_come_in_order_in_portions(void **state)
{
	(void)state;
	put(0, 5);
	assert_int_equal(trace_ring_waiting(&ring), 5);
	assert_int_equal(trace_ring_take(&ring, taken, 3), 3);
	assert_int_equal(trace_ring_take(&ring, taken + 3, COUNT), 2);
	for (unsigned i = 0; i < 5; i++)
		assert_is(&taken[i], i);
	assert_int_equal(trace_ring_waiting(&ring), 0);
}

static void test_many_rounds_without_loss(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 10 * COUNT; i += 5) {
		put(i, i + 5);
		assert_int_equal(trace_ring_take(&ring, taken, COUNT), 5);
		assert_is(&taken[0], i);
		assert_is(&taken[4], i + 4);
	}
	assert_int_equal(ring.lost, 0);
}

/* The oldest of a full ring may be just about to be overwritten, so it does not count. */
static void test_overwritten_records_are_counted(void **state)
{
	uint32_t count;

	(void)state;
	put(0, 3 * COUNT + 2);
	assert_int_equal(trace_ring_waiting(&ring), 3 * COUNT + 2);
	count = trace_ring_take(&ring, taken, 2 * COUNT);
	assert_int_equal(count, COUNT - 1);
	assert_int_equal(ring.lost, 2 * COUNT + 3);
	for (unsigned i = 0; i < count; i++)
		assert_is(&taken[i], 2 * COUNT + 3 + i);
	assert_int_equal(trace_ring_waiting(&ring), 0);
}

/* As if the writer had been in the middle of a record when the reader looked. */
static void test_half_written_record_is_not_read(void **state)
{
	(void)state;
	put(0, COUNT);
	memset(&memory[0], 0, sizeof(memory[0])); /* record COUNT, not yet published */
	assert_false(trace_ring_read(&ring, 0, taken));
	assert_true(trace_ring_read(&ring, 1, taken));
	assert_is(taken, 1);
	assert_false(trace_ring_read(&ring, COUNT, taken));
}

static void assert_text(struct trace_record record, const char *expected)
{
	char text[80];

	record.tsc = 1000;
	assert_string_equal(trace_describe(&record, text, sizeof(text)), expected);
}

static void test_texts(void **state)
{
	(void)state;
	assert_text((struct trace_record) { .kind = SCHED_TRACE_PICK, .a = 4000, .b = 3 },
		    "until +3000, reason wake");
	assert_text((struct trace_record) { .kind = SCHED_TRACE_PICK, .a = SCHED_NEVER },
		    "until never, reason idle");
	assert_text((struct trace_record) { .kind = SCHED_TRACE_WAKE, .a = 2, .b = 1 },
		    "to core 2, preempts");
	assert_text((struct trace_record) { .kind = SCHED_TRACE_DEBT, .a = -5ull, .b = 64 },
		    "is owed -5 by entity 64");
	assert_text((struct trace_record) { .kind = SCHED_TRACE_SLICE,
					    .a = 500 | (uint64_t)SCHED_PLAN_GROWS << 32,
					    .b = 400 | 100ull << 32 },
		    "500, was 400: needs more, forecast 100");
	assert_text((struct trace_record) { .kind = SCHED_TRACE_CREDIT,
					    .a = 30 | (uint64_t)SCHED_PLAN_GIVES << 32,
					    .b = 40 },
		    "30, was 40: gives to others, forecast 0");
	assert_text((struct trace_record) { .kind = SCHED_TRACE_RESERVE,
					    .a = 500 | 200ull << 32,
					    .b = 300 | 50ull << 32 },
		    "forecast 200, in 50 ms 500; mean 50, budget 300");
	assert_text(
		(struct trace_record) { .kind = SCHED_TRACE_SWAP, .a = 7 | 70ull << 32, .b = 64 },
		"gets 7 from entity 64, needs 70");
	assert_text((struct trace_record) { .kind = SCHED_TRACE_POLICY, .a = 0 }, "rr");
	assert_text((struct trace_record) { .kind = SCHED_TRACE_POLICY, .a = 1000 }, "unknown");
	assert_text((struct trace_record) { .kind = TRACE_TIMER, .a = 900 }, "due -100");
	assert_text((struct trace_record) { .kind = TRACE_INVEPT }, "");
	assert_text((struct trace_record) { .kind = TRACE_FORECAST,
					    .a = 4000 | 3500ull << 32,
					    .b = 5000 | 17500ull << 32 },
		    "wanted 4000 us, forecast 3500 to 5000; 17500 ticks");
	assert_text((struct trace_record) { .kind = TRACE_WEIGHTS, .a = 51, .b = 204ull << 8 },
		    "most to lstm, 80%");
	assert_text((struct trace_record) { .kind = 63, .a = 1, .b = 2 }, "kind 63, a 1, b 2");
	assert_text((struct trace_record) { .kind = 0xffff }, "kind 65535, a 0, b 0");
}

static void test_text_is_cut(void **state)
{
	const struct trace_record record = { .kind = SCHED_TRACE_BLOCK, .a = 123456 };
	char text[8];

	(void)state;
	assert_string_equal(trace_describe(&record, text, sizeof(text)), "after a");
	assert_string_equal(trace_describe(&record, text, 1), "");
}

static void test_every_kind_of_the_scheduler_has_a_name(void **state)
{
	(void)state;
	for (unsigned kind = SCHED_TRACE_PICK; kind <= SCHED_TRACE_TRUST; kind++)
		assert_string_not_equal(trace_kind_name(kind), "?");
	assert_string_equal(trace_kind_name(0), "?");
	assert_string_equal(trace_kind_name(TRACE_KINDS), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_empty_ring, set_up),
		cmocka_unit_test_setup(test_records_come_in_order_in_portions, set_up),
		cmocka_unit_test_setup(test_many_rounds_without_loss, set_up),
		cmocka_unit_test_setup(test_overwritten_records_are_counted, set_up),
		cmocka_unit_test_setup(test_half_written_record_is_not_read, set_up),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_text_is_cut),
		cmocka_unit_test(test_every_kind_of_the_scheduler_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
