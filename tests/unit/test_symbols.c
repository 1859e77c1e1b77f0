/* Names of addresses, from sound and from lying symbol tables. */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hv/symbols.h"

static const char strings[] = "\0alpha\0beta\0label\0data\0external";
#define FUNCTION ELF64_ST_INFO(STB_GLOBAL, STT_FUNC)

static const Elf64_Sym symbols[] = {
	{ 0 },
	{ .st_name = 1, .st_info = FUNCTION, .st_shndx = 1, .st_value = 0x1000, .st_size = 0x40 },
	{ .st_name = 7, .st_info = FUNCTION, .st_shndx = 1, .st_value = 0x1040, .st_size = 0x10 },
	{ .st_name = 12, .st_info = 0, .st_shndx = 1, .st_value = 0x3000 },
	{ .st_name = 18, .st_info = STT_OBJECT, .st_shndx = 2, .st_value = 0x5000, .st_size = 8 },
	{ .st_name = 23, .st_info = FUNCTION, .st_shndx = 0, .st_value = 0x7000, .st_size = 8 },
	{ .st_name = 5000, .st_info = FUNCTION, .st_shndx = 1, .st_value = 0x8000, .st_size = 8 },
};

static const struct symbol_table table = { symbols, sizeof(symbols), strings, sizeof(strings) };

static void test_lookup(void **state)
{
	uint64_t offset = 99;

	(void)state;
	assert_string_equal(symbol_lookup(&table, 0x1000, &offset), "alpha");
	assert_int_equal(offset, 0);
	assert_string_equal(symbol_lookup(&table, 0x103f, &offset), "alpha");
	assert_int_equal(offset, 0x3f);
	assert_string_equal(symbol_lookup(&table, 0x1041, &offset), "beta");
	assert_int_equal(offset, 1);
	assert_null(symbol_lookup(&table, 0x1050, &offset));
	assert_null(symbol_lookup(&table, 0xfff, &offset));
}

static void test_unsized_labels_reach_a_page(void **state)
{
	uint64_t offset;

	(void)state;
	assert_string_equal(symbol_lookup(&table, 0x3123, &offset), "label");
	assert_int_equal(offset, 0x123);
	assert_null(symbol_lookup(&table, 0x4000, &offset));
}

static void test_what_is_no_code_is_not_found(void **state)
{
	uint64_t offset;

	(void)state;
	assert_null(symbol_lookup(&table, 0x5000, &offset)); /* data */
	assert_null(symbol_lookup(&table, 0x7000, &offset)); /* undefined here */
	assert_null(symbol_lookup(&table, 0x8000, &offset)); /* its name is outside the table */
}

static void test_by_name(void **state)
{
	(void)state;
	assert_int_equal(symbol_address(&table, "beta"), 0x1040);
	assert_int_equal(symbol_address(&table, "data"), 0x5000);
	assert_int_equal(symbol_address(&table, "bet"), 0);
	assert_int_equal(symbol_address(&table, "external"), 0);
}

static void test_tables_may_be_cut_anywhere(void **state)
{
	uint64_t offset;

	(void)state;
	for (size_t size = 0; size <= sizeof(symbols); size++) {
		for (size_t text = 0; text <= sizeof(strings); text++) {
			struct symbol_table cut = { symbols, size, strings, text };

			if (text < 7 || size < 48)
				assert_null(symbol_lookup(&cut, 0x1000, &offset));
			else
				assert_string_equal(symbol_lookup(&cut, 0x1000, &offset), "alpha");
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_unsized_labels_reach_a_page),
		cmocka_unit_test(test_what_is_no_code_is_not_found),
		cmocka_unit_test(test_by_name),
		cmocka_unit_test(test_tables_may_be_cut_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
