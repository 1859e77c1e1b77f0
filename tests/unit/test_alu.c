/* The arithmetic model against this machine's own processor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>

#include "vmx/alu.h"

/* The flags go through the stack, below what the compiler may keep under the stack pointer. */
#define ENTER "lea -128(%%rsp), %%rsp; push %1; popf; "
#define LEAVE "; pushf; pop %1; lea 128(%%rsp), %%rsp"

/* One instruction of each size on a (in and out) and b, with the status flags in and out. */
#define NATIVE(name, text8, text16, text32, text64)                                                \
	static uint64_t native_##name(unsigned size, uint64_t a, uint64_t b, uint64_t *flags)      \
	{                                                                                          \
		uint64_t f = *flags | 2;                                                           \
		switch (size) {                                                                    \
		case 1:                                                                            \
			__asm__(ENTER text8 LEAVE : "+q"(a), "+r"(f) : "q"(b) : "cc", "memory");   \
			break;                                                                     \
		case 2:                                                                            \
			__asm__(ENTER text16 LEAVE : "+r"(a), "+r"(f) : "r"(b) : "cc", "memory");  \
			break;                                                                     \
		case 4:                                                                            \
			__asm__(ENTER text32 LEAVE : "+r"(a), "+r"(f) : "r"(b) : "cc", "memory");  \
			break;                                                                     \
		default:                                                                           \
			__asm__(ENTER text64 LEAVE : "+r"(a), "+r"(f) : "r"(b) : "cc", "memory");  \
		}                                                                                  \
		*flags = f & RFLAGS_STATUS;                                                        \
		return a & alu_mask(size);                                                         \
	}

#define NATIVE2(name)                                                                              \
	NATIVE(name, #name " %b2, %b0", #name " %w2, %w0", #name " %k2, %k0", #name " %q2, %q0")
#define NATIVE1(name) NATIVE(name, #name " %b0", #name " %w0", #name " %k0", #name " %q0")

NATIVE2(add)
NATIVE2(or)
NATIVE2(adc)
NATIVE2(sbb)
NATIVE2(and)
NATIVE2(sub)
NATIVE2(xor)
NATIVE2(cmp)
NATIVE2(test)
NATIVE1(inc)
NATIVE1(dec)
NATIVE1(not )
NATIVE1(neg)

static uint64_t (*const native[ALU_OPS])(unsigned, uint64_t, uint64_t, uint64_t *) = {
	native_add, native_or,	 native_adc, native_sbb, native_and, native_sub, native_xor,
	native_cmp, native_test, native_inc, native_dec, native_not, native_neg,
};

/* AF is undefined after logic. */
static uint64_t defined_flags(enum alu_op op)
{
	bool logic = op == ALU_OR || op == ALU_AND || op == ALU_XOR || op == ALU_TEST;

	return logic ? RFLAGS_STATUS & ~RFLAGS_AF : RFLAGS_STATUS;
}

static void compare(enum alu_op op, unsigned size, uint64_t a, uint64_t b, uint64_t flags)
{
	uint64_t expected_flags = flags, got_flags = flags;
	uint64_t expected = native[op](size, a, b, &expected_flags);
	uint64_t got = alu(op, size, a, b, &got_flags);

	if (got != expected || ((got_flags ^ expected_flags) & defined_flags(op)))
		fail_msg("op %d size %u a %lx b %lx flags %lx: %lx/%lx, processor %lx/%lx", op,
			 size, a, b, flags, got, got_flags, expected, expected_flags);
}

static const uint64_t edges[] = { 0,
				  1,
				  0x7F,
				  0x80,
				  0xFF,
				  0x100,
				  0x7FFF,
				  0x8000,
				  0xFFFF,
				  0x7FFFFFFF,
				  0x80000000,
				  0xFFFFFFFF,
				  0x7FFFFFFFFFFFFFFF,
				  0x8000000000000000,
				  0xFFFFFFFFFFFFFFFF };

#define EDGES (sizeof(edges) / sizeof(edges[0]))

static void compare_all_flags(enum alu_op op, uint64_t a, uint64_t b)
{
	for (unsigned size = 1; size <= 8; size *= 2) {
		compare(op, size, a, b, 0);
		compare(op, size, a, b, RFLAGS_CF);
		compare(op, size, a, b, RFLAGS_STATUS);
	}
}

static void test_edges(void **state)
{
	(void)state;
	for (enum alu_op op = 0; op < ALU_OPS; op++)
		for (unsigned i = 0; i < EDGES * EDGES; i++)
			compare_all_flags(op, edges[i / EDGES], edges[i % EDGES]);
}

static void test_random(void **state)
{
	(void)state;
	srand(1);
	for (unsigned i = 0; i < 200000; i++)
		compare_all_flags(rand() % ALU_OPS, (uint64_t)rand() << 33 ^ rand(),
				  (uint64_t)rand() << 33 ^ rand());
}

static void test_other_flags_stay(void **state)
{
	uint64_t flags = 0x200202;

	(void)state;
	assert_int_equal(alu(ALU_SUB, 4, 1, 1, &flags), 0);
	assert_int_equal(flags, 0x200202 | RFLAGS_ZF | RFLAGS_PF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_other_flags_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
