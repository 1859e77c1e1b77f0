#include "vmx/alu.h"

#include <assert.h>
#include <stdbool.h>

/* A result with the flags that it sets, out of RFLAGS_STATUS. */
struct outcome {
	uint64_t result;
	uint64_t flags;
};

/* ZF, SF and PF follow from the result alone. */
static uint64_t result_flags(unsigned size, uint64_t result)
{
	uint64_t flags = __builtin_parity(result & 0xFF) ? 0 : RFLAGS_PF;

	if (!result)
		flags |= RFLAGS_ZF;
	if (result >> (8 * size - 1) & 1)
		flags |= RFLAGS_SF;
	return flags;
}

static struct outcome add(unsigned size, uint64_t a, uint64_t b, bool carry)
{
	uint64_t result = (a + b + carry) & alu_mask(size);
	uint64_t flags = result_flags(size, result) | ((a ^ b ^ result) & RFLAGS_AF);

	if (result < a || (carry && result == a))
		flags |= RFLAGS_CF;
	if (((a ^ result) & (b ^ result)) >> (8 * size - 1) & 1)
		flags |= RFLAGS_OF;
	return (struct outcome) { result, flags };
}

static struct outcome subtract(unsigned size, uint64_t a, uint64_t b, bool borrow)
{
	uint64_t result = (a - b - borrow) & alu_mask(size);
	uint64_t flags = result_flags(size, result) | ((a ^ b ^ result) & RFLAGS_AF);

	if (a < b || (borrow && a == b))
		flags |= RFLAGS_CF;
	if (((a ^ b) & (a ^ result)) >> (8 * size - 1) & 1)
		flags |= RFLAGS_OF;
	return (struct outcome) { result, flags };
}

static struct outcome logic(unsigned size, uint64_t result)
{
	return (struct outcome) { result, result_flags(size, result) };
}

static struct outcome compute(enum alu_op op, unsigned size, uint64_t a, uint64_t b, bool carry)
{
	switch (op) {
	case ALU_ADD:
		return add(size, a, b, false);
	case ALU_ADC:
		return add(size, a, b, carry);
	case ALU_SUB:
	case ALU_CMP:
		return subtract(size, a, b, false);
	case ALU_SBB:
		return subtract(size, a, b, carry);
	case ALU_OR:
		return logic(size, a | b);
	case ALU_XOR:
		return logic(size, a ^ b);
	case ALU_AND:
	case ALU_TEST:
		return logic(size, a & b);
	case ALU_INC:
		return add(size, a, 1, false);
	case ALU_DEC:
		return subtract(size, a, 1, false);
	case ALU_NEG:
		return subtract(size, 0, a, false);
	default:
		assert(op == ALU_NOT);
		return (struct outcome) { ~a & alu_mask(size), 0 };
	}
}

/* Which of the status flags an operation changes. */
static uint64_t changed_flags(enum alu_op op)
{
	if (op == ALU_NOT)
		return 0;
	if (op == ALU_INC || op == ALU_DEC)
		return RFLAGS_STATUS & ~RFLAGS_CF;
	return RFLAGS_STATUS;
}

uint64_t alu(enum alu_op op, unsigned size, uint64_t a, uint64_t b, uint64_t *rflags)
{
	uint64_t changed = changed_flags(op);

	a &= alu_mask(size);
	b &= alu_mask(size);
	struct outcome outcome = compute(op, size, a, b, *rflags & RFLAGS_CF);
	*rflags = (*rflags & ~changed) | (outcome.flags & changed);
	return op == ALU_CMP || op == ALU_TEST ? a : outcome.result;
}
