#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "drivers/virt/bus.h"

/* A device that remembers its last access and answers with a pattern made from the offset. */
struct recorder {
	uint64_t offset, value, now;
	unsigned size, reads, writes;
};

static uint64_t recorder_read(void *device, uint64_t offset, unsigned size, uint64_t now)
{
	struct recorder *r = device;

	r->offset = offset;
	r->size = size;
	r->now = now;
	r->reads++;
	return 0xA0A1A2A3A4A5A600ull + offset;
}

static void recorder_write(void *device, uint64_t offset, unsigned size, uint64_t value,
			   uint64_t now)
{
	struct recorder *r = device;

	r->offset = offset;
	r->size = size;
	r->value = value;
	r->now = now;
	r->writes++;
}

static struct recorder low, com, wide;

#define RANGE(f, l, w, d)                                                                          \
	{                                                                                          \
		.first = (f), .last = (l), .width = (w), .read = recorder_read,                    \
		.write = recorder_write, .device = (d)                                             \
	}

static const struct bus_range table[] = {
	RANGE(0x20, 0x21, 1, &low),
	RANGE(0x3F8, 0x3FF, 1, &com),
	RANGE(0xFEC00000, 0xFEC00FFF, 8, &wide),
};

static struct bus bus;

static int setup(void **state)
{
	(void)state;
	low = com = wide = (struct recorder) { 0 };
	return bus_init(&bus, table, 3);
}

static void finds_first_and_last_address_of_each_range(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		assert_ptr_equal(bus_find(&bus, table[i].first), &table[i]);
		assert_ptr_equal(bus_find(&bus, table[i].last), &table[i]);
		assert_null(bus_find(&bus, table[i].first - 1));
		assert_null(bus_find(&bus, table[i].last + 1));
	}
	assert_null(bus_find(&bus, 0));
	assert_null(bus_find(&bus, UINT64_MAX));
}

static void empty_bus_answers_all_ones(void **state)
{
	struct bus empty;

	(void)state;
	assert_int_equal(bus_init(&empty, NULL, 0), OK);
	assert_int_equal(bus_read(&empty, 0x3F8, 1, 0), 0xFF);
	assert_int_equal(bus_read(&empty, 0x3F8, 2, 0), 0xFFFF);
	assert_int_equal(bus_read(&empty, 0x3F8, 4, 0), 0xFFFFFFFF);
	assert_true(bus_read(&empty, 0x3F8, 8, 0) == UINT64_MAX);
	bus_write(&empty, 0x3F8, 4, 1, 0);
}

static void passes_offset_size_and_time(void **state)
{
	(void)state;
	assert_true(bus_read(&bus, 0xFEC00010, 4, 77) == 0xA4A5A610);
	assert_int_equal(wide.offset, 0x10);
	assert_int_equal(wide.size, 4);
	assert_int_equal(wide.now, 77);
	bus_write(&bus, 0xFEC00FF8, 8, 0x1122334455667788ull, 78);
	assert_int_equal(wide.offset, 0xFF8);
	assert_true(wide.value == 0x1122334455667788ull);
	assert_int_equal(wide.now, 78);
}

static void cuts_values_to_the_size(void **state)
{
	(void)state;
	bus_write(&bus, 0x3F9, 1, 0xDEADBEEF, 0);
	assert_int_equal(com.value, 0xEF);
	bus_write(&bus, 0xFEC00000, 2, 0xDEADBEEF, 0);
	assert_int_equal(wide.value, 0xBEEF);
	assert_int_equal(bus_read(&bus, 0xFEC00004, 1, 0), 0x04);
}

static void splits_accesses_wider_than_the_device(void **state)
{
	(void)state;
	assert_int_equal(bus_read(&bus, 0x3F8, 4, 0), 0x03020100);
	assert_int_equal(com.reads, 4);
	assert_int_equal(com.size, 1);
	bus_write(&bus, 0x3FA, 2, 0xBBAA, 0);
	assert_int_equal(com.writes, 2);
	assert_int_equal(com.offset, 3);
	assert_int_equal(com.value, 0xBB);
}

