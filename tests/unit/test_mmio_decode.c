/* Device-register instructions: what is understood of each encoding, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "vmx/mmio_decode.h"

struct expectation {
	const char *text;
	enum mmio_code code;
	uint8_t bytes[MMIO_INSN_MAX];
	enum error error;
	enum mmio_kind kind;
	uint8_t length, size, reg, reg_size;
	uint64_t value; /* of an immediate */
};

/* clang-format off */
static const struct expectation expectations[] = {
	/* What Linux compiles readl, writel and the APIC accessors to. */
	{ "mov eax, [rdi]", MMIO_CODE64, { 0x8B, 0x07 }, OK, MMIO_LOAD, 2, 4, GPR_RAX, 4, 0 },
	{ "mov [rdi - 0x1000], esi", MMIO_CODE64, { 0x89, 0xB7, 0x00, 0xF0, 0xFF, 0xFF }, OK, MMIO_STORE, 6, 4, GPR_RSI, 4, 0 },
	{ "mov eax, [0xffffffffff5fd020]", MMIO_CODE64, { 0x8B, 0x04, 0x25, 0x20, 0xD0, 0x5F, 0xFF }, OK, MMIO_LOAD, 7, 4, GPR_RAX, 4, 0 },
	{ "mov dword [0xffffffffff5fd0b0], 0", MMIO_CODE64, { 0xC7, 0x04, 0x25, 0xB0, 0xD0, 0x5F, 0xFF, 0, 0, 0, 0 }, OK, MMIO_STORE, 11, 4, 0, 4, 0 },
	{ "mov r9d, [r8 + r10 * 4 + 8]", MMIO_CODE64, { 0x47, 0x8B, 0x4C, 0x90, 0x08 }, OK, MMIO_LOAD, 5, 4, GPR_R9, 4, 0 },
	{ "mov rax, [rdi]", MMIO_CODE64, { 0x48, 0x8B, 0x07 }, OK, MMIO_LOAD, 3, 8, GPR_RAX, 8, 0 },
	{ "mov ax, [rdi]", MMIO_CODE64, { 0x66, 0x8B, 0x07 }, OK, MMIO_LOAD, 3, 2, GPR_RAX, 2, 0 },
	{ "mov [rdi], r12b", MMIO_CODE64, { 0x44, 0x88, 0x27 }, OK, MMIO_STORE, 3, 1, GPR_R12, 1, 0 },
	{ "mov [rdi], ah", MMIO_CODE64, { 0x88, 0x27 }, OK, MMIO_STORE, 2, 1, GPR_RAX, 1, 0 },
	{ "mov [rdi], spl", MMIO_CODE64, { 0x40, 0x88, 0x27 }, OK, MMIO_STORE, 3, 1, GPR_RSP, 1, 0 },
	{ "mov qword [rdi], -2", MMIO_CODE64, { 0x48, 0xC7, 0x07, 0xFE, 0xFF, 0xFF, 0xFF }, OK, MMIO_STORE, 7, 8, 0, 8, -2ull },
	{ "mov word [rdi], 0x1234", MMIO_CODE64, { 0x66, 0xC7, 0x07, 0x34, 0x12 }, OK, MMIO_STORE, 5, 2, 0, 2, 0x1234 },
	{ "mov byte [rdi], 0x80", MMIO_CODE64, { 0xC6, 0x07, 0x80 }, OK, MMIO_STORE, 3, 1, 0, 1, -0x80ull },
	/* moffs, with 64-bit and 32-bit addresses */
	{ "mov eax, [moffs64]", MMIO_CODE64, { 0xA1, 0x20, 0, 0xE0, 0xFE, 0, 0, 0, 0 }, OK, MMIO_LOAD, 9, 4, GPR_RAX, 4, 0 },
	{ "mov [moffs64], rax", MMIO_CODE64, { 0x48, 0xA3, 0x20, 0, 0xE0, 0xFE, 0, 0, 0, 0 }, OK, MMIO_STORE, 10, 8, GPR_RAX, 8, 0 },
	{ "mov al, [moffs32]", MMIO_CODE32, { 0xA0, 0x20, 0, 0xE0, 0xFE }, OK, MMIO_LOAD, 5, 1, GPR_RAX, 1, 0 },
	{ "mov [moffs32], eax", MMIO_CODE32, { 0xA3, 0x20, 0, 0xE0, 0xFE }, OK, MMIO_STORE, 5, 4, GPR_RAX, 4, 0 },
	/* other modes */
	{ "mov eax, [0xfee00020]", MMIO_CODE32, { 0x8B, 0x05, 0x20, 0, 0xE0, 0xFE }, OK, MMIO_LOAD, 6, 4, GPR_RAX, 4, 0 },
	{ "mov [bx + si], ax", MMIO_CODE16, { 0x89, 0x00 }, OK, MMIO_STORE, 2, 2, GPR_RAX, 2, 0 },
	{ "mov [esi], eax", MMIO_CODE16, { 0x66, 0x67, 0x89, 0x06 }, OK, MMIO_STORE, 4, 4, GPR_RAX, 4, 0 },
	/* extending loads */
	{ "movzx eax, byte [rdi]", MMIO_CODE64, { 0x0F, 0xB6, 0x07 }, OK, MMIO_LOAD, 3, 1, GPR_RAX, 4, 0 },
	{ "movzx r15, word [rdi]", MMIO_CODE64, { 0x4C, 0x0F, 0xB7, 0x3F }, OK, MMIO_LOAD, 4, 2, GPR_R15, 8, 0 },
	{ "movsx ax, byte [rdi]", MMIO_CODE64, { 0x66, 0x0F, 0xBE, 0x07 }, OK, MMIO_LOAD, 4, 1, GPR_RAX, 2, 0 },
	{ "movsxd rcx, dword [rdi]", MMIO_CODE64, { 0x48, 0x63, 0x0F }, OK, MMIO_LOAD, 3, 4, GPR_RCX, 8, 0 },
	/* read, change, write */
	{ "or dword [rdi], 1", MMIO_CODE64, { 0x83, 0x0F, 0x01 }, OK, MMIO_ALU_MEMORY, 3, 4, 0, 4, 1 },
	{ "and dword [rdi], 0xfffeffff", MMIO_CODE64, { 0x81, 0x27, 0xFF, 0xFF, 0xFE, 0xFF }, OK, MMIO_ALU_MEMORY, 6, 4, 0, 4, 0xFFFFFFFFFFFEFFFF },
	{ "xor [rdi], edx", MMIO_CODE64, { 0x31, 0x17 }, OK, MMIO_ALU_MEMORY, 2, 4, GPR_RDX, 4, 0 },
	{ "add eax, [rdi]", MMIO_CODE64, { 0x03, 0x07 }, OK, MMIO_ALU_REGISTER, 2, 4, GPR_RAX, 4, 0 },
	{ "cmp byte [rdi], 5", MMIO_CODE64, { 0x80, 0x3F, 0x05 }, OK, MMIO_ALU_MEMORY, 3, 1, 0, 1, 5 },
	{ "test dword [rdi], 0x1000", MMIO_CODE64, { 0xF7, 0x07, 0, 0x10, 0, 0 }, OK, MMIO_ALU_MEMORY, 6, 4, 0, 4, 0x1000 },
	{ "lock inc dword [rdi]", MMIO_CODE64, { 0xF0, 0xFF, 0x07 }, OK, MMIO_ALU_MEMORY, 3, 4, 0, 4, 0 },
	{ "neg byte [rdi]", MMIO_CODE64, { 0xF6, 0x1F }, OK, MMIO_ALU_MEMORY, 2, 1, 0, 1, 0 },
	{ "xchg [rdi], ebx", MMIO_CODE64, { 0x87, 0x1F }, OK, MMIO_EXCHANGE, 2, 4, GPR_RBX, 4, 0 },
	{ "lock xadd [rdi], rbx", MMIO_CODE64, { 0xF0, 0x48, 0x0F, 0xC1, 0x1F }, OK, MMIO_EXCHANGE_ADD, 5, 8, GPR_RBX, 8, 0 },
	{ "lock cmpxchg [rdi], ecx", MMIO_CODE64, { 0xF0, 0x0F, 0xB1, 0x0F }, OK, MMIO_COMPARE_EXCHANGE, 4, 4, GPR_RCX, 4, 0 },
	{ "bt dword [rdi], 12", MMIO_CODE64, { 0x0F, 0xBA, 0x27, 0x0C }, OK, MMIO_BIT, 4, 4, 0, 4, 12 },
	{ "lock bts [rdi], eax", MMIO_CODE64, { 0xF0, 0x0F, 0xAB, 0x07 }, OK, MMIO_BIT_SET, 4, 4, GPR_RAX, 4, 0 },
	{ "movnti [rdi], eax", MMIO_CODE64, { 0x0F, 0xC3, 0x07 }, OK, MMIO_STORE, 3, 4, GPR_RAX, 4, 0 },
	/* strings */
	{ "rep stosd", MMIO_CODE64, { 0xF3, 0xAB }, OK, MMIO_STOS, 2, 4, GPR_RAX, 4, 0 },
	{ "rep movsq", MMIO_CODE64, { 0xF3, 0x48, 0xA5 }, OK, MMIO_MOVS, 3, 8, GPR_RAX, 8, 0 },
	{ "lodsb", MMIO_CODE32, { 0xAC }, OK, MMIO_LODS, 1, 1, GPR_RAX, 1, 0 },
	/* refused */
	{ "mov eax, ebx", MMIO_CODE64, { 0x89, 0xD8 }, .error = ERR_UNSUPPORTED },
	{ "movaps xmm0, [rdi]", MMIO_CODE64, { 0x0F, 0x28, 0x07 }, .error = ERR_UNSUPPORTED },
	{ "vmovdqu ymm0, [rdi]", MMIO_CODE64, { 0xC5, 0xFE, 0x6F, 0x07 }, .error = ERR_UNSUPPORTED },
	{ "push qword [rdi]", MMIO_CODE64, { 0xFF, 0x37 }, .error = ERR_UNSUPPORTED },
	{ "mul dword [rdi]", MMIO_CODE64, { 0xF7, 0x27 }, .error = ERR_UNSUPPORTED },
	{ "cmpsb", MMIO_CODE64, { 0xA6 }, .error = ERR_UNSUPPORTED },
	{ "nop", MMIO_CODE64, { 0x90 }, .error = ERR_UNSUPPORTED },
	{ "arpl [edi], ax", MMIO_CODE32, { 0x63, 0x07 }, .error = ERR_UNSUPPORTED },
	{ "movbe eax, [rdi]", MMIO_CODE64, { 0x0F, 0x38, 0xF0, 0x07 }, .error = ERR_UNSUPPORTED },
	{ "push es in 64-bit mode", MMIO_CODE64, { 0x06 }, .error = ERR_FORMAT },
	{ "lock mov", MMIO_CODE64, { 0xF0, 0x89, 0x07 }, .error = ERR_FORMAT },
	{ "fifteen prefixes", MMIO_CODE64, { 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66 }, .error = ERR_FORMAT },
};
/* clang-format on */

