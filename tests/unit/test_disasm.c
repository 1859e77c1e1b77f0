/* The disassembler's text and lengths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "vmx/disasm.h"

static void assert_text(enum mmio_code code, const char *bytes, size_t count, size_t length,
			const char *expected)
{
	char text[96];
	size_t got = disassemble(code, 0x100000, (const uint8_t *)bytes, count, text, sizeof(text));

	assert_string_equal(text, expected);
	assert_int_equal(got, length);
}

static void test_modes(void **state)
{
	(void)state;
	assert_text(MMIO_CODE64, "\x48\x89\xC8\x90", 4, 3, "mov rax, rcx");
	assert_text(MMIO_CODE32, "\x48\x89\xC8", 3, 1, "dec eax");
	assert_text(MMIO_CODE16, "\x89\xC8", 2, 2, "mov ax, cx");
}

static void test_targets_are_absolute(void **state)
{
	(void)state;
	assert_text(MMIO_CODE64, "\xEB\x0E", 2, 2, "jmp 0x0000000000100010");
	assert_text(MMIO_CODE64, "\x8B\x05\xFA\x0F\x00\x00", 6, 6,
		    "mov eax, [0x0000000000101000]");
}

static void test_no_instruction(void **state)
{
	(void)state;
	assert_text(MMIO_CODE64, "\x06", 1, 1, "db 0x06");
	assert_text(MMIO_CODE64, "\x0F", 1, 1, "db 0x0f");
	assert_text(MMIO_CODE64, "", 0, 0, "");
}

static void test_cut(void **state)
{
	char text[6];

	(void)state;
	assert_int_equal(
		disassemble(MMIO_CODE64, 0, (const uint8_t *)"\x48\x89\xC8", 3, text, sizeof(text)),
		3);
	assert_true(strlen(text) < sizeof(text));
	text[1] = 'x';
	disassemble(MMIO_CODE64, 0, (const uint8_t *)"\x48\x89\xC8", 3, text, 1);
	assert_int_equal(text[0], 0);
	assert_int_equal(text[1], 'x');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_targets_are_absolute),
		cmocka_unit_test(test_no_instruction),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
