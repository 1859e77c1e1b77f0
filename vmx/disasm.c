#include "vmx/disasm.h"

#include <stdio.h>

#include <Zydis/Zydis.h>

static void init_decoder(ZydisDecoder *decoder, enum mmio_code code)
{
	static const struct {
		ZydisMachineMode mode;
		ZydisStackWidth stack;
	} modes[] = {
		[MMIO_CODE16] = { ZYDIS_MACHINE_MODE_LEGACY_16, ZYDIS_STACK_WIDTH_16 },
		[MMIO_CODE32] = { ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32 },
		[MMIO_CODE64] = { ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64 },
	};

	ZydisDecoderInit(decoder, modes[code].mode, modes[code].stack);
}

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
	init_decoder(&decoder, code);
	if (ZYAN_FAILED(ZydisDecoderDecodeFull(&decoder, bytes, count, &insn, operands))) {
		snprintf(text, size, "db 0x%02x", bytes[0]);
		return 1;
	}
	ZydisFormatterInit(&formatter, ZYDIS_FORMATTER_STYLE_INTEL);
	ZydisFormatterFormatInstruction(&formatter, &insn, operands, insn.operand_count_visible,
					text, size, rip, ZYAN_NULL);
	return insn.length;
}
