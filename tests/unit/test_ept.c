/* Extended page tables over an arena of pages that stands for physical memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/caps_models.h"
#include "vmx/ept.h"

#define PAGE	    4096ull
#define ARENA_PAGES 256
#define ARENA_BASE  0x40000000ull /* "physical" address of the arena */
#define KIB(n)	    ((n)*1024ull)
#define MIB(n)	    ((n)*1024ull * 1024)
#define GIB(n)	    ((n)*1024ull * 1024 * 1024)

struct arena {
	uint8_t *memory;
	bool used[ARENA_PAGES];
	unsigned limit; /* pages that may be given out */
	uint64_t released;
	uint64_t visits;
};

static struct arena arena;
static struct ept_ops ops;
static struct vmx_caps caps;
static struct ept ept;

static uint64_t arena_alloc(void *context)
{
	struct arena *a = context;

	for (unsigned i = 0; i < a->limit; i++) {
		if (a->used[i])
			continue;
		a->used[i] = true;
		memset(a->memory + i * PAGE, 0, PAGE);
		return ARENA_BASE + i * PAGE;
	}
	return 0;
}

static void arena_free(void *context, uint64_t page)
{
	struct arena *a = context;
	uint64_t i = (page - ARENA_BASE) / PAGE;

	assert_true(i < ARENA_PAGES && a->used[i]);
	a->used[i] = false;
	memset(a->memory + i * PAGE, 0xdb, PAGE);
}

static unsigned arena_used(void)
{
	unsigned used = 0;

	for (unsigned i = 0; i < ARENA_PAGES; i++)
		used += arena.used[i];
	return used;
}

static void count_release(void *context, uint64_t page, uint64_t size)
{
	(void)page;
	((struct arena *)context)->released += size;
}

static void count_visit(void *context, uint64_t gpa, uint64_t size, bool dirty)
{
	(void)gpa;
	(void)dirty;
	((struct arena *)context)->visits += size;
}

static int setup(void **state)
{
	(void)state;
	memset(&arena, 0, sizeof(arena));
	arena.memory = aligned_alloc(PAGE, ARENA_PAGES * PAGE);
	arena.limit = ARENA_PAGES;
	ops = (struct ept_ops) { arena_alloc, arena_free,
				 (uint64_t)(uintptr_t)arena.memory - ARENA_BASE };
	caps = model_caps("corei7_skylake_x");
	return ept_init(&ept, &ops, &arena, &caps, true);
}

static int teardown(void **state)
{
	(void)state;
	ept_destroy(&ept, NULL);
	assert_int_equal(arena_used(), 0);
	assert_int_equal(ept.tables, 0);
	free(arena.memory);
	return 0;
}

static uint64_t hpa_of(uint64_t gpa)
{
	uint64_t hpa;

	return ept_translate(&ept, gpa, &hpa, NULL) ? hpa : UINT64_MAX;
}

static void pointer_says_wb_and_four_levels(void **state)
{
	(void)state;
	assert_int_equal(ept_pointer(&ept), ept.root | 6 | 3 << 3 | 1 << 6);
	ept.accessed_dirty = false;
	assert_int_equal(ept_pointer(&ept), ept.root | 6 | 3 << 3);
}

static void one_page(void **state)
{
	struct ept_walk walk;

	(void)state;
	assert_int_equal(ept_map_4k(&ept, 0x5000, 0x123000, EPT_RAM), OK);
	assert_int_equal(hpa_of(0x5abc), 0x123abc);
	assert_int_equal(hpa_of(0x4fff), UINT64_MAX);
	assert_int_equal(hpa_of(0x6000), UINT64_MAX);
	assert_int_equal(ept_map_4k(&ept, 0x5000, 0x124000, EPT_RAM), ERR_EXISTS);
	ept_walk(&ept, 0x5abc, &walk);
	assert_true(walk.present);
	assert_int_equal(walk.level, 1);
	assert_int_equal(walk.entry[1], 0x123000 | 7 | 6 << 3);
	assert_int_equal(walk.entry[2] & ~EPT_ADDRESS_MASK, 7);
	assert_int_equal(walk.hpa, 0x123abc);
	assert_int_equal(ept.tables, 4);
	assert_false(ept.flush_needed);
}

