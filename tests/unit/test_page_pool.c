/* The page allocator's bookkeeping: colours, nodes, splitting and joining, and misuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "hv/page_pool.h"

#define MIB (1ull << 20)

static struct page_pool pool;
static void *metadata;

static void make_pool(uint64_t base, uint64_t end, uint32_t colours, uint32_t nodes)
{
	size_t size = page_pool_metadata_size(base, end);

	free(metadata);
	metadata = aligned_alloc(64, size);
	memset(metadata, 0, size);
	page_pool_init(&pool, base, end, colours, nodes, metadata);
}

static int free_metadata(void **state)
{
	(void)state;
	free(metadata);
	metadata = NULL;
	return 0;
}

static struct page_counts counts_of(uint32_t node)
{
	struct page_counts counts;

	page_pool_counts(&pool, node, &counts);
	return counts;
}

static void test_colour_count_is_clamped(void **state)
{
	static const uint32_t given[] = { 0, 1, 8, 15, 16, 33, 4096 };
	static const uint32_t expected[] = { 8, 8, 8, 8, 16, 32, 32 };

	(void)state;
	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
		make_pool(0, 4 * MIB, given[i], 1);
		assert_int_equal(pool.colours, expected[i]);
	}
}

static void test_every_page_once(void **state)
{
	static uint8_t seen[4096];
	uint64_t page;
	uint32_t taken = 0;

	(void)state;
	memset(seen, 0, sizeof(seen));
	make_pool(2 * MIB, 16 * MIB, 16, 1);
	page_pool_add(&pool, 2 * MIB + 0x3000, 10 * MIB, 0);
	while ((page = page_pool_take(&pool, 0, PAGE_COLOUR_ANY)) != 0) {
		assert_true(page >= 2 * MIB + 0x3000 && page < 12 * MIB + 0x3000);
		assert_int_equal(seen[page / PAGE_SIZE]++, 0);
		taken++;
	}
	assert_int_equal(taken, 10 * MIB / PAGE_SIZE);
	assert_int_equal(counts_of(0).free, 0);
	assert_int_equal(counts_of(0).total, taken);
}

static void test_colours_are_exact(void **state)
{
	(void)state;
	for (uint32_t colours = 8; colours <= 32; colours *= 2) {
		make_pool(0, 4 * MIB, colours, 1);
		page_pool_add(&pool, 0, 4 * MIB, 0);
		for (uint32_t i = 1; i < 4 * MIB / PAGE_SIZE / colours; i++) {
			uint64_t page = page_pool_take(&pool, 0, colours - 1);

			assert_int_not_equal(page, 0);
			assert_int_equal(page / PAGE_SIZE % colours, colours - 1);
			assert_int_equal(page_pool_colour(&pool, page), colours - 1);
		}
		assert_int_not_equal(page_pool_take(&pool, 0, colours - 1), 0);
		assert_int_equal(page_pool_take(&pool, 0, colours - 1), 0);
		assert_int_not_equal(page_pool_take(&pool, 0, 0), 0);
	}
}

static void test_any_colour_rotates(void **state)
{
	uint32_t seen = 0;

	(void)state;
	make_pool(0, 4 * MIB, 8, 1);
	page_pool_add(&pool, 0, 4 * MIB, 0);
	for (int i = 0; i < 8; i++)
		seen |= 1u << page_pool_colour(&pool, page_pool_take(&pool, 0, PAGE_COLOUR_ANY));
	assert_int_equal(seen, 0xff);
}

/* Page 0 stands for failure, so it is never handed out. */
static void test_page_zero_is_withheld(void **state)
{
	(void)state;
	make_pool(0, 2 * MIB, 8, 1);
	page_pool_add(&pool, 0, 2 * MIB, 0);
	assert_int_equal(counts_of(0).total, 511);
	assert_int_equal(page_pool_take_block(&pool, 0), 0);
}

static void test_blocks(void **state)
{
	uint64_t block, page;

	(void)state;
	make_pool(2 * MIB, 8 * MIB, 8, 1);
	page_pool_add(&pool, 2 * MIB, 4 * MIB, 0);
	assert_int_equal(counts_of(0).whole_blocks, 2);
	page = page_pool_take(&pool, 0, PAGE_COLOUR_ANY);
	assert_int_equal(counts_of(0).whole_blocks, 1);
	block = page_pool_take_block(&pool, 0);
	assert_int_not_equal(block, 0);
	assert_int_equal(block % BLOCK_SIZE, 0);
	assert_true(page < block || page >= block + BLOCK_SIZE);
	assert_int_equal(page_pool_take_block(&pool, 0), 0);
	page_pool_give(&pool, page);
	assert_int_equal(counts_of(0).whole_blocks, 1);
	page_pool_give_block(&pool, block);
	assert_int_equal(counts_of(0).whole_blocks, 2);
	assert_int_equal(counts_of(0).free, 1024);
}