#define EXPECTATIONS (sizeof(expectations) / sizeof(expectations[0]))

static void check(const struct expectation *e, enum error error, const struct mmio_insn *insn)
{
	if (error != e->error)
		fail_msg("%s: %s", e->text, error_name(error));
	if (error)
		return;
	if (insn->kind != e->kind || insn->length != e->length || insn->size != e->size ||
	    insn->reg != e->reg || insn->reg_size != e->reg_size || insn->value != e->value)
		fail_msg("%s: kind %d length %d size %d reg %d of %d value %lx", e->text,
			 insn->kind, insn->length, insn->size, insn->reg, insn->reg_size,
			 insn->value);
}

static void test_encodings(void **state)
{
	(void)state;
	for (size_t i = 0; i < EXPECTATIONS; i++) {
		const struct expectation *e = &expectations[i];
		struct mmio_insn insn;
		enum error error = mmio_decode(e->code, e->bytes, sizeof(e->bytes), &insn);

		check(e, error, &insn);
	}
}

static void test_truncation(void **state)
{
	(void)state;
	for (size_t i = 0; i < EXPECTATIONS; i++) {
		const struct expectation *e = &expectations[i];
		struct mmio_insn insn;

		for (unsigned count = 1; !e->error && count < e->length; count++)
			assert_int_equal(mmio_decode(e->code, e->bytes, count, &insn),
					 ERR_TRUNCATED);
	}
}

