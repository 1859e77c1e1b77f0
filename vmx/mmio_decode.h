/*
 * Instructions that touch device registers in memory: decoding one, and carrying it out on the
 * vCPU's registers once the device has been asked. Pure.
 *
 * Use, after an EPT violation at `gpa` that is not RAM:
 *
 *	mmio_decode(...);
 *	value = insn.reads ? device read of insn.size bytes at gpa : 0;
 *	result = mmio_complete(&insn, &registers, value);
 *	if (insn.writes) device write of result, insn.size bytes;
 *	if (mmio_is_done(&insn, &registers)) RIP += insn.length;
 *
 * String instructions are carried out one element a time; with REP, RIP stays until RCX is 0. MOVS
 * has a second memory operand, see mmio_movs_operands.
 *
 * Covered: MOV (all forms, moffs too), MOVZX, MOVSX, MOVSXD, MOVNTI, the eight arithmetic
 * operations both ways, TEST, INC, DEC, NOT, NEG, XCHG, XADD, CMPXCHG, BT, BTS, BTR, BTC, and MOVS,
 * STOS, LODS. Anything else - vector moves, PUSH, POP, CMPS, SCAS, far pointers - is
 * ERR_UNSUPPORTED.
 */
#ifndef VMX_MMIO_DECODE_H
#define VMX_MMIO_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hv/error.h"
#include "hv/gpr.h"
#include "vmx/alu.h"

#define MMIO_INSN_MAX 15 /* bytes of the longest instruction */

/* The default operand and address size of the code segment. */
enum mmio_code { MMIO_CODE16, MMIO_CODE32, MMIO_CODE64 };

enum mmio_kind {
	MMIO_LOAD,	   /* register = memory, extended */
	MMIO_STORE,	   /* memory = source */
	MMIO_ALU_MEMORY,   /* memory = memory op source; CMP and TEST write nothing */
	MMIO_ALU_REGISTER, /* register = register op memory */
	MMIO_EXCHANGE,
	MMIO_EXCHANGE_ADD,
	MMIO_COMPARE_EXCHANGE,
	MMIO_BIT,     /* CF = bit of memory */
	MMIO_BIT_SET, /* and set, clear, flip it */
	MMIO_BIT_RESET,
	MMIO_BIT_COMPLEMENT,
	MMIO_STOS,
	MMIO_LODS,
	MMIO_MOVS
};

/* Segment registers by the numbers that encodings use. */
enum mmio_segment { MMIO_ES, MMIO_CS, MMIO_SS, MMIO_DS, MMIO_FS, MMIO_GS };

struct mmio_insn {
	uint8_t kind;	      /* enum mmio_kind */
	uint8_t op;	      /* enum alu_op, for the two ALU kinds */
	uint8_t length;	      /* bytes of the instruction */
	uint8_t size;	      /* bytes in memory: 1, 2, 4, 8 */
	uint8_t reg;	      /* enum gpr */
	uint8_t reg_size;     /* bytes of the register that take part */
	uint8_t address_size; /* bytes of RSI, RDI, RCX that a string instruction uses: 2, 4, 8 */
	uint8_t segment;      /* enum mmio_segment: of the source of MOVS and LODS */
	bool reads;	      /* the device is to be read first; for MOVS both are false */
	bool writes;	      /* the device is to be written with the result */
	bool uses_flags;      /* RFLAGS must be there, and be put back */
	bool uses_rsp;	      /* gpr[GPR_RSP] must be there, and be put back */
	bool immediate;	      /* the source is `value`, not the register */
	bool high_byte;	      /* the register is AH, CH, DH or BH; `reg` is RAX..RBX */
	bool sign_extend;
	bool repeat; /* REP */
	uint64_t value;
};

struct mmio_registers {
	uint64_t *gpr; /* GPR_COUNT of them, by enum gpr */
	uint64_t rflags;
};

/*
 * Decodes the instruction at the start of `count` bytes (more than it needs do no harm).
 * ERR_UNSUPPORTED: valid, but none of the above; ERR_FORMAT: no valid instruction; ERR_TRUNCATED:
 * it needs more bytes.
 */
enum error mmio_decode(enum mmio_code code, const uint8_t *bytes, size_t count,
		       struct mmio_insn *insn);

/*
 * The same through a small memory of earlier answers. An entry is used only if the bytes and the
 * mode are the same, which alone determine the answer; `rip` just chooses the place, so a guest
 * that changes its code or reuses an address gets the right answer all the same. One cache may
 * not be used by two cores at once. All zero is an empty cache.
 */
#define MMIO_CACHE_ENTRIES 16

struct mmio_cache {
	struct mmio_cache_entry {
		uint8_t bytes[16]; /* MMIO_INSN_MAX, and the mode + 1 in the last */
		struct mmio_insn insn;
	} entries[MMIO_CACHE_ENTRIES];
};

enum error mmio_decode_cached(struct mmio_cache *cache, uint64_t rip, enum mmio_code code,
			      const uint8_t *bytes, size_t count, struct mmio_insn *insn);

/*
 * Carries the instruction (for REP: one element) out on the registers. `value` is what the device
 * gave if insn->reads; the result is what the device gets if insn->writes. RIP is the caller's.
 */
uint64_t mmio_complete(const struct mmio_insn *insn, struct mmio_registers *registers,
		       uint64_t value);

/* After mmio_complete: nothing is left to do for this instruction. */
bool mmio_is_done(const struct mmio_insn *insn, const struct mmio_registers *registers);

/*
 * Before mmio_complete of a MOVS: the offsets within the source segment (insn->segment) and within
 * ES, cut to the address size. The caller knows from the exit which of the two is the device, and
 * moves insn->size bytes itself.
 */
struct mmio_movs {
	uint64_t source;
	uint64_t destination;
};

struct mmio_movs mmio_movs_operands(const struct mmio_insn *insn,
				    const struct mmio_registers *registers);

#endif