static void absent_pages_walk_to_the_missing_level(void **state)
{
	struct ept_walk walk;

	(void)state;
	ept_walk(&ept, GIB(1), &walk);
	assert_int_equal(walk.level, 4);
	assert_false(walk.present);
	ept_map_4k(&ept, 0, 0, EPT_RAM);
	ept_walk(&ept, GIB(1), &walk);
	assert_int_equal(walk.level, 3);
	ept_walk(&ept, MIB(4), &walk);
	assert_int_equal(walk.level, 2);
	ept_walk(&ept, EPT_GPA_LIMIT, &walk);
	assert_false(walk.present);
	assert_int_equal(walk.level, 0);
}

static void bad_arguments(void **state)
{
	uint64_t hpa;

	(void)state;
	assert_int_equal(ept_map_4k(&ept, EPT_GPA_LIMIT, 0, EPT_RAM), ERR_RANGE);
	assert_int_equal(ept_map_4k(&ept, 1, 0, EPT_RAM), ERR_INVALID);
	assert_int_equal(ept_map_page(&ept, KIB(4), 0, 2, EPT_RAM), ERR_INVALID);
	assert_int_equal(ept_map_page(&ept, 0, KIB(4), 2, EPT_RAM), ERR_INVALID);
	assert_int_equal(ept_map_page(&ept, 0, 0, 4, EPT_RAM), ERR_INVALID);
	assert_int_equal(ept_map_page(&ept, 0, 0, 0, EPT_RAM), ERR_INVALID);
	assert_int_equal(ept_map_range(&ept, 0, 0, EPT_GPA_LIMIT + 1, EPT_RAM), ERR_RANGE);
	assert_int_equal(ept_map_range(&ept, PAGE, 0, UINT64_MAX & ~(PAGE - 1), EPT_RAM),
			 ERR_RANGE);
	assert_int_equal(ept_map_range(&ept, 0, 0, 12, EPT_RAM), ERR_INVALID);
	assert_int_equal(ept_unmap(&ept, EPT_GPA_LIMIT, PAGE, NULL), ERR_RANGE);
	assert_int_equal(ept_unmap(&ept, 1, PAGE, NULL), ERR_INVALID);
	assert_int_equal(ept_protect(&ept, 0, PAGE, 0), ERR_INVALID);
	assert_int_equal(ept_protect(&ept, 0, PAGE, EPT_WRITE), ERR_INVALID);
	assert_int_equal(ept_protect(&ept, 0, PAGE, 8), ERR_INVALID);
	assert_int_equal(ept_split(&ept, EPT_GPA_LIMIT), ERR_RANGE);
	assert_false(ept_translate(&ept, UINT64_MAX, &hpa, NULL));
	assert_int_equal(ept.tables, 1);
}

static void sizes_the_processor_lacks(void **state)
{
	(void)state;
	ept.large_1g = false;
	assert_int_equal(ept_map_page(&ept, 0, 0, 3, EPT_RAM), ERR_UNSUPPORTED);
	assert_int_equal(ept_map_range(&ept, 0, 0, GIB(1), EPT_RAM), OK);
	assert_int_equal(ept.leaves[2], 512);
	assert_int_equal(ept.leaves[3], 0);
}

static void ranges_use_the_largest_pages(void **state)
{
	uint64_t hpa, remaining;

	(void)state;
	/* from 4 KiB under 2 MiB under 1 GiB to 8 KiB after 2 GiB */
	assert_int_equal(ept_map_range(&ept, GIB(1) - MIB(2) - KIB(4), GIB(9) - MIB(2) - KIB(4),
				       KIB(4) + MIB(2) + GIB(1) + KIB(8), EPT_RAM),
			 OK);
	assert_int_equal(ept.leaves[1], 3);
	assert_int_equal(ept.leaves[2], 1);
	assert_int_equal(ept.leaves[3], 1);
	assert_int_equal(hpa_of(GIB(1) + 0x12345678), GIB(9) + 0x12345678);
	assert_true(ept_translate(&ept, GIB(1) + 1, &hpa, &remaining));
	assert_int_equal(remaining, GIB(1) - 1);
	assert_int_equal(hpa_of(GIB(2) + KIB(8)), UINT64_MAX);
}

