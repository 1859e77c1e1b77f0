#include "vmx/insn_class.h"

#include <stdbool.h>

#include <Zydis/Zydis.h>

#include "vmx/decoder.h"

static const char *const names[INSN_CLASSES] = {
	[INSN_INTEGER] = "integer", [INSN_MEMORY] = "memory", [INSN_BRANCH] = "branch",
	[INSN_VECTOR] = "vector",   [INSN_SYSTEM] = "system",
};

/* Categories that decide alone; of all others the operands do. */
static const struct {
	ZydisInstructionCategory category;
	enum insn_class class;
} by_category[] = {
	{ ZYDIS_CATEGORY_CALL, INSN_BRANCH },	    { ZYDIS_CATEGORY_COND_BR, INSN_BRANCH },
	{ ZYDIS_CATEGORY_UNCOND_BR, INSN_BRANCH },  { ZYDIS_CATEGORY_RET, INSN_BRANCH },
	{ ZYDIS_CATEGORY_INTERRUPT, INSN_SYSTEM },  { ZYDIS_CATEGORY_IO, INSN_SYSTEM },
	{ ZYDIS_CATEGORY_IOSTRINGOP, INSN_SYSTEM }, { ZYDIS_CATEGORY_SYSCALL, INSN_SYSTEM },
	{ ZYDIS_CATEGORY_SYSRET, INSN_SYSTEM },	    { ZYDIS_CATEGORY_SYSTEM, INSN_SYSTEM },
	{ ZYDIS_CATEGORY_VTX, INSN_SYSTEM },	    { ZYDIS_CATEGORY_X87_ALU, INSN_VECTOR },
	{ ZYDIS_CATEGORY_FCMOV, INSN_VECTOR },	    { ZYDIS_CATEGORY_STRINGOP, INSN_MEMORY },
	{ ZYDIS_CATEGORY_PUSH, INSN_MEMORY },	    { ZYDIS_CATEGORY_POP, INSN_MEMORY },
};

const char *insn_class_name(enum insn_class class)
{
	return names[class];
}

static bool uses_vectors(const ZydisDecodedOperand *operand)
{
	ZydisRegisterClass class;

	if (operand->type != ZYDIS_OPERAND_TYPE_REGISTER)
		return false;
	class = ZydisRegisterGetClass(operand->reg.value);
	return class == ZYDIS_REGCLASS_XMM || class == ZYDIS_REGCLASS_YMM ||
	       class == ZYDIS_REGCLASS_ZMM || class == ZYDIS_REGCLASS_MMX ||
	       class == ZYDIS_REGCLASS_X87;
}

static enum insn_class class_by_operands(const ZydisDecodedInstruction *insn,
					 const ZydisDecodedOperand *operands)
{
	bool memory = false;

	for (unsigned i = 0; i < insn->operand_count_visible; i++) {
		if (uses_vectors(&operands[i]))
			return INSN_VECTOR;
		memory |= operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY &&
			  operands[i].mem.type == ZYDIS_MEMOP_TYPE_MEM;
	}
	return memory ? INSN_MEMORY : INSN_INTEGER;
}

static enum insn_class class_of(const ZydisDecodedInstruction *insn,
				const ZydisDecodedOperand *operands)
{
	for (size_t i = 0; i < sizeof(by_category) / sizeof(by_category[0]); i++)
		if (by_category[i].category == insn->meta.category)
			return by_category[i].class;
	return class_by_operands(insn, operands);
}

unsigned insn_count_classes(enum mmio_code code, const uint8_t *bytes, size_t count, unsigned most,
			    uint32_t counts[INSN_CLASSES])
{
	ZydisDecoder decoder;
	ZydisDecodedInstruction insn;
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	unsigned done = 0;

	decoder_init(&decoder, code);
	for (size_t at = 0; at < count && done < most; at += insn.length, done++) {
		if (ZYAN_FAILED(ZydisDecoderDecodeFull(&decoder, bytes + at, count - at, &insn,
						       operands)))
			break;
		counts[class_of(&insn, operands)]++;
	}
	return done;
}
