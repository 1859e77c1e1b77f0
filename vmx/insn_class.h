/*
 * What kind of work an instruction is, by Zydis's categories: for the shadow's instruction mix. Not
 * for the exit path (hundreds of instructions each). Pure.
 */
#ifndef VMX_INSN_CLASS_H
#define VMX_INSN_CLASS_H

#include <stddef.h>
#include <stdint.h>

#include "vmx/mmio_decode.h"

enum insn_class {
	INSN_INTEGER, /* arithmetic and moves between registers */
	INSN_MEMORY,  /* of those, what reads or writes memory; strings, stack */
	INSN_BRANCH,
	INSN_VECTOR, /* x87, MMX, SSE, AVX */
	INSN_SYSTEM, /* privileged, I/O, HLT, system calls */
	INSN_CLASSES
};

const char *insn_class_name(enum insn_class class);

/*
 * Decodes instructions one after the other from `bytes` and counts them by class, at most `most`.
 * Returns how many there were before the bytes ended or made no sense.
 */
unsigned insn_count_classes(enum mmio_code code, const uint8_t *bytes, size_t count, unsigned most,
			    uint32_t counts[INSN_CLASSES]);

#endif
