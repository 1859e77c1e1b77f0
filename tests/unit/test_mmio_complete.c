/*
 * Every covered instruction, in every operand size and with many registers, carried out by our
 * model and by this machine's own processor: registers, flags and memory have to be the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "vmx/mmio_decode.h"

#define RFLAGS_DF (1ull << 10)

/* What the native run starts from and leaves; RSP is not part of it. Named in the assembly below.
 */
struct machine {
	uint64_t gpr[GPR_COUNT];
	uint64_t rflags;
};

__attribute__((used)) static struct machine native_state;
__attribute__((used)) static void *native_code;
static uint64_t memory[16];

void native_run(void);

/* Loads the registers, calls the code, stores the registers; neither loads nor stores touch flags.
 */
__asm__(".text\n"
	".type native_run, @function\n"
	"native_run:\n"
	"	push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n"
	"	push 128+native_state(%rip)\n popfq\n"
	"	mov 0+native_state(%rip), %rax\n mov 8+native_state(%rip), %rcx\n"
	"	mov 16+native_state(%rip), %rdx\n mov 24+native_state(%rip), %rbx\n"
	"	mov 40+native_state(%rip), %rbp\n mov 48+native_state(%rip), %rsi\n"
	"	mov 56+native_state(%rip), %rdi\n mov 64+native_state(%rip), %r8\n"
	"	mov 72+native_state(%rip), %r9\n mov 80+native_state(%rip), %r10\n"
	"	mov 88+native_state(%rip), %r11\n mov 96+native_state(%rip), %r12\n"
	"	mov 104+native_state(%rip), %r13\n mov 112+native_state(%rip), %r14\n"
	"	mov 120+native_state(%rip), %r15\n"
	"	call *native_code(%rip)\n"
	"	mov %rax, 0+native_state(%rip)\n mov %rcx, 8+native_state(%rip)\n"
	"	mov %rdx, 16+native_state(%rip)\n mov %rbx, 24+native_state(%rip)\n"
	"	mov %rbp, 40+native_state(%rip)\n mov %rsi, 48+native_state(%rip)\n"
	"	mov %rdi, 56+native_state(%rip)\n mov %r8, 64+native_state(%rip)\n"
	"	mov %r9, 72+native_state(%rip)\n mov %r10, 80+native_state(%rip)\n"
	"	mov %r11, 88+native_state(%rip)\n mov %r12, 96+native_state(%rip)\n"
	"	mov %r13, 104+native_state(%rip)\n mov %r14, 112+native_state(%rip)\n"
	"	mov %r15, 120+native_state(%rip)\n"
	"	pushfq\n pop 128+native_state(%rip)\n cld\n"
	"	pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n"
	"	ret\n");

static uint64_t random64(void)
{
	return (uint64_t)rand() << 42 ^ (uint64_t)rand() << 21 ^ rand();
}

/* Small values now and then, so that comparisons come out equal. */
static uint64_t random_value(void)
{
	return rand() % 4 ? random64() : (uint64_t)(rand() % 3) - 1;
}

/* Opcodes whose memory operand is named by a ModRM byte; `group`: only this ModRM.reg. */
struct template
{
	uint8_t opcode[2];
	uint8_t opcode_length;
	int8_t group;	   /* -1: any register */
	uint8_t immediate; /* bytes: 0, 1, or 4 for one of the operand's size up to 4 */
};

static const struct template templates[] = {
	{ { 0x63 }, 1, -1, 0 },	      { { 0x84 }, 1, -1, 0 },	    { { 0x85 }, 1, -1, 0 },
	{ { 0x86 }, 1, -1, 0 },	      { { 0x87 }, 1, -1, 0 },	    { { 0x88 }, 1, -1, 0 },
	{ { 0x89 }, 1, -1, 0 },	      { { 0x8A }, 1, -1, 0 },	    { { 0x8B }, 1, -1, 0 },
	{ { 0xC6 }, 1, 0, 1 },	      { { 0xC7 }, 1, 0, 4 },	    { { 0xF6 }, 1, 0, 1 },
	{ { 0xF6 }, 1, 1, 1 },	      { { 0xF6 }, 1, 2, 0 },	    { { 0xF6 }, 1, 3, 0 },
	{ { 0xF7 }, 1, 0, 4 },	      { { 0xF7 }, 1, 1, 4 },	    { { 0xF7 }, 1, 2, 0 },
	{ { 0xF7 }, 1, 3, 0 },	      { { 0xFE }, 1, 0, 0 },	    { { 0xFE }, 1, 1, 0 },
	{ { 0xFF }, 1, 0, 0 },	      { { 0xFF }, 1, 1, 0 },	    { { 0x0F, 0xA3 }, 2, -1, 0 },
	{ { 0x0F, 0xAB }, 2, -1, 0 }, { { 0x0F, 0xB3 }, 2, -1, 0 }, { { 0x0F, 0xBB }, 2, -1, 0 },
	{ { 0x0F, 0xBA }, 2, 4, 1 },  { { 0x0F, 0xBA }, 2, 5, 1 },  { { 0x0F, 0xBA }, 2, 6, 1 },
	{ { 0x0F, 0xBA }, 2, 7, 1 },  { { 0x0F, 0xB0 }, 2, -1, 0 }, { { 0x0F, 0xB1 }, 2, -1, 0 },
	{ { 0x0F, 0xB6 }, 2, -1, 0 }, { { 0x0F, 0xB7 }, 2, -1, 0 }, { { 0x0F, 0xBE }, 2, -1, 0 },
	{ { 0x0F, 0xBF }, 2, -1, 0 }, { { 0x0F, 0xC0 }, 2, -1, 0 }, { { 0x0F, 0xC1 }, 2, -1, 0 },
	{ { 0x0F, 0xC3 }, 2, -1, 0 },
};

