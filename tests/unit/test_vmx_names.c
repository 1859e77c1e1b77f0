/* Names of VT-x numbers, and the consistency of the vocabulary they stand for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "vmx/names.h"
#include "vmx/vmcs.h"

static void exit_reasons(void **state)
{
	(void)state;
	assert_string_equal(vmx_exit_reason_name(EXIT_REASON_CPUID), "CPUID");
	assert_string_equal(vmx_exit_reason_name(EXIT_REASON_EPT_VIOLATION), "EPT violation");
	assert_string_equal(
		vmx_exit_reason_name(EXIT_REASON_ENTRY_GUEST_STATE | EXIT_REASON_ENTRY_FAILURE),
		"entry failed: guest state");
	assert_string_equal(vmx_exit_reason_name(35), "unknown");
	assert_string_equal(vmx_exit_reason_name(EXIT_REASON_COUNT), "unknown");
	assert_string_equal(vmx_exit_reason_name(0xffff), "unknown");
}

static void errors_and_exceptions(void **state)
{
	(void)state;
	assert_string_equal(vmx_instruction_error_name(VM_ERROR_ENTRY_CONTROLS),
			    "VM entry with invalid control fields");
	assert_string_equal(vmx_instruction_error_name(0), "unknown");
	assert_string_equal(vmx_instruction_error_name(14), "unknown");
	assert_string_equal(vmx_exception_name(VECTOR_GP), "#GP");
	assert_string_equal(vmx_exception_name(15), "unknown");
	assert_string_equal(vmx_exception_name(255), "unknown");
}

static void every_field_has_one_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < vmcs_field_name_count; i++) {
		uint32_t field = vmcs_field_names[i].field;

		assert_string_equal(vmcs_field_name(field), vmcs_field_names[i].name);
		assert_int_equal(field & ~0x6ffeu, 0); /* "full" access, reserved bits clear */
		for (size_t k = 0; k < i; k++) {
			assert_int_not_equal(vmcs_field_names[k].field, field);
			assert_string_not_equal(vmcs_field_names[k].name, vmcs_field_names[i].name);
		}
	}
	assert_string_equal(vmcs_field_name(1), "unknown");
}

static void widths_and_types(void **state)
{
	(void)state;
	assert_int_equal(vmcs_field_width(VMCS_VPID), VMCS_WIDTH_16);
	assert_int_equal(vmcs_field_width(VMCS_EPT_POINTER), VMCS_WIDTH_64);
	assert_int_equal(vmcs_field_width(VMCS_EXIT_REASON), VMCS_WIDTH_32);
	assert_int_equal(vmcs_field_width(VMCS_GUEST_RIP), VMCS_WIDTH_NATURAL);
	assert_int_equal(vmcs_field_type(VMCS_EPT_POINTER), VMCS_TYPE_CONTROL);
	assert_int_equal(vmcs_field_type(VMCS_EXIT_REASON), VMCS_TYPE_EXIT);
	assert_int_equal(vmcs_field_type(VMCS_GUEST_RIP), VMCS_TYPE_GUEST);
	assert_int_equal(vmcs_field_type(VMCS_HOST_RIP), VMCS_TYPE_HOST);
}

static void segment_fields_are_in_step(void **state)
{
	(void)state;
	assert_int_equal(VMCS_GUEST_ES_SELECTOR + 2 * SEGMENT_TR, VMCS_GUEST_TR_SELECTOR);
	assert_int_equal(VMCS_GUEST_ES_LIMIT + 2 * SEGMENT_TR, VMCS_GUEST_TR_LIMIT);
	assert_int_equal(VMCS_GUEST_ES_ACCESS + 2 * SEGMENT_TR, VMCS_GUEST_TR_ACCESS);
	assert_int_equal(VMCS_GUEST_ES_BASE + 2 * SEGMENT_TR, VMCS_GUEST_TR_BASE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exit_reasons),
		cmocka_unit_test(errors_and_exceptions),
		cmocka_unit_test(every_field_has_one_name),
		cmocka_unit_test(widths_and_types),
		cmocka_unit_test(segment_fields_are_in_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
