#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vmx/insn_class.h"

static uint32_t counts[INSN_CLASSES];

static unsigned count(const char *bytes, size_t size, unsigned most)
{
	memset(counts, 0, sizeof(counts));
	return insn_count_classes(MMIO_CODE64, (const uint8_t *)bytes, size, most, counts);
}

static void each_class_has_its_instructions(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		enum insn_class class;
	} cases[] = {
		{ "\x48\x01\xd8", 3, INSN_INTEGER },	 /* add rax, rbx */
		{ "\x48\x8d\x04\x1b", 4, INSN_INTEGER }, /* lea rax, [rbx+rbx] */
		{ "\x48\x8b\x03", 3, INSN_MEMORY },	 /* mov rax, [rbx] */
		{ "\x53", 1, INSN_MEMORY },		 /* push rbx */
		{ "\xf3\x48\xab", 3, INSN_MEMORY },	 /* rep stosq */
		{ "\x75\xfe", 2, INSN_BRANCH },		 /* jne */
		{ "\xc3", 1, INSN_BRANCH },		 /* ret */
		{ "\x0f\x58\xc1", 3, INSN_VECTOR },	 /* addps xmm0, xmm1 */
		{ "\x0f\x28\x03", 3, INSN_VECTOR },	 /* movaps xmm0, [rbx] */
		{ "\xd9\xe8", 2, INSN_VECTOR },		 /* fld1 */
		{ "\xf4", 1, INSN_SYSTEM },		 /* hlt */
		{ "\xee", 1, INSN_SYSTEM },		 /* out dx, al */
		{ "\x0f\x05", 2, INSN_SYSTEM },		 /* syscall */
		{ "\x0f\x01\xc1", 3, INSN_SYSTEM },	 /* vmcall */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(count(cases[i].bytes, cases[i].size, 8), 1);
		assert_int_equal(counts[cases[i].class], 1);
	}
}

static void counting_ends_where_told_or_where_bytes_end(void **state)
{
	static const char code[] = "\x90\x90\x90\x48\x8b";

	(void)state;
	assert_int_equal(count(code, 5, 2), 2);
	assert_int_equal(count(code, 5, 8), 3);
	assert_int_equal(count(code, 0, 8), 0);
	assert_int_equal(count("\x06", 1, 8), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_class_has_its_instructions),
		cmocka_unit_test(counting_ends_where_told_or_where_bytes_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