#define TEMPLATES (sizeof(templates) / sizeof(templates[0]))

/* Memory operands are at [rdi]; registers RSP (ours in the native run) and RDI are left alone. */
#define RM_RDI 7

static unsigned random_register(bool rex_r, bool may_be_high_byte)
{
	unsigned reg;

	do
		reg = rand() % 8;
	while (!rex_r && (reg == GPR_RDI || (reg == GPR_RSP && !may_be_high_byte)));
	return reg;
}

/* Prefixes in all combinations: 66, then REX with W and R. Returns the length of the instruction.
 */
static size_t assemble(const struct template *t, uint8_t *code)
{
	bool word = rand() % 3 == 0, rex = rand() % 2, w = rex && rand() % 2, r = rex && rand() % 2;
	bool no_word = t->opcode[1] == 0xC3; /* MOVNTI takes no operand-size prefix */
	size_t length = 0, immediate = t->immediate;

	if (word && !no_word)
		code[length++] = 0x66;
	if (rex)
		code[length++] = 0x40 | w << 3 | r << 2;
	memcpy(code + length, t->opcode, t->opcode_length);
	length += t->opcode_length;
	unsigned reg =
		t->group >= 0 ? (unsigned)t->group
			      : random_register(r, !rex && !(t->opcode[t->opcode_length - 1] & 1) &&
							   t->opcode_length == 1);
	code[length++] = reg << 3 | RM_RDI;
	if (immediate == 4 && word && !w)
		immediate = 2;
	for (size_t i = 0; i < immediate; i++)
		code[length++] = rand();
	return length;
}

/* The arithmetic opcodes below 0x40 and group 1 follow patterns. */
static struct template arithmetic_template(void)
{
	static const uint8_t group_opcodes[] = { 0x80, 0x81, 0x83 };
	unsigned op = rand() % 8, choice = rand() % 7;

	if (choice < 4)
		return (struct template) { { op << 3 | choice }, 1, -1, 0 };
	uint8_t opcode = group_opcodes[choice - 4];
	return (struct template) { { opcode }, 1, op, opcode == 0x81 ? 4 : 1 };
}

static struct machine random_machine(void)
{
	struct machine machine;

	for (unsigned i = 0; i < GPR_COUNT; i++)
		machine.gpr[i] = random_value();
	machine.gpr[GPR_RDI] = (uintptr_t)&memory[8];
	machine.rflags = 0x202 | (random64() & RFLAGS_STATUS);
	return machine;
}

/* Flags that the SDM defines after the instruction. */
static uint64_t defined_flags(const struct mmio_insn *insn)
{
	bool alu = insn->kind == MMIO_ALU_MEMORY || insn->kind == MMIO_ALU_REGISTER;
	bool logic = insn->op == ALU_OR || insn->op == ALU_AND || insn->op == ALU_XOR ||
		     insn->op == ALU_TEST;

	if (insn->kind >= MMIO_BIT && insn->kind <= MMIO_BIT_COMPLEMENT)
		return RFLAGS_CF | RFLAGS_ZF;
	return alu && logic ? RFLAGS_STATUS & ~RFLAGS_AF : RFLAGS_STATUS;
}

static void describe_failure(const uint8_t *code, size_t length, const char *what, uint64_t ours,
			     uint64_t theirs)
{
	print_error("code");
	for (size_t i = 0; i < length; i++)
		print_error(" %02x", code[i]);
	fail_msg("%s: %lx, processor %lx", what, ours, theirs);
}

static void assert_same(const uint8_t *code, size_t length, const struct mmio_insn *insn,
			const struct machine *ours, uint64_t our_memory)
{
	for (unsigned i = 0; i < GPR_COUNT; i++) {
		if (i != GPR_RSP && ours->gpr[i] != native_state.gpr[i])
			describe_failure(code, length, "register", ours->gpr[i],
					 native_state.gpr[i]);
	}
	if ((ours->rflags ^ native_state.rflags) & defined_flags(insn))
		describe_failure(code, length, "flags", ours->rflags, native_state.rflags);
	if (our_memory != memory[8])
		describe_failure(code, length, "memory", our_memory, memory[8]);
}

static void run_native(const uint8_t *code, size_t length)
{
	memcpy(native_code, code, length);
	((uint8_t *)native_code)[length] = 0xC3;
	native_run();
}

