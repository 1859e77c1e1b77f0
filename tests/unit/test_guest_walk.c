#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hv/guest_walk.h"

#define PAGES 16

static _Alignas(4096) uint8_t memory[PAGES][4096];

static void *page(void *ctx, uint64_t gpa, bool write)
{
	(void)ctx;
	(void)write;
	return memory[gpa / 4096];
}

static const struct guest_ram ram = { .size = sizeof(memory), .page = page };

static void set64(uint64_t table, unsigned index, uint64_t value)
{
	memcpy(&memory[table / 4096][table % 4096 + index * 8], &value, 8);
}

static void set32(uint64_t table, unsigned index, uint32_t value)
{
	memcpy(&memory[table / 4096][table % 4096 + index * 4], &value, 4);
}

static int clear(void **state)
{
	(void)state;
	memset(memory, 0, sizeof(memory));
	return 0;
}

#define CR0_PG	0x80000000u
#define PAE	0x20u
#define LMA	0x400u
#define PRESENT 1u
#define WRITE	2u
#define USER	4u
#define LARGE	0x80u
#define NX	(1ull << 63)

static void paging_off_is_identity_in_32_bits(void **state)
{
	struct guest_paging paging = { 0 };
	struct guest_walk walk;

	(void)state;
	assert_int_equal(guest_walk(&ram, &paging, 0x100001234ull, &walk), OK);
	assert_int_equal(walk.gpa, 0x1234);
	assert_int_equal(walk.page_size, 0);
}

static void four_levels_with_rights(void **state)
{
	struct guest_paging paging = { .cr0 = CR0_PG, .cr3 = 0x1000, .cr4 = PAE, .efer = LMA };
	struct guest_walk walk;

	(void)state;
	set64(0x1000, 511, 0x2000 | PRESENT | WRITE | USER);
	set64(0x2000, 510, 0x3000 | PRESENT | WRITE);
	set64(0x3000, 3, 0x4000 | PRESENT | WRITE | USER);
	set64(0x4000, 5, 0x7000 | PRESENT | USER | NX);
	assert_int_equal(guest_walk(&ram, &paging, 0xffffffff80605123ull, &walk), OK);
	assert_int_equal(walk.gpa, 0x7123);
	assert_int_equal(walk.page_size, 4096);
	assert_int_equal(walk.steps, 4);
	assert_false(walk.writable);
	assert_false(walk.user);
	assert_true(walk.no_execute);
}

static void large_pages_end_the_walk(void **state)
{
	struct guest_paging paging = { .cr0 = CR0_PG, .cr3 = 0x1000, .cr4 = PAE, .efer = LMA };
	struct guest_walk walk;

	(void)state;
	set64(0x1000, 0, 0x2000 | PRESENT | WRITE);
	set64(0x2000, 0, 0x3000 | PRESENT | WRITE);
	set64(0x2000, 1, 0x40000000 | PRESENT | WRITE | LARGE);
	set64(0x3000, 1, 0x00600000 | PRESENT | WRITE | LARGE);
	assert_int_equal(guest_walk(&ram, &paging, 0x234567, &walk), OK);
	assert_int_equal(walk.gpa, 0x634567);
	assert_int_equal(walk.page_size, 2u << 20);
	assert_int_equal(guest_walk(&ram, &paging, 0x7654321f, &walk), OK);
	assert_int_equal(walk.gpa, 0x7654321f);
	assert_int_equal(walk.page_size, 1u << 30);
}

static void pae_top_level_has_no_rights(void **state)
{
	struct guest_paging paging = { .cr0 = CR0_PG, .cr3 = 0x1020, .cr4 = PAE };
	struct guest_walk walk;

	(void)state;
	set64(0x1020, 3, 0x2000 | PRESENT);
	set64(0x2000, 0, 0x3000 | PRESENT | WRITE | USER);
	set64(0x3000, 1, 0x5000 | PRESENT | WRITE | USER);
	assert_int_equal(guest_walk(&ram, &paging, 0xc0001abc, &walk), OK);
	assert_int_equal(walk.gpa, 0x5abc);
	assert_true(walk.writable);
	assert_true(walk.user);
}

