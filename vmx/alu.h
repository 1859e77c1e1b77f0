/*
 * Integer arithmetic of the processor on operands of 1, 2, 4 or 8 bytes, with the six status flags
 * as the SDM (volume 1, 3.4.3.1; volume 2, each instruction) defines them. Pure.
 */
#ifndef VMX_ALU_H
#define VMX_ALU_H

#include <stdint.h>

/* The first eight by the number that encodings use (SDM volume 2D, table A-6, group 1). */
enum alu_op {
	ALU_ADD = 0,
	ALU_OR = 1,
	ALU_ADC = 2,
	ALU_SBB = 3,
	ALU_AND = 4,
	ALU_SUB = 5,
	ALU_XOR = 6,
	ALU_CMP = 7, /* like SUB; the result is the first operand */
	ALU_TEST,    /* like AND; the result is the first operand */
	ALU_INC,
	ALU_DEC,
	ALU_NOT,
	ALU_NEG,
	ALU_OPS
};

#define RFLAGS_CF (1ull << 0)
#define RFLAGS_PF (1ull << 2)
#define RFLAGS_AF (1ull << 4)
#define RFLAGS_ZF (1ull << 6)
#define RFLAGS_SF (1ull << 7)
#define RFLAGS_OF (1ull << 11)

#define RFLAGS_STATUS (RFLAGS_CF | RFLAGS_PF | RFLAGS_AF | RFLAGS_ZF | RFLAGS_SF | RFLAGS_OF)

/* The bits of an operand of `size` bytes. */
static inline uint64_t alu_mask(unsigned size)
{
	return size >= 8 ? UINT64_MAX : (1ull << (8 * size)) - 1;
}

/*
 * a OP b, cut to `size` bytes; *rflags is updated as the instruction does it. b is ignored by INC,
 * DEC, NOT and NEG. AF, where the SDM leaves it undefined (logic), becomes 0.
 */
uint64_t alu(enum alu_op op, unsigned size, uint64_t a, uint64_t b, uint64_t *rflags);

#endif
