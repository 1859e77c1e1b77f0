/* Debug registers after a #DB that the hypervisor gives back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "vmx/debug_policy.h"
#include "vmx/registers.h"

static void single_step(void **state)
{
	const struct debug_registers before = { DR6_RESET, DR7_RESET };
	struct debug_registers after = debug_reflect(1 << 14, before);

	(void)state;
	assert_int_equal(after.dr6, DR6_RESET | 1 << 14);
	assert_int_equal(after.dr7, DR7_RESET);
}

static void breakpoints_are_replaced_and_the_rest_accumulates(void **state)
{
	const struct debug_registers before = { DR6_RESET | 1 << 14 | 3, DR7_RESET | 0xff };
	struct debug_registers after = debug_reflect(8, before);

	(void)state;
	assert_int_equal(after.dr6, DR6_RESET | 1 << 14 | 8);
	assert_int_equal(after.dr7, DR7_RESET | 0xff);
}

static void general_detect_is_switched_off(void **state)
{
	const struct debug_registers before = { DR6_RESET, DR7_RESET | 1 << 13 };
	struct debug_registers after = debug_reflect(1 << 13, before);

	(void)state;
	assert_int_equal(after.dr6, DR6_RESET | 1 << 13);
	assert_int_equal(after.dr7, DR7_RESET);
}

static void transactions_clear_the_inverted_bit(void **state)
{
	const struct debug_registers before = { DR6_RESET, DR7_RESET };

	(void)state;
	assert_int_equal(debug_reflect(1 << 16 | 1, before).dr6, (DR6_RESET & ~(1ull << 16)) | 1);
}

static void other_qualification_bits_do_not_leak(void **state)
{
	const struct debug_registers before = { DR6_RESET, DR7_RESET };

	(void)state;
	assert_int_equal(debug_reflect(1 << 12 | 1ull << 40, before).dr6, DR6_RESET);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(single_step),
		cmocka_unit_test(breakpoints_are_replaced_and_the_rest_accumulates),
		cmocka_unit_test(general_detect_is_switched_off),
		cmocka_unit_test(transactions_clear_the_inverted_bit),
		cmocka_unit_test(other_qualification_bits_do_not_leak),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