static struct mmio_insn decode(const char *bytes, size_t count)
{
	struct mmio_insn insn;

	assert_int_equal(mmio_decode(MMIO_CODE64, (const uint8_t *)bytes, count, &insn), OK);
	return insn;
}

static void test_what_the_caller_must_do(void **state)
{
	(void)state;
	struct mmio_insn load = decode("\x8B\x07", 2), store = decode("\x89\x07", 2);
	struct mmio_insn or_memory = decode("\x09\x07", 2), compare = decode("\x39\x07", 2);
	struct mmio_insn stack = decode("\x89\x27", 2), high = decode("\x88\x27", 2);

	assert_true(load.reads && !load.writes && !load.uses_flags && !load.uses_rsp);
	assert_true(!store.reads && store.writes && !store.uses_flags);
	assert_true(or_memory.reads && or_memory.writes && or_memory.uses_flags);
	assert_true(compare.reads && !compare.writes && compare.uses_flags);
	assert_true(stack.uses_rsp && !stack.high_byte);
	assert_true(!high.uses_rsp && high.high_byte);
}

static void test_prefixes(void **state)
{
	(void)state;
	assert_int_equal(decode("\xA5", 1).segment, MMIO_DS);
	assert_int_equal(decode("\x64\xA5", 2).segment, MMIO_FS);
	assert_int_equal(decode("\x64\x65\xA5", 3).segment, MMIO_GS);
	assert_false(decode("\xA5", 1).repeat);
	assert_true(decode("\xF2\xA5", 2).repeat);
	assert_false(decode("\xF3\x89\x07", 3).repeat);
	assert_int_equal(decode("\xA5", 1).address_size, 8);
	assert_int_equal(decode("\x67\xA5", 2).address_size, 4);
}