static void ranges_go_around_lower_tables(void **state)
{
	(void)state;
	ept_map_4k(&ept, MIB(2), 0x1000, EPT_RAM);
	ept_unmap(&ept, MIB(2), KIB(4), NULL);
	assert_int_equal(ept_map_page(&ept, MIB(2), MIB(2), 2, EPT_RAM), ERR_EXISTS);
	assert_int_equal(ept_map_range(&ept, 0, 0, MIB(6), EPT_RAM), OK);
	assert_int_equal(ept.leaves[1], 512);
	assert_int_equal(ept.leaves[2], 2);
}

static void large_pages_are_in_the_way(void **state)
{
	(void)state;
	assert_int_equal(ept_map_page(&ept, 0, 0, 2, EPT_RAM), OK);
	assert_int_equal(ept_map_4k(&ept, 0x3000, 0x9000, EPT_RAM), ERR_EXISTS);
	assert_int_equal(ept_map_page(&ept, 0, 0, 2, EPT_RAM), ERR_EXISTS);
	assert_int_equal(hpa_of(0x3000), 0x3000);
}

static void splitting_keeps_translations_and_attributes(void **state)
{
	struct ept_walk walk;

	(void)state;
	assert_int_equal(ept_map_page(&ept, 0, GIB(4), 3, EPT_READ | EPT_LEAF_TYPE(MEMORY_WT)), OK);
	assert_int_equal(ept_split(&ept, 0), OK);
	assert_int_equal(ept.leaves[2], 512);
	assert_int_equal(ept_split(&ept, MIB(2)), OK);
	assert_int_equal(ept_split(&ept, MIB(2)), OK);
	assert_int_equal(ept.leaves[2], 511);
	assert_int_equal(ept.leaves[1], 512);
	for (uint64_t gpa = 0; gpa < GIB(1); gpa += MIB(1) + KIB(4))
		assert_int_equal(hpa_of(gpa), GIB(4) + gpa);
	ept_walk(&ept, MIB(2) + KIB(8), &walk);
	assert_int_equal(walk.entry[1], (GIB(4) + MIB(2) + KIB(8)) | EPT_READ | 4 << 3);
	ept_walk(&ept, MIB(4), &walk);
	assert_int_equal(walk.entry[2], (GIB(4) + MIB(4)) | EPT_READ | 4 << 3 | EPT_LARGE);
}

static void unmapping_the_middle_of_a_large_page(void **state)
{
	(void)state;
	ept_map_page(&ept, 0, 0, 3, EPT_RAM);
	ept.flush_needed = false;
	assert_int_equal(ept_unmap(&ept, MIB(3), MIB(2) + KIB(4), count_release), OK);
	assert_true(ept.flush_needed);
	assert_int_equal(arena.released, MIB(2) + KIB(4));
	assert_int_equal(hpa_of(MIB(3) - 1), MIB(3) - 1);
	assert_int_equal(hpa_of(MIB(3)), UINT64_MAX);
	assert_int_equal(hpa_of(MIB(5) + KIB(4) - 1), UINT64_MAX);
	assert_int_equal(hpa_of(MIB(5) + KIB(4)), MIB(5) + KIB(4));
}

static void borrowed_pages_are_not_released(void **state)
{
	(void)state;
	ept_map_4k(&ept, 0, 0x1000, EPT_RAM | EPT_BORROWED);
	ept_map_4k(&ept, PAGE, 0x2000, EPT_RAM);
	assert_int_equal(ept_unmap(&ept, 0, MIB(1), count_release), OK);
	assert_int_equal(arena.released, PAGE);
}

