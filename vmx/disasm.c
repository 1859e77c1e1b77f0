#include "vmx/disasm.h"

#include <stdio.h>

#include <Zydis/Zydis.h>

#include "vmx/decoder.h"

size_t disassemble(enum mmio_code code, uint64_t rip, const uint8_t *bytes, size_t count,
		   char *text, size_t size)
{
	ZydisDecoder decoder;
	ZydisFormatter formatter;
	ZydisDecodedInstruction insn;
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];

	text[0] = 0;
	if (!count)
		return 0;
	decoder_init(&decoder, code);
	if (ZYAN_FAILED(ZydisDecoderDecodeFull(&decoder, bytes, count, &insn, operands))) {
		snprintf(text, size, "db 0x%02x", bytes[0]);
		return 1;
	}
	ZydisFormatterInit(&formatter, ZYDIS_FORMATTER_STYLE_INTEL);
	ZydisFormatterFormatInstruction(&formatter, &insn, operands, insn.operand_count_visible,
					text, size, rip, ZYAN_NULL);
	return insn.length;
}
