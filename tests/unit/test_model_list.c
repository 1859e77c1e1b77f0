/* Lists of models as a person writes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "hv/model_list.h"
#include "ple/engine.h"

#define BIT(member) (1u << (member))

static uint32_t parsed(const char *text)
{
	uint32_t members = 0;

	assert_true(model_list_parse(text, &members));
	return members;
}

static void every_model_is_found_by_its_name(void **state)
{
	(void)state;
	for (int m = 0; m < PLE_MEMBERS; m++) {
		assert_int_equal(model_find(ple_models[m]->name, strlen(ple_models[m]->name)), m);
		assert_int_equal(parsed(ple_models[m]->name), BIT(m));
	}
	assert_int_equal(model_find("las", 3), -1);
	assert_int_equal(model_find("", 0), -1);
}

static void lists_choose_or_exclude(void **state)
{
	(void)state;
	assert_int_equal(parsed("default"), PLE_DEFAULT_MEMBERS);
	assert_int_equal(parsed("last,ewma,lstm"), BIT(PLE_LAST) | BIT(PLE_EWMA) | BIT(PLE_LSTM));
	assert_int_equal(parsed("last,last"), BIT(PLE_LAST));
	assert_int_equal(parsed("-lstm"), PLE_DEFAULT_MEMBERS & ~BIT(PLE_LSTM));
	assert_int_equal(parsed("-lstm,-ar"), PLE_DEFAULT_MEMBERS & ~BIT(PLE_LSTM) & ~BIT(PLE_AR));
}

static void nonsense_is_refused_and_changes_nothing(void **state)
{
	static const char *const bad[] = { "",	       ",",	   "last,",	   ",last",
					   "last,,ar", "LAST",	   "default,last", "-",
					   "-last,ar", "last,-ar", "last ",	   "nonsense",
					   "--last",   "-default" };
	uint32_t members = 42;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(model_list_parse(bad[i], &members));
	assert_int_equal(members, 42);
}

static void nobody_left_is_refused(void **state)
{
	char text[256] = "";
	uint32_t members = 42;

	(void)state;
	for (int m = 0; m < PLE_MEMBERS; m++) {
		strcat(text, m ? ",-" : "-");
		strcat(text, ple_models[m]->name);
	}
	assert_false(model_list_parse(text, &members));
	assert_int_equal(members, 42);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_model_is_found_by_its_name),
		cmocka_unit_test(lists_choose_or_exclude),
		cmocka_unit_test(nonsense_is_refused_and_changes_nothing),
		cmocka_unit_test(nobody_left_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