static void destroy_releases_every_leaf(void **state)
{
	(void)state;
	ept_map_range(&ept, MIB(1), MIB(1), GIB(1) + MIB(4), EPT_RAM);
	ept_map_4k(&ept, EPT_GPA_LIMIT - PAGE, 0x1000, EPT_RAM);
	ept_destroy(&ept, count_release);
	assert_int_equal(arena.released, GIB(1) + MIB(4) + PAGE);
	assert_int_equal(arena_used(), 0);
	assert_int_equal(ept_init(&ept, &ops, &arena, &caps, true), OK);
}

static void protection_splits_and_flushes_only_when_weaker(void **state)
{
	struct ept_walk walk;

	(void)state;
	ept_map_page(&ept, 0, 0, 2, EPT_READ | EPT_LEAF_TYPE(MEMORY_WB));
	assert_int_equal(ept_protect(&ept, 0, MIB(2), EPT_RWX), OK);
	assert_false(ept.flush_needed);
	assert_int_equal(ept_protect(&ept, KIB(4), KIB(4), EPT_READ), OK);
	assert_true(ept.flush_needed);
	ept_walk(&ept, KIB(4), &walk);
	assert_int_equal(walk.entry[1] & EPT_RWX, EPT_READ);
	ept_walk(&ept, KIB(8), &walk);
	assert_int_equal(walk.entry[1] & EPT_RWX, EPT_RWX);
	assert_int_equal(ept_protect(&ept, GIB(4), GIB(1), EPT_READ), OK);
}

static uint64_t *entry_of(uint64_t gpa)
{
	struct ept_walk walk;
	unsigned level;
	uint64_t table = ept.root;

	ept_walk(&ept, gpa, &walk);
	for (level = 4; level > walk.level; level--)
		table = walk.entry[level] & EPT_ADDRESS_MASK;
	return (uint64_t *)(uintptr_t)(table + ops.virtual_offset) +
	       (gpa >> EPT_LEVEL_SHIFT(level) & 511);
}

static void usage_counts_and_clears(void **state)
{
	struct ept_usage usage;

	(void)state;
	ept_map_range(&ept, 0, 0, MIB(2) + KIB(16), EPT_RAM);
	*entry_of(0) |= EPT_ACCESSED | EPT_DIRTY;
	*entry_of(MIB(2)) |= EPT_ACCESSED;
	usage = ept_collect(&ept, 0, GIB(512), false, count_visit);
	assert_int_equal(usage.mapped, 516);
	assert_int_equal(usage.accessed, 513);
	assert_int_equal(usage.dirty, 512);
	assert_int_equal(arena.visits, MIB(2) + KIB(4));
	assert_false(ept.flush_needed);
	ept_collect(&ept, 0, GIB(512), true, NULL);
	assert_true(ept.flush_needed);
	usage = ept_collect(&ept, 0, GIB(512), false, NULL);
	assert_int_equal(usage.accessed, 0);
	assert_int_equal(usage.mapped, 516);
}

/* Scattered over four tables with holes, first and last entries among them. */
static void usage_of_scattered_pages(void **state)
{
	static const uint64_t pages[] = {
		0, 2, 3, 511, 512, 513, 700, 1023, 1536, 1540, 2046, 2047
	};
	const unsigned count = sizeof(pages) / sizeof(pages[0]);

	(void)state;
	for (unsigned i = 0; i < count; i++) {
		assert_int_equal(ept_map_4k(&ept, pages[i] * PAGE, i * PAGE, EPT_RAM), OK);
		*entry_of(pages[i] * PAGE) |= EPT_ACCESSED;
	}
	for (uint64_t from = 0; from <= 2048; from++) {
		unsigned wanted = 0;

		for (unsigned i = 0; i < count; i++)
			wanted += pages[i] >= from && pages[i] < from + 300;
		assert_int_equal(ept_collect(&ept, from * PAGE, 300 * PAGE, false, NULL).accessed,
				 wanted);
	}
}

