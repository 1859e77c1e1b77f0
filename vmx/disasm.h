/* Machine code as text, for people. Pure; takes thousands of instructions, not for exit paths. */
#ifndef VMX_DISASM_H
#define VMX_DISASM_H

#include <stddef.h>
#include <stdint.h>

#include "vmx/mmio_decode.h"

/*
 * Writes the instruction at the start of `count` bytes as Intel-syntax text into `text` (cut to
 * `size` >= 1, zero-terminated); targets of jumps are absolute, `rip` being its address. Returns
 * the instruction's length; bytes that are no instruction give "db 0xNN" and 1, count 0 gives 0.
 */
size_t disassemble(enum mmio_code code, uint64_t rip, const uint8_t *bytes, size_t count,
		   char *text, size_t size);

#endif
