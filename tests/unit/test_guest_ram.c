/* Guest memory: the layout's edges, and access that crosses pages, ends and overflows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "hv/guest_ram.h"
#include "tests/unit/fake_ram.h"

#define GIB (1ull << 30)
#define MIB (1ull << 20)

static void test_layout_low_only(void **state)
{
	struct gpa_range ranges[2];

	(void)state;
	assert_int_equal(guest_ram_ranges(0, ranges), 0);
	assert_int_equal(guest_ram_end(0), 0);
	assert_int_equal(guest_ram_ranges(3 * GIB, ranges), 1);
	assert_int_equal(ranges[0].base, 0);
	assert_int_equal(ranges[0].size, 3 * GIB);
	assert_int_equal(guest_ram_end(3 * GIB), 3 * GIB);
}

static void test_layout_with_high_part(void **state)
{
	struct gpa_range ranges[2];

	(void)state;
	assert_int_equal(guest_ram_ranges(5 * GIB, ranges), 2);
	assert_int_equal(ranges[1].base, 4 * GIB);
	assert_int_equal(ranges[1].size, 2 * GIB);
	assert_int_equal(guest_ram_low_end(5 * GIB), 3 * GIB);
	assert_int_equal(guest_ram_end(5 * GIB), 6 * GIB);
}

static void test_single_addresses(void **state)
{
	(void)state;
	assert_true(gpa_is_ram(MIB, 0));
	assert_true(gpa_is_ram(MIB, MIB - 1));
	assert_false(gpa_is_ram(MIB, MIB));
	assert_false(gpa_is_ram(5 * GIB, 3 * GIB));
	assert_false(gpa_is_ram(5 * GIB, 4 * GIB - 1));
	assert_true(gpa_is_ram(5 * GIB, 4 * GIB));
	assert_true(gpa_is_ram(5 * GIB, 6 * GIB - 1));
	assert_false(gpa_is_ram(5 * GIB, 6 * GIB));
	assert_false(gpa_is_ram(5 * GIB, UINT64_MAX));
}

static void test_ranges_do_not_overflow(void **state)
{
	(void)state;
	assert_true(gpa_range_is_ram(5 * GIB, 0, 3 * GIB));
	assert_false(gpa_range_is_ram(5 * GIB, 0, 3 * GIB + 1));
	assert_false(gpa_range_is_ram(5 * GIB, 1, UINT64_MAX));
	assert_false(gpa_range_is_ram(5 * GIB, 4 * GIB, UINT64_MAX - 4 * GIB + 1));
	assert_false(gpa_range_is_ram(5 * GIB, UINT64_MAX, 2));
	assert_true(gpa_range_is_ram(5 * GIB, UINT64_MAX, 0));
}

static void test_write_and_read_across_pages(void **state)
{
	struct fake_ram *fake = fake_ram_new(MIB);
	uint8_t out[10000], in[10000];

	(void)state;
	for (unsigned i = 0; i < sizeof(out); i++)
		out[i] = i * 7 + 1;
	assert_int_equal(guest_ram_write(&fake->ram, 4000, out, sizeof(out)), OK);
	assert_int_equal(fake->used, 4);
	assert_int_equal(guest_ram_read(&fake->ram, 4000, in, sizeof(in)), OK);
	assert_memory_equal(in, out, sizeof(out));
	assert_int_equal(guest_ram_zero(&fake->ram, 4001, 9998), OK);
	assert_int_equal(guest_ram_read(&fake->ram, 4000, in, sizeof(in)), OK);
	assert_int_equal(in[0], out[0]);
	assert_int_equal(in[1], 0);
	assert_int_equal(in[9998], 0);
	assert_int_equal(in[9999], out[9999]);
	fake_ram_free(fake);
}

static void test_nothing_moves_outside(void **state)
{
	struct fake_ram *fake = fake_ram_new(MIB);
	uint8_t bytes[2] = { 1, 2 };

	(void)state;
	assert_int_equal(guest_ram_write(&fake->ram, MIB - 1, bytes, 2), ERR_FAULT);
	assert_int_equal(guest_ram_read(&fake->ram, MIB, bytes, 1), ERR_FAULT);
	assert_int_equal(guest_ram_zero(&fake->ram, 0, UINT64_MAX), ERR_FAULT);
	assert_int_equal(fake->used, 0);
	assert_int_equal(guest_ram_write(&fake->ram, UINT64_MAX, bytes, 0), OK);
	fake_ram_free(fake);
}

static void test_memory_runs_out(void **state)
{
	struct fake_ram *fake = fake_ram_new(MIB);
	uint8_t bytes[8192];

	(void)state;
	memset(bytes, 1, sizeof(bytes));
	fake->pages_left = 1;
	assert_int_equal(guest_ram_write(&fake->ram, 0, bytes, sizeof(bytes)), ERR_NO_MEMORY);
	assert_int_equal(guest_ram_zero(&fake->ram, 0, sizeof(bytes)), ERR_NO_MEMORY);
	assert_int_equal(guest_ram_read(&fake->ram, 0, bytes, sizeof(bytes)), ERR_NO_MEMORY);
	fake_ram_free(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout_low_only),
		cmocka_unit_test(test_layout_with_high_part),
		cmocka_unit_test(test_single_addresses),
		cmocka_unit_test(test_ranges_do_not_overflow),
		cmocka_unit_test(test_write_and_read_across_pages),
		cmocka_unit_test(test_nothing_moves_outside),
		cmocka_unit_test(test_memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