static void without_ad_bits_everything_is_in_use(void **state)
{
	struct ept_usage usage;

	(void)state;
	ept.accessed_dirty = false;
	ept_map_4k(&ept, 0, 0, EPT_RAM);
	usage = ept_collect(&ept, 0, PAGE, true, NULL);
	assert_int_equal(usage.accessed, 1);
	assert_int_equal(usage.dirty, 1);
}

static void no_memory_leaves_a_consistent_tree(void **state)
{
	(void)state;
	for (arena.limit = 1; arena.limit < 4; arena.limit++)
		assert_int_equal(ept_map_4k(&ept, GIB(3), 0x1000, EPT_RAM), ERR_NO_MEMORY);
	arena.limit = 4;
	assert_int_equal(ept_map_4k(&ept, GIB(3), 0x1000, EPT_RAM), OK);
	arena.limit = ARENA_PAGES;
	assert_int_equal(ept_map_page(&ept, 0, 0, 3, EPT_RAM), OK);
	arena.limit = arena_used();
	assert_int_equal(ept_unmap(&ept, KIB(4), KIB(4), NULL), ERR_NO_MEMORY);
	assert_int_equal(hpa_of(KIB(4)), KIB(4));
}

/* Random operations over 8 MiB against an array of what each page should be. */
#define MODEL_PAGES 2048

static uint64_t rng_state = 1;

static uint64_t random_below(uint64_t n)
{
	rng_state = rng_state * 6364136223846793005ull + 1442695040888963407ull;
	return (rng_state >> 33) % n;
}

static void model_map(uint64_t *model, uint64_t first, uint64_t count)
{
	uint64_t hpa = random_below(512) * PAGE + random_below(16) * MIB(2);

	if (random_below(2))
		hpa &= ~(MIB(2) - 1);
	for (uint64_t i = 0; i < count; i++)
		if (model[first + i])
			return;
	assert_int_equal(ept_map_range(&ept, first * PAGE, hpa, count * PAGE, EPT_RAM), OK);
	for (uint64_t i = 0; i < count; i++)
		model[first + i] = hpa + i * PAGE + 1;
}

static void model_unmap(uint64_t *model, uint64_t first, uint64_t count)
{
	assert_int_equal(ept_unmap(&ept, first * PAGE, count * PAGE, NULL), OK);
	memset(&model[first], 0, count * sizeof(*model));
}

static void random_operations_agree_with_a_model(void **state)
{
	static uint64_t model[MODEL_PAGES];

	(void)state;
	memset(model, 0, sizeof(model));
	for (unsigned step = 0; step < 3000; step++) {
		uint64_t first = random_below(MODEL_PAGES);
		uint64_t count = 1 + random_below(random_below(4) ? 8 : 1024);

		if (!random_below(4))
			first &= ~511ull;
		if (count > MODEL_PAGES - first)
			count = MODEL_PAGES - first;
		if (random_below(2))
			model_map(model, first, count);
		else
			model_unmap(model, first, count);
		for (unsigned probe = 0; probe < 16; probe++) {
			uint64_t page = random_below(MODEL_PAGES);

			assert_int_equal(hpa_of(page * PAGE), model[page] - 1);
		}
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pointer_says_wb_and_four_levels),
		TEST(one_page),
		TEST(absent_pages_walk_to_the_missing_level),
		TEST(bad_arguments),
		TEST(sizes_the_processor_lacks),
		TEST(ranges_use_the_largest_pages),
		TEST(ranges_go_around_lower_tables),
		TEST(large_pages_are_in_the_way),
		TEST(splitting_keeps_translations_and_attributes),
		TEST(unmapping_the_middle_of_a_large_page),
		TEST(borrowed_pages_are_not_released),
		TEST(destroy_releases_every_leaf),
		TEST(protection_splits_and_flushes_only_when_weaker),
		TEST(usage_counts_and_clears),
		TEST(usage_of_scattered_pages),
		TEST(without_ad_bits_everything_is_in_use),
		TEST(no_memory_leaves_a_consistent_tree),
		TEST(random_operations_agree_with_a_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