static void two_levels_with_and_without_large_pages(void **state)
{
	struct guest_paging paging = { .cr0 = CR0_PG, .cr3 = 0x1000 };
	struct guest_walk walk;

	(void)state;
	set32(0x1000, 1, 0x00800000 | PRESENT | LARGE);
	set32(0x1000, 2, 0x3000 | PRESENT | WRITE);
	set32(0x3000, 1, 0x6000 | PRESENT | WRITE);
	assert_int_equal(guest_walk(&ram, &paging, 0x00801010, &walk), OK);
	assert_int_equal(walk.gpa, 0x6010);
	paging.cr4 = 0x10;
	assert_int_equal(guest_walk(&ram, &paging, 0x00412345, &walk), OK);
	assert_int_equal(walk.gpa, 0x00812345);
	assert_int_equal(walk.page_size, 4u << 20);
	/* Without PSE the large bit is ignored: the entry points to a table outside RAM. */
	paging.cr4 = 0;
	assert_int_equal(guest_walk(&ram, &paging, 0x00412345, &walk), ERR_FAULT);
}

static void holes_and_tables_outside_ram_fault(void **state)
{
	struct guest_paging paging = { .cr0 = CR0_PG, .cr3 = 0x1000, .cr4 = PAE, .efer = LMA };
	struct guest_walk walk;

	(void)state;
	assert_int_equal(guest_walk(&ram, &paging, 0, &walk), ERR_FAULT);
	assert_int_equal(walk.steps, 1);
	set64(0x1000, 0, 0x000ffffffffff000ull | PRESENT);
	assert_int_equal(guest_walk(&ram, &paging, 0, &walk), ERR_FAULT);
	paging.cr3 = 0xfffffffffffff000ull;
	assert_int_equal(guest_walk(&ram, &paging, 0, &walk), ERR_FAULT);
}

static void reads_stop_at_the_first_hole(void **state)
{
	struct guest_paging paging = { .cr0 = CR0_PG, .cr3 = 0x1000, .cr4 = PAE, .efer = LMA };
	char text[8] = "";

	(void)state;
	set64(0x1000, 0, 0x2000 | PRESENT);
	set64(0x2000, 0, 0x3000 | PRESENT);
	set64(0x3000, 0, 0x4000 | PRESENT);
	set64(0x4000, 0, 0x9000 | PRESENT);
	set64(0x4000, 1, 0x8000 | PRESENT);
	memcpy(&memory[9][4093], "abc", 3);
	memcpy(&memory[8][0], "def", 3);
	assert_int_equal(guest_read_linear(&ram, &paging, 4093, text, 6), 6);
	assert_string_equal(text, "abcdef");
	assert_int_equal(guest_read_linear(&ram, &paging, 0x1ffe, text, 6), 2);
}

static void writes_follow_the_linear_pages(void **state)
{
	struct guest_paging paging = { .cr0 = CR0_PG, .cr3 = 0x1000, .cr4 = PAE, .efer = LMA };

	(void)state;
	set64(0x1000, 0, 0x2000 | PRESENT);
	set64(0x2000, 0, 0x3000 | PRESENT);
	set64(0x3000, 0, 0x4000 | PRESENT);
	set64(0x4000, 0, 0x9000 | PRESENT);
	set64(0x4000, 1, 0x7000 | PRESENT);
	assert_int_equal(guest_write_linear(&ram, &paging, 4094, "wxyz", 4), 4);
	assert_memory_equal(&memory[9][4094], "wx", 2);
	assert_memory_equal(&memory[7][0], "yz", 2);
	assert_int_equal(memory[10][0], 0);
	assert_int_equal(guest_write_linear(&ram, &paging, 0x1fff, "wx", 2), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(paging_off_is_identity_in_32_bits, clear),
		cmocka_unit_test_setup(four_levels_with_rights, clear),
		cmocka_unit_test_setup(large_pages_end_the_walk, clear),
		cmocka_unit_test_setup(pae_top_level_has_no_rights, clear),
		cmocka_unit_test_setup(two_levels_with_and_without_large_pages, clear),
		cmocka_unit_test_setup(holes_and_tables_outside_ram_fault, clear),
		cmocka_unit_test_setup(reads_stop_at_the_first_hole, clear),
		cmocka_unit_test_setup(writes_follow_the_linear_pages, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