static void test_cache_answers_like_the_decoder(void **state)
{
	static struct mmio_cache cache;
	struct mmio_insn insn;

	(void)state;
	for (unsigned round = 0; round < 4; round++) {
		for (size_t i = 0; i < EXPECTATIONS; i++) {
			const struct expectation *e = &expectations[i];

			check(e,
			      mmio_decode_cached(&cache, round & 1 ? 0 : i, e->code, e->bytes,
						 sizeof(e->bytes), &insn),
			      &insn);
		}
	}
}

/* A guest changes its code, its mode, or the end of its page. */
static void test_cache_is_not_fooled(void **state)
{
	static struct mmio_cache cache;
	static const uint8_t zeros[15] = { 0x8B, 0x05 }, other[15] = { 0x89, 0x05 };
	struct mmio_insn insn;

	(void)state;
	assert_int_equal(mmio_decode_cached(&cache, 0, MMIO_CODE32, zeros, 15, &insn), OK);
	assert_int_equal(insn.kind, MMIO_LOAD);
	assert_int_equal(mmio_decode_cached(&cache, 0, MMIO_CODE32, zeros, 3, &insn),
			 ERR_TRUNCATED);
	assert_int_equal(mmio_decode_cached(&cache, 0, MMIO_CODE32, zeros, 15, &insn), OK);
	assert_int_equal(mmio_decode_cached(&cache, 0, MMIO_CODE32, other, 15, &insn), OK);
	assert_int_equal(insn.kind, MMIO_STORE);
	assert_int_equal(mmio_decode_cached(&cache, 0, MMIO_CODE16, zeros, 15, &insn), OK);
	assert_int_equal(insn.size, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encodings),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_what_the_caller_must_do),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_cache_answers_like_the_decoder),
		cmocka_unit_test(test_cache_is_not_fooled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
