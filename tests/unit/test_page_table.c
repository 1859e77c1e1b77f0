/* Page tables built in host memory: leaf sizes, protections, walking, refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "hv/page_table.h"

#define KIB  (1ull << 10)
#define MIB  (1ull << 20)
#define GIB  (1ull << 30)
#define BASE 0xffff800000000000ull

#define TABLE_PAGES 16
static uint8_t *arena;
static size_t used;

static uint64_t alloc_table(void)
{
	return used == TABLE_PAGES ? 0 : (uint64_t)(arena + 4096 * used++);
}

static struct page_table make_table(void)
{
	struct page_table table = { .largest = GIB, .alloc_table = alloc_table };

	memset(arena, 0, 4096 * TABLE_PAGES);
	used = 0;
	table.root = alloc_table();
	return table;
}

static void test_largest_leaf_that_fits(void **state)
{
	struct page_table table = make_table();
	struct page_leaf leaf;

	(void)state;
	assert_int_equal(page_table_map(&table, BASE + 2 * MIB - 4 * KIB, 2 * MIB - 4 * KIB,
					2 * GIB, PTE_WRITE | PTE_NO_EXECUTE),
			 OK);
	assert_int_equal(page_table_find(&table, BASE + 2 * MIB - 1, &leaf), OK);
	assert_int_equal(leaf.size, 4 * KIB);
	assert_int_equal(page_table_find(&table, BASE + 2 * MIB, &leaf), OK);
	assert_int_equal(leaf.size, 2 * MIB);
	assert_int_equal(page_table_find(&table, BASE + GIB + 12345, &leaf), OK);
	assert_int_equal(leaf.size, GIB);
	assert_int_equal(leaf.virt, BASE + GIB);
	assert_int_equal(leaf.phys, GIB);
	assert_int_equal(page_table_find(&table, BASE + 2 * GIB + 2 * MIB - 4 * KIB, &leaf),
			 ERR_NOT_FOUND);
	assert_int_equal(page_table_find(&table, BASE, &leaf), ERR_NOT_FOUND);
}

static void test_largest_is_obeyed(void **state)
{
	struct page_table table = make_table();
	struct page_leaf leaf;

	(void)state;
	table.largest = 2 * MIB;
	assert_int_equal(page_table_map(&table, BASE, 0, GIB, 0), OK);
	assert_int_equal(page_table_find(&table, BASE, &leaf), OK);
	assert_int_equal(leaf.size, 2 * MIB);
}

static void test_flags_survive(void **state)
{
	struct page_table table = make_table();
	struct page_leaf leaf;

	(void)state;
	assert_int_equal(page_table_map(&table, BASE, GIB, 4 * KIB,
					PTE_NO_EXECUTE | PTE_PAT_HIGH | PTE_PAT_LOW),
			 OK);
	assert_int_equal(page_table_map(&table, BASE + 4 * KIB, GIB, 4 * KIB, PTE_WRITE), OK);
	page_table_find(&table, BASE, &leaf);
	assert_int_equal(leaf.flags, PTE_NO_EXECUTE | PTE_PAT_HIGH | PTE_PAT_LOW);
	assert_false(page_leaf_writable_executable(&leaf));
	page_table_find(&table, BASE + 4 * KIB, &leaf);
	assert_int_equal(leaf.flags, PTE_WRITE);
	assert_true(page_leaf_writable_executable(&leaf));
}

static void test_refusals(void **state)
{
	struct page_table table = make_table();

	(void)state;
	assert_int_equal(page_table_map(&table, BASE + 1, 0, 4096, 0), ERR_INVALID);
	assert_int_equal(page_table_map(&table, BASE, 0, 100, 0), ERR_INVALID);
	assert_int_equal(page_table_map(&table, BASE, 1ull << 60, 4096, 0), ERR_INVALID);
	assert_int_equal(page_table_map(&table, 1ull << 50, 0, 4096, 0), ERR_INVALID);
	assert_int_equal(page_table_map(&table, BASE, 0, 2 * MIB, 0), OK);
	assert_int_equal(page_table_map(&table, BASE, 0, 2 * MIB, 0), ERR_EXISTS);
	assert_int_equal(page_table_map(&table, BASE + 4096, 0, 4096, 0), ERR_EXISTS);
	assert_int_equal(page_table_map(&table, BASE + GIB * 600, 0, 4096, 0), OK);
	for (uint64_t i = 0; used + 2 <= TABLE_PAGES; i++)
		assert_int_equal(page_table_map(&table, BASE + i * GIB + 8 * MIB, 0, 4096, 0), OK);
	assert_int_equal(page_table_map(&table, BASE + 5000 * GIB, 0, 4096, 0), ERR_NO_MEMORY);
}

static void test_unmap(void **state)
{
	struct page_table table = make_table();
	struct page_leaf leaf;

	(void)state;
	assert_int_equal(page_table_map(&table, BASE, GIB, 16 * KIB, PTE_WRITE), OK);
	assert_int_equal(page_table_unmap(&table, BASE + 4 * KIB, 8 * KIB), OK);
	assert_int_equal(page_table_find(&table, BASE, &leaf), OK);
	assert_int_equal(page_table_find(&table, BASE + 4 * KIB, &leaf), ERR_NOT_FOUND);
	assert_int_equal(page_table_find(&table, BASE + 12 * KIB, &leaf), OK);
	assert_int_equal(page_table_unmap(&table, BASE + 4 * KIB, 4 * KIB), ERR_NOT_FOUND);
	assert_int_equal(page_table_map(&table, BASE + 2 * MIB, 0, 2 * MIB, 0), OK);
	assert_int_equal(page_table_unmap(&table, BASE + 2 * MIB, 2 * MIB), ERR_NOT_FOUND);
}

static void test_next_visits_all_in_order(void **state)
{
	static const uint64_t expected[] = { 0x1000, 0x40000000, BASE, BASE + 0x5000,
					     0xfffffffffffff000 };
	struct page_table table = make_table();
	struct page_leaf leaf = { 0 };

	(void)state;
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(page_table_map(&table, expected[4 - i], 0, 4096, 0), OK);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(page_table_next(&table, leaf.virt + leaf.size, &leaf), OK);
		assert_int_equal(leaf.virt, expected[i]);
	}
	assert_int_equal(leaf.virt + leaf.size, 0);
	assert_int_equal(page_table_next(&table, BASE + 0x6000, &leaf), OK);
	assert_int_equal(leaf.virt, 0xfffffffffffff000);
	table = make_table();
	assert_int_equal(page_table_next(&table, 0, &leaf), ERR_NOT_FOUND);
}

static int make_arena(void **state)
{
	(void)state;
	arena = aligned_alloc(4096, 4096 * TABLE_PAGES);
	return arena == NULL;
}

static int free_arena(void **state)
{
	(void)state;
	free(arena);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_largest_leaf_that_fits),
		cmocka_unit_test(test_largest_is_obeyed),
		cmocka_unit_test(test_flags_survive),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_unmap),
		cmocka_unit_test(test_next_visits_all_in_order),
	};

	return cmocka_run_group_tests(tests, make_arena, free_arena);
}
