#include <assert.h>

#include "vmx/mmio_decode.h"
#include "vmx/registers.h"

/* The processor's rules for writing a part of a register: 32 bits clear the rest, fewer keep it. */
static uint64_t merge(uint64_t old, uint64_t value, unsigned size)
{
	uint64_t mask = alu_mask(size);

	return size >= 4 ? value & mask : (old & ~mask) | (value & mask);
}

static void write_register(const struct mmio_insn *insn, struct mmio_registers *registers,
			   uint64_t value)
{
	uint64_t *reg = &registers->gpr[insn->reg];

	if (insn->high_byte)
		*reg = (*reg & ~0xFF00ull) | (value & 0xFF) << 8;
	else
		*reg = merge(*reg, value, insn->reg_size);
}

/* The operand that is not in memory. */
static uint64_t read_source(const struct mmio_insn *insn, const struct mmio_registers *registers)
{
	uint64_t value = insn->immediate ? insn->value : registers->gpr[insn->reg];

	return (insn->high_byte ? value >> 8 : value) & alu_mask(insn->size);
}

static uint64_t load(const struct mmio_insn *insn, struct mmio_registers *registers, uint64_t value)
{
	unsigned unused = 64 - 8 * insn->size;

	if (insn->sign_extend)
		value = (int64_t)(value << unused) >> unused;
	write_register(insn, registers, value);
	return 0;
}

static uint64_t store(const struct mmio_insn *insn, struct mmio_registers *registers,
		      uint64_t value)
{
	(void)value;
	return read_source(insn, registers);
}

static uint64_t alu_memory(const struct mmio_insn *insn, struct mmio_registers *registers,
			   uint64_t value)
{
	return alu(insn->op, insn->size, value, read_source(insn, registers), &registers->rflags);
}

static uint64_t alu_register(const struct mmio_insn *insn, struct mmio_registers *registers,
			     uint64_t value)
{
	uint64_t old = read_source(insn, registers);
	uint64_t result = alu(insn->op, insn->size, old, value, &registers->rflags);

	if (insn->op != ALU_CMP)
		write_register(insn, registers, result);
	return 0;
}

static uint64_t exchange(const struct mmio_insn *insn, struct mmio_registers *registers,
			 uint64_t value)
{
	uint64_t old = read_source(insn, registers);

	write_register(insn, registers, value);
	return old;
}

static uint64_t exchange_add(const struct mmio_insn *insn, struct mmio_registers *registers,
			     uint64_t value)
{
	uint64_t source = read_source(insn, registers);
	uint64_t sum = alu(ALU_ADD, insn->size, value, source, &registers->rflags);

	write_register(insn, registers, value);
	return sum;
}

/* The accumulator changes only if it differed; memory is written in either case. */
static uint64_t compare_exchange(const struct mmio_insn *insn, struct mmio_registers *registers,
				 uint64_t value)
{
	uint64_t *rax = &registers->gpr[GPR_RAX];

	alu(ALU_CMP, insn->size, *rax, value, &registers->rflags);
	if (registers->rflags & RFLAGS_ZF)
		return read_source(insn, registers);
	*rax = merge(*rax, value, insn->size);
	return value;
}

/* The exit's address is that of the unit which holds the bit, so only the offset's low bits count.
 */
static uint64_t bit_operation(const struct mmio_insn *insn, struct mmio_registers *registers,
			      uint64_t value)
{
	uint64_t bit = 1ull << (read_source(insn, registers) % (8 * insn->size));

	registers->rflags &= ~RFLAGS_CF;
	if (value & bit)
		registers->rflags |= RFLAGS_CF;
	if (insn->kind == MMIO_BIT_SET)
		return value | bit;
	if (insn->kind == MMIO_BIT_RESET)
		return value & ~bit;
	if (insn->kind == MMIO_BIT_COMPLEMENT)
		return value ^ bit;
	return value;
}

/* Moves an index register by one element, in the direction that DF gives. */
static void step(const struct mmio_insn *insn, struct mmio_registers *registers, enum gpr index)
{
	uint64_t *reg = &registers->gpr[index];
	uint64_t next = registers->rflags & RFLAGS_DF ? *reg - insn->size : *reg + insn->size;

	*reg = merge(*reg, next, insn->address_size);
}

static void count_down(const struct mmio_insn *insn, struct mmio_registers *registers)
{
	uint64_t *rcx = &registers->gpr[GPR_RCX];

	if (insn->repeat)
		*rcx = merge(*rcx, *rcx - 1, insn->address_size);
}

static uint64_t stos(const struct mmio_insn *insn, struct mmio_registers *registers, uint64_t value)
{
	(void)value;
	step(insn, registers, GPR_RDI);
	count_down(insn, registers);
	return read_source(insn, registers);
}

static uint64_t lods(const struct mmio_insn *insn, struct mmio_registers *registers, uint64_t value)
{
	write_register(insn, registers, value);
	step(insn, registers, GPR_RSI);
	count_down(insn, registers);
	return 0;
}

static uint64_t movs(const struct mmio_insn *insn, struct mmio_registers *registers, uint64_t value)
{
	step(insn, registers, GPR_RSI);
	step(insn, registers, GPR_RDI);
	count_down(insn, registers);
	return value;
}

uint64_t mmio_complete(const struct mmio_insn *insn, struct mmio_registers *registers,
		       uint64_t value)
{
	static uint64_t (*const complete[])(const struct mmio_insn *, struct mmio_registers *,
					    uint64_t) = {
		[MMIO_LOAD] = load,
		[MMIO_STORE] = store,
		[MMIO_ALU_MEMORY] = alu_memory,
		[MMIO_ALU_REGISTER] = alu_register,
		[MMIO_EXCHANGE] = exchange,
		[MMIO_EXCHANGE_ADD] = exchange_add,
		[MMIO_COMPARE_EXCHANGE] = compare_exchange,
		[MMIO_BIT] = bit_operation,
		[MMIO_BIT_SET] = bit_operation,
		[MMIO_BIT_RESET] = bit_operation,
		[MMIO_BIT_COMPLEMENT] = bit_operation,
		[MMIO_STOS] = stos,
		[MMIO_LODS] = lods,
		[MMIO_MOVS] = movs,
	};

	assert(insn->kind < sizeof(complete) / sizeof(complete[0]));
	return complete[insn->kind](insn, registers, value & alu_mask(insn->size));
}

bool mmio_is_done(const struct mmio_insn *insn, const struct mmio_registers *registers)
{
	return !insn->repeat || !(registers->gpr[GPR_RCX] & alu_mask(insn->address_size));
}

struct mmio_movs mmio_movs_operands(const struct mmio_insn *insn,
				    const struct mmio_registers *registers)
{
	uint64_t mask = alu_mask(insn->address_size);

	return (struct mmio_movs) { .source = registers->gpr[GPR_RSI] & mask,
				    .destination = registers->gpr[GPR_RDI] & mask };
}