static uint64_t merge_memory(uint64_t old, uint64_t value, unsigned size)
{
	return (old & ~alu_mask(size)) | (value & alu_mask(size));
}

/* Register bit offsets reach beyond the operand; the exit's address would account for that. */
static void keep_bit_offset_inside(const struct mmio_insn *insn, struct machine *machine)
{
	if (insn->kind >= MMIO_BIT && insn->kind <= MMIO_BIT_COMPLEMENT && !insn->immediate)
		machine->gpr[insn->reg] %= 8 * insn->size;
}

static void compare_one(const struct template *t)
{
	uint8_t code[MMIO_INSN_MAX];
	size_t length = assemble(t, code);
	struct machine machine = random_machine();
	uint64_t value = random_value();
	struct mmio_insn insn;

	enum error error = mmio_decode(MMIO_CODE64, code, length, &insn);
	if (error)
		describe_failure(code, length, error_name(error), 0, 0);
	assert_int_equal(insn.length, length);
	keep_bit_offset_inside(&insn, &machine);
	if (insn.kind == MMIO_COMPARE_EXCHANGE && rand() % 2)
		machine.gpr[GPR_RAX] = value;

	native_state = machine;
	memory[8] = value;
	run_native(code, length);

	struct mmio_registers registers = { machine.gpr, machine.rflags };
	uint64_t result = mmio_complete(&insn, &registers, value);
	machine.rflags = registers.rflags;
	assert_true(mmio_is_done(&insn, &registers));
	assert_same(code, length, &insn, &machine,
		    insn.writes ? merge_memory(value, result, insn.size) : value);
}

static void test_templates(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2000 * TEMPLATES; i++)
		compare_one(&templates[i % TEMPLATES]);
}

static void test_arithmetic(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		struct template t = arithmetic_template();

		compare_one(&t);
	}
}

/* MOVS, STOS, LODS with and without REP, both directions, in the middle of `memory`. */
static void compare_string(uint8_t opcode)
{
	uint8_t code[4];
	size_t length = 0;
	struct machine machine = random_machine();
	struct mmio_insn insn;
	uint64_t before[16], ours[16];

	if (rand() % 2)
		code[length++] = 0xF3;
	if (rand() % 2)
		code[length++] = 0x48;
	code[length++] = opcode;
	assert_int_equal(mmio_decode(MMIO_CODE64, code, length, &insn), OK);
	for (unsigned i = 0; i < 16; i++)
		ours[i] = before[i] = random64();
	machine.gpr[GPR_RCX] = 1 + rand() % 4;
	machine.gpr[GPR_RSI] = (uintptr_t)&memory[4];
	machine.rflags |= rand() % 2 ? RFLAGS_DF : 0;

	native_state = machine;
	memcpy(memory, before, sizeof(memory));
	run_native(code, length);

	struct mmio_registers registers = { machine.gpr, machine.rflags };
	do {
		struct mmio_movs at = mmio_movs_operands(&insn, &registers);
		uint64_t value = 0;
		char *base = (char *)ours - (uintptr_t)memory;

		memcpy(&value, base + at.source, insn.size);
		value = mmio_complete(&insn, &registers, value);
		if (insn.kind != MMIO_LODS)
			memcpy(base + at.destination, &value, insn.size);
	} while (!mmio_is_done(&insn, &registers));
	assert_memory_equal(ours, memory, sizeof(memory));
	machine.rflags = registers.rflags;
	assert_same(code, length, &insn, &machine, ours[8]);
}

static void test_strings(void **state)
{
	static const uint8_t opcodes[] = { 0xA4, 0xA5, 0xAA, 0xAB, 0xAC, 0xAD };

	(void)state;
	for (unsigned i = 0; i < 60000; i++)
		compare_string(opcodes[i % sizeof(opcodes)]);
}

/* Counters of 16 and 32 bits cannot be had natively in 64-bit mode. */
static void test_narrow_counters(void **state)
{
	static const uint8_t rep_stosb[] = { 0xF3, 0xAA };
	uint64_t gpr[GPR_COUNT] = { [GPR_RCX] = 0x10001, [GPR_RDI] = 0x1FFFF };
	struct mmio_registers registers = { gpr, 2 };
	struct mmio_insn insn;

	(void)state;
	assert_int_equal(mmio_decode(MMIO_CODE16, rep_stosb, 2, &insn), OK);
	assert_int_equal(mmio_movs_operands(&insn, &registers).destination, 0xFFFF);
	mmio_complete(&insn, &registers, 0);
	assert_int_equal(gpr[GPR_RCX], 0x10000);
	assert_int_equal(gpr[GPR_RDI], 0x10000);
	assert_true(mmio_is_done(&insn, &registers));
}

static int map_code(void **state)
{
	(void)state;
	srand(1);
	native_code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return native_code == MAP_FAILED ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_templates),
		cmocka_unit_test(test_arithmetic),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_narrow_counters),
	};

	return cmocka_run_group_tests(tests, map_code, NULL);
}