static void splits_accesses_that_leave_a_range(void **state)
{
	(void)state;
	assert_int_equal(bus_read(&bus, 0x3FE, 4, 0), 0xFFFF0706);
	assert_int_equal(com.reads, 2);
	assert_int_equal(bus_read(&bus, 0x1F, 2, 0), 0x00FF);
	bus_write(&bus, 0x1F, 4, 0x44332211, 0);
	assert_int_equal(low.writes, 2);
	assert_int_equal(low.value, 0x33);
	assert_int_equal(bus_read(&bus, 0xFEC00FFE, 4, 0), 0xFFFFFFFE);
	assert_int_equal(wide.size, 1);
}

static void adds_the_first_offset(void **state)
{
	static const struct bus_range shifted[] = {
		{ 0x40, 0x43, 1, recorder_read, recorder_write, &low, 0x40 },
	};
	struct bus b;

	(void)state;
	assert_int_equal(bus_init(&b, shifted, 1), OK);
	bus_write(&b, 0x42, 1, 5, 0);
	assert_int_equal(low.offset, 0x42);
	assert_int_equal(bus_read(&b, 0x43, 1, 0), 0x43);
}

static void refuses_bad_tables(void **state)
{
	static const struct bus_range overlap[] = { RANGE(0, 8, 1, NULL), RANGE(8, 9, 1, NULL) };
	static const struct bus_range unsorted[] = { RANGE(9, 9, 1, NULL), RANGE(1, 2, 1, NULL) };
	static const struct bus_range reversed[] = { RANGE(9, 8, 1, NULL) };
	static const struct bus_range widths[] = { RANGE(0, 8, 0, NULL), RANGE(0, 8, 3, NULL),
						   RANGE(0, 8, 16, NULL) };
	static const struct bus_range no_read[] = {
		{ .first = 0, .last = 1, .width = 1, .write = recorder_write },
	};
	struct bus b;

	(void)state;
	assert_int_equal(bus_init(&b, overlap, 2), ERR_INVALID);
	assert_int_equal(bus_init(&b, unsorted, 2), ERR_INVALID);
	assert_int_equal(bus_init(&b, reversed, 1), ERR_INVALID);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(bus_init(&b, &widths[i], 1), ERR_INVALID);
	assert_int_equal(bus_init(&b, no_read, 1), ERR_INVALID);
}

/* Ranges a multiple of the hint table apart share their hints; all must still be found. */
static void ranges_that_share_a_hint(void **state)
{
	static struct bus_range many[256];
	struct bus b;

	(void)state;
	for (unsigned i = 0; i < 256; i++)
		many[i] = (struct bus_range)RANGE(i * 512ull, i * 512ull + i % 9, 1, &low);
	assert_int_equal(bus_init(&b, many, 256), ERR_INVALID);
	assert_int_equal(bus_init(&b, many, 255), OK);
	for (unsigned i = 0; i < 255; i++) {
		assert_ptr_equal(bus_find(&b, many[i].first), &many[i]);
		assert_ptr_equal(bus_find(&b, many[i].last), &many[i]);
		assert_null(bus_find(&b, many[i].last + 1));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(finds_first_and_last_address_of_each_range, setup),
		cmocka_unit_test_setup(empty_bus_answers_all_ones, setup),
		cmocka_unit_test_setup(passes_offset_size_and_time, setup),
		cmocka_unit_test_setup(cuts_values_to_the_size, setup),
		cmocka_unit_test_setup(splits_accesses_wider_than_the_device, setup),
		cmocka_unit_test_setup(splits_accesses_that_leave_a_range, setup),
		cmocka_unit_test_setup(adds_the_first_offset, setup),
		cmocka_unit_test_setup(refuses_bad_tables, setup),
		cmocka_unit_test_setup(ranges_that_share_a_hint, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
