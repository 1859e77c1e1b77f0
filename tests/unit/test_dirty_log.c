/* Page-modification logging, against a model of a processor that does it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/caps_models.h"
#include "vmx/dirty_log.h"

#define PAGE  4096ull
#define PAGES 2048u

static struct ept ept;
static struct dirty_log log;

/* The processor's part of the log, and how often it ran out of room. */
static uint16_t pml_index;
static unsigned spills;

static uint64_t take_page(void *context)
{
	void *page = aligned_alloc(PAGE, PAGE);

	(void)context;
	memset(page, 0, PAGE);
	return (uint64_t)(uintptr_t)page;
}

static void free_page(void *context, uint64_t page)
{
	(void)context;
	free((void *)(uintptr_t)page);
}

static const struct ept_ops ops = { take_page, free_page, 0 };

static int setup(void **state)
{
	struct vmx_caps caps = model_caps("corei7_skylake_x");

	(void)state;
	log = (struct dirty_log) { .page = aligned_alloc(PAGE, PAGE) };
	memset(log.page, 0xee, PAGE); /* no address, and none below the index may be looked at */
	pml_index = DIRTY_LOG_FIRST;
	spills = 0;
	assert_int_equal(ept_init(&ept, &ops, NULL, &caps, true), OK);
	for (uint64_t i = 0; i < PAGES; i++)
		assert_int_equal(ept_map_4k(&ept, i * PAGE, i * PAGE, EPT_RAM), OK);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ept_destroy(&ept, NULL);
	free(log.page);
	return 0;
}

static uint64_t *entry_of(uint64_t gpa)
{
	struct ept_walk walk;

	ept_walk(&ept, gpa, &walk);
	assert_true(walk.present && walk.level == 1);
	return (uint64_t *)(uintptr_t)(walk.entry[2] & EPT_ADDRESS_MASK) + (gpa / PAGE & 511);
}

/*
 * A write by the guest, as SDM 28.2.5 and 28.2.6 have it: a dirty bit that is set is not logged; no
 * room is an exit before anything changes, and the write is made again.
 */
static void write_to(uint64_t gpa)
{
	uint64_t *entry = entry_of(gpa);

	if (*entry & EPT_DIRTY)
		return;
	if (pml_index >= DIRTY_LOG_ENTRIES) {
		spills++;
		dirty_log_spill(&log);
		pml_index = DIRTY_LOG_FIRST;
	}
	log.page[pml_index--] = gpa & ~(PAGE - 1);
	*entry |= EPT_ACCESSED | EPT_DIRTY;
}

static uint64_t take(void)
{
	uint64_t pages = dirty_log_take(&log, pml_index, &ept);

	pml_index = DIRTY_LOG_FIRST;
	return pages;
}

static void nothing_written_is_nothing(void **state)
{
	(void)state;
	assert_int_equal(take(), 0);
	assert_false(ept.flush_needed);
}

static void each_page_counts_once_a_window_and_again_in_the_next(void **state)
{
	(void)state;
	for (unsigned window = 0; window < 3; window++) {
		for (uint64_t gpa = 0; gpa < 5 * PAGE; gpa += 64)
			write_to(gpa);
		ept.flush_needed = false;
		assert_int_equal(take(), 5);
		assert_true(ept.flush_needed);
	}
	assert_int_equal(take(), 0);
}

static void dirty_bits_are_cleared_and_accessed_ones_stay(void **state)
{
	(void)state;
	write_to(3 * PAGE);
	take();
	assert_int_equal(*entry_of(3 * PAGE) & (EPT_ACCESSED | EPT_DIRTY), EPT_ACCESSED);
}

static void a_full_log_that_has_not_spilt_has_all_entries(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < DIRTY_LOG_ENTRIES; i++)
		write_to(i * PAGE);
	assert_int_equal(pml_index, 0xffff);
	assert_int_equal(spills, 0);
	assert_int_equal(take(), DIRTY_LOG_ENTRIES);
	assert_false(*entry_of(0) & EPT_DIRTY);
}

static void what_spills_is_counted(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < PAGES; i++)
		write_to(i * PAGE);
	assert_int_equal(spills, 3);
	assert_int_equal(take(), PAGES);
	/* the last log's pages are looked for again, the others are dirty still */
	for (uint64_t i = 0; i < PAGES; i++)
		write_to(i * PAGE);
	assert_int_equal(take(), DIRTY_LOG_ENTRIES);
}

static void pages_that_are_gone_do_no_harm(void **state)
{
	(void)state;
	write_to(PAGE);
	write_to(2 * PAGE);
	assert_int_equal(ept_unmap(&ept, PAGE, PAGE, NULL), OK);
	assert_int_equal(take(), 2);
	log.page[DIRTY_LOG_FIRST] = UINT64_MAX & ~(PAGE - 1);
	pml_index = DIRTY_LOG_FIRST - 1;
	assert_int_equal(take(), 1);
}

#define LOG_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(nothing_written_is_nothing),
		LOG_TEST(each_page_counts_once_a_window_and_again_in_the_next),
		LOG_TEST(dirty_bits_are_cleared_and_accessed_ones_stay),
		LOG_TEST(a_full_log_that_has_not_spilt_has_all_entries),
		LOG_TEST(what_spills_is_counted),
		LOG_TEST(pages_that_are_gone_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