/* A block taken whole may come back page by page. */
static void test_block_given_back_in_pages(void **state)
{
	uint64_t block;

	(void)state;
	make_pool(2 * MIB, 4 * MIB, 8, 1);
	page_pool_add(&pool, 2 * MIB, 2 * MIB, 0);
	block = page_pool_take_block(&pool, 0);
	for (uint64_t page = block; page < block + BLOCK_SIZE; page += PAGE_SIZE)
		page_pool_give(&pool, page);
	assert_int_equal(counts_of(0).whole_blocks, 1);
	assert_int_equal(page_pool_take_block(&pool, 0), block);
}

static void test_nodes_are_apart(void **state)
{
	uint64_t page;

	(void)state;
	make_pool(0, 16 * MIB, 8, 2);
	page_pool_add(&pool, 0, 4 * MIB, 0);
	page_pool_add(&pool, 4 * MIB, 4 * MIB, 1);
	while ((page = page_pool_take(&pool, 1, PAGE_COLOUR_ANY)) != 0) {
		assert_true(page >= 4 * MIB && page < 8 * MIB);
		assert_int_equal(page_pool_node(&pool, page), 1);
	}
	assert_int_equal(counts_of(0).free, 1023);
	assert_int_equal(counts_of(1).free, 0);
}

/* Takes and gives at random against a plain array of who has what. */
static void test_random_against_model(void **state)
{
	static uint64_t held[2048];
	uint32_t count = 0, seed = 12345;

	(void)state;
	make_pool(2 * MIB, 10 * MIB, 16, 1);
	page_pool_add(&pool, 2 * MIB, 8 * MIB - 0x5000, 0);
	for (int i = 0; i < 200000; i++) {
		seed = seed * 1664525 + 1013904223;
		if ((seed >> 16) % 64 < 33 + (i / 50000) * 2u - 4 && count < 2043) {
			uint64_t page = page_pool_take(&pool, 0, PAGE_COLOUR_ANY);

			assert_int_not_equal(page, 0);
			held[count++] = page;
		} else if (count > 0) {
			uint32_t victim = (seed >> 8) % count;

			page_pool_give(&pool, held[victim]);
			held[victim] = held[--count];
		}
		assert_int_equal(counts_of(0).free, 2043 - count);
	}
	while (count > 0)
		page_pool_give(&pool, held[--count]);
	assert_int_equal(counts_of(0).whole_blocks, 3);
}

/* Runs in a child, which must be stopped by an assertion. */
static void expect_abort(void (*misuse)(void))
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		fclose(stderr);
		misuse();
		_exit(0);
	}
	waitpid(child, &status, 0);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void free_twice(void)
{
	uint64_t page = page_pool_take(&pool, 0, PAGE_COLOUR_ANY);

	page_pool_give(&pool, page);
	page_pool_give(&pool, page);
}

static void free_foreign(void)
{
	page_pool_give(&pool, 1ull << 40);
}

static void free_hole(void)
{
	page_pool_give(&pool, 6 * MIB);
}

static void free_block_in_use_partly(void)
{
	page_pool_take(&pool, 0, PAGE_COLOUR_ANY);
	page_pool_give_block(&pool, 2 * MIB);
}

static void test_misuse_is_caught(void **state)
{
	(void)state;
	make_pool(2 * MIB, 10 * MIB, 8, 1);
	page_pool_add(&pool, 2 * MIB, 2 * MIB, 0);
	expect_abort(free_twice);
	expect_abort(free_foreign);
	expect_abort(free_hole);
	expect_abort(free_block_in_use_partly);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_colour_count_is_clamped, free_metadata),
		cmocka_unit_test_teardown(test_every_page_once, free_metadata),
		cmocka_unit_test_teardown(test_colours_are_exact, free_metadata),
		cmocka_unit_test_teardown(test_any_colour_rotates, free_metadata),
		cmocka_unit_test_teardown(test_page_zero_is_withheld, free_metadata),
		cmocka_unit_test_teardown(test_blocks, free_metadata),
		cmocka_unit_test_teardown(test_block_given_back_in_pages, free_metadata),
		cmocka_unit_test_teardown(test_nodes_are_apart, free_metadata),
		cmocka_unit_test_teardown(test_random_against_model, free_metadata),
		cmocka_unit_test_teardown(test_misuse_is_caught, free_metadata),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
