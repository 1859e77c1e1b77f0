/*
 * Zydis takes the instruction apart and checks that it is one; what it means is looked up here by
 * its opcode. That is a fraction of what Zydis takes to describe the operands.
 */
#include "vmx/mmio_decode.h"

#include <string.h>

#include <Zydis/Zydis.h>

/* Bytes in memory. */
enum width { WIDTH_OPERAND = 0, WIDTH_BYTE = 1, WIDTH_WORD = 2, WIDTH_DWORD = 4 };

/* What an opcode does. */
struct form {
	bool valid;
	uint8_t kind; /* enum mmio_kind */
	uint8_t width;
	uint8_t op; /* enum alu_op */
	bool immediate;
	bool accumulator; /* the register is RAX */
	bool sign_extend;
	bool extends; /* the register is as wide as the operand size, not as the memory */
	const struct form *group; /* eight of them, by ModRM.reg */
};

#define GROUP_BYTE .width = WIDTH_BYTE, .immediate = true
#define GROUP_FULL .width = WIDTH_OPERAND, .immediate = true

static const struct form group_1_byte[8] = {
	{ true, MMIO_ALU_MEMORY, GROUP_BYTE, .op = ALU_ADD },
	{ true, MMIO_ALU_MEMORY, GROUP_BYTE, .op = ALU_OR },
	{ true, MMIO_ALU_MEMORY, GROUP_BYTE, .op = ALU_ADC },
	{ true, MMIO_ALU_MEMORY, GROUP_BYTE, .op = ALU_SBB },
	{ true, MMIO_ALU_MEMORY, GROUP_BYTE, .op = ALU_AND },
	{ true, MMIO_ALU_MEMORY, GROUP_BYTE, .op = ALU_SUB },
	{ true, MMIO_ALU_MEMORY, GROUP_BYTE, .op = ALU_XOR },
	{ true, MMIO_ALU_MEMORY, GROUP_BYTE, .op = ALU_CMP },
};

static const struct form group_1_full[8] = {
	{ true, MMIO_ALU_MEMORY, GROUP_FULL, .op = ALU_ADD },
	{ true, MMIO_ALU_MEMORY, GROUP_FULL, .op = ALU_OR },
	{ true, MMIO_ALU_MEMORY, GROUP_FULL, .op = ALU_ADC },
	{ true, MMIO_ALU_MEMORY, GROUP_FULL, .op = ALU_SBB },
	{ true, MMIO_ALU_MEMORY, GROUP_FULL, .op = ALU_AND },
	{ true, MMIO_ALU_MEMORY, GROUP_FULL, .op = ALU_SUB },
	{ true, MMIO_ALU_MEMORY, GROUP_FULL, .op = ALU_XOR },
	{ true, MMIO_ALU_MEMORY, GROUP_FULL, .op = ALU_CMP },
};

static const struct form group_3_byte[8] = {
	{ true, MMIO_ALU_MEMORY, GROUP_BYTE, .op = ALU_TEST },
	{ true, MMIO_ALU_MEMORY, GROUP_BYTE, .op = ALU_TEST },
	{ true, MMIO_ALU_MEMORY, GROUP_BYTE, .op = ALU_NOT },
	{ true, MMIO_ALU_MEMORY, GROUP_BYTE, .op = ALU_NEG },
};

static const struct form group_3_full[8] = {
	{ true, MMIO_ALU_MEMORY, GROUP_FULL, .op = ALU_TEST },
	{ true, MMIO_ALU_MEMORY, GROUP_FULL, .op = ALU_TEST },
	{ true, MMIO_ALU_MEMORY, GROUP_FULL, .op = ALU_NOT },
	{ true, MMIO_ALU_MEMORY, GROUP_FULL, .op = ALU_NEG },
};

static const struct form group_4[8] = {
	{ true, MMIO_ALU_MEMORY, GROUP_BYTE, .op = ALU_INC },
	{ true, MMIO_ALU_MEMORY, GROUP_BYTE, .op = ALU_DEC },
};

static const struct form group_5[8] = {
	{ true, MMIO_ALU_MEMORY, GROUP_FULL, .op = ALU_INC },
	{ true, MMIO_ALU_MEMORY, GROUP_FULL, .op = ALU_DEC },
};

static const struct form group_8[8] = {
	[4] = { true, MMIO_BIT, GROUP_FULL },
	[5] = { true, MMIO_BIT_SET, GROUP_FULL },
	[6] = { true, MMIO_BIT_RESET, GROUP_FULL },
	[7] = { true, MMIO_BIT_COMPLEMENT, GROUP_FULL },
};

static const struct form group_11_byte[8] = { { true, MMIO_STORE, GROUP_BYTE } };
static const struct form group_11_full[8] = { { true, MMIO_STORE, GROUP_FULL } };

/* One-byte opcodes; the arithmetic ones below 0x40 follow a pattern instead. */
static const struct form one_byte[256] = {
	[0x63] = { true, MMIO_LOAD, WIDTH_DWORD, .sign_extend = true, .extends = true },
	[0x80] = { .group = group_1_byte },
	[0x81] = { .group = group_1_full },
	[0x83] = { .group = group_1_full },
	[0x84] = { true, MMIO_ALU_MEMORY, WIDTH_BYTE, .op = ALU_TEST },
	[0x85] = { true, MMIO_ALU_MEMORY, WIDTH_OPERAND, .op = ALU_TEST },
	[0x86] = { true, MMIO_EXCHANGE, WIDTH_BYTE },
	[0x87] = { true, MMIO_EXCHANGE, WIDTH_OPERAND },
	[0x88] = { true, MMIO_STORE, WIDTH_BYTE },
	[0x89] = { true, MMIO_STORE, WIDTH_OPERAND },
	[0x8A] = { true, MMIO_LOAD, WIDTH_BYTE },
	[0x8B] = { true, MMIO_LOAD, WIDTH_OPERAND },
	[0xA0] = { true, MMIO_LOAD, WIDTH_BYTE, .accumulator = true },
	[0xA1] = { true, MMIO_LOAD, WIDTH_OPERAND, .accumulator = true },
	[0xA2] = { true, MMIO_STORE, WIDTH_BYTE, .accumulator = true },
	[0xA3] = { true, MMIO_STORE, WIDTH_OPERAND, .accumulator = true },
	[0xA4] = { true, MMIO_MOVS, WIDTH_BYTE, .accumulator = true },
	[0xA5] = { true, MMIO_MOVS, WIDTH_OPERAND, .accumulator = true },
	[0xAA] = { true, MMIO_STOS, WIDTH_BYTE, .accumulator = true },
	[0xAB] = { true, MMIO_STOS, WIDTH_OPERAND, .accumulator = true },
	[0xAC] = { true, MMIO_LODS, WIDTH_BYTE, .accumulator = true },
	[0xAD] = { true, MMIO_LODS, WIDTH_OPERAND, .accumulator = true },
	[0xC6] = { .group = group_11_byte },
	[0xC7] = { .group = group_11_full },
	[0xF6] = { .group = group_3_byte },
	[0xF7] = { .group = group_3_full },
	[0xFE] = { .group = group_4 },
	[0xFF] = { .group = group_5 },
};

/* Opcodes after 0F. */
static const struct form two_byte[256] = {
	[0xA3] = { true, MMIO_BIT, WIDTH_OPERAND },
	[0xAB] = { true, MMIO_BIT_SET, WIDTH_OPERAND },
	[0xB0] = { true, MMIO_COMPARE_EXCHANGE, WIDTH_BYTE },
	[0xB1] = { true, MMIO_COMPARE_EXCHANGE, WIDTH_OPERAND },
	[0xB3] = { true, MMIO_BIT_RESET, WIDTH_OPERAND },
	[0xB6] = { true, MMIO_LOAD, WIDTH_BYTE, .extends = true },
	[0xB7] = { true, MMIO_LOAD, WIDTH_WORD, .extends = true },
	[0xBA] = { .group = group_8 },
	[0xBB] = { true, MMIO_BIT_COMPLEMENT, WIDTH_OPERAND },
	[0xBE] = { true, MMIO_LOAD, WIDTH_BYTE, .sign_extend = true, .extends = true },
	[0xBF] = { true, MMIO_LOAD, WIDTH_WORD, .sign_extend = true, .extends = true },
	[0xC0] = { true, MMIO_EXCHANGE_ADD, WIDTH_BYTE },
	[0xC1] = { true, MMIO_EXCHANGE_ADD, WIDTH_OPERAND },
	[0xC3] = { true, MMIO_STORE, WIDTH_OPERAND },
};

/* By enum mmio_kind. Comparing operations turn out later to write nothing. */
static const struct {
	bool reads, writes, flags;
} kinds[] = {
	[MMIO_LOAD] = { true, false, false },
	[MMIO_STORE] = { false, true, false },
	[MMIO_ALU_MEMORY] = { true, true, true },
	[MMIO_ALU_REGISTER] = { true, false, true },
	[MMIO_EXCHANGE] = { true, true, false },
	[MMIO_EXCHANGE_ADD] = { true, true, true },
	[MMIO_COMPARE_EXCHANGE] = { true, true, true },
	[MMIO_BIT] = { true, false, true },
	[MMIO_BIT_SET] = { true, true, true },
	[MMIO_BIT_RESET] = { true, true, true },
	[MMIO_BIT_COMPLEMENT] = { true, true, true },
	[MMIO_STOS] = { false, true, true },
	[MMIO_LODS] = { true, false, true },
	[MMIO_MOVS] = { false, false, true },
};

/* As ZydisDecoderInit leaves them, in minimal mode. */
#define ZYDIS_MODES                                                                                \
	{                                                                                          \
		[ZYDIS_DECODER_MODE_MINIMAL] = true, [ZYDIS_DECODER_MODE_MPX] = true,              \
		[ZYDIS_DECODER_MODE_CET] = true, [ZYDIS_DECODER_MODE_LZCNT] = true,                \
		[ZYDIS_DECODER_MODE_TZCNT] = true, [ZYDIS_DECODER_MODE_CLDEMOTE] = true,           \
	}

static const ZydisDecoder decoders[] = {
	[MMIO_CODE16] = { ZYDIS_MACHINE_MODE_LEGACY_16, ZYDIS_STACK_WIDTH_16, ZYDIS_MODES },
	[MMIO_CODE32] = { ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32, ZYDIS_MODES },
	[MMIO_CODE64] = { ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64, ZYDIS_MODES },
};

/* ADD, OR, ... CMP: four memory forms each, from opcode 8 * op on. */
static struct form arithmetic_form(uint8_t opcode)
{
	unsigned variant = opcode & 7;

	return (struct form) {
		.valid = variant<4,
				 .kind = variant<2 ? MMIO_ALU_MEMORY : MMIO_ALU_REGISTER,
						 .width = variant & 1 ? WIDTH_OPERAND : WIDTH_BYTE,
						 .op = opcode>> 3
	};
}

static struct form find_form(const ZydisDecodedInstruction *decoded)
{
	const struct form *form;

	if (decoded->encoding != ZYDIS_INSTRUCTION_ENCODING_LEGACY)
		return (struct form) { .valid = false };
	if (decoded->opcode_map == ZYDIS_OPCODE_MAP_DEFAULT && decoded->opcode < 0x40)
		return arithmetic_form(decoded->opcode);
	if (decoded->opcode_map == ZYDIS_OPCODE_MAP_DEFAULT)
		form = &one_byte[decoded->opcode];
	else if (decoded->opcode_map == ZYDIS_OPCODE_MAP_0F)
		form = &two_byte[decoded->opcode];
	else
		return (struct form) { .valid = false };
	return form->group ? form->group[decoded->raw.modrm.reg] : *form;
}

/* An operand in memory there must be; MOVSXD's opcode is ARPL outside 64-bit mode. */
static bool is_memory_form(const ZydisDecodedInstruction *decoded, enum mmio_code code)
{
	bool has_modrm = decoded->attributes & ZYDIS_ATTRIB_HAS_MODRM;

	if (decoded->opcode_map == ZYDIS_OPCODE_MAP_DEFAULT && decoded->opcode == 0x63 &&
	    code != MMIO_CODE64)
		return false;
	return !has_modrm || decoded->raw.modrm.mod != 3;
}

static void set_register(struct mmio_insn *insn, const ZydisDecodedInstruction *decoded,
			 const struct form *form)
{
	bool rex = decoded->attributes & ZYDIS_ATTRIB_HAS_REX;

	if (form->accumulator || form->immediate)
		return;
	insn->reg = decoded->raw.modrm.reg | decoded->raw.rex.R << 3;
	insn->high_byte = insn->reg_size == 1 && !rex && insn->reg >= 4;
	if (insn->high_byte)
		insn->reg -= 4;
	insn->uses_rsp = insn->reg == GPR_RSP;
}

static void set_immediate(struct mmio_insn *insn, const ZydisDecodedInstruction *decoded)
{
	unsigned unused = 64 - decoded->raw.imm[0].size;

	insn->immediate = true;
	if (unused < 64)
		insn->value = (int64_t)(decoded->raw.imm[0].value.u << unused) >> unused;
}

static void apply_prefix(struct mmio_insn *insn, uint8_t prefix)
{
	static const struct {
		uint8_t prefix, segment;
	} overrides[] = { { 0x26, MMIO_ES }, { 0x2E, MMIO_CS }, { 0x36, MMIO_SS },
			  { 0x3E, MMIO_DS }, { 0x64, MMIO_FS }, { 0x65, MMIO_GS } };

	if (prefix == 0xF2 || prefix == 0xF3)
		insn->repeat = insn->kind >= MMIO_STOS;
	for (unsigned i = 0; i < sizeof(overrides) / sizeof(overrides[0]); i++) {
		if (overrides[i].prefix == prefix)
			insn->segment = overrides[i].segment;
	}
}

static void describe(struct mmio_insn *insn, const ZydisDecodedInstruction *decoded,
		     const struct form *form)
{
	uint8_t operand_size = decoded->operand_width / 8;
	bool compares = form->op == ALU_CMP || form->op == ALU_TEST;

	*insn = (struct mmio_insn) { .kind = form->kind,
				     .op = form->op,
				     .length = decoded->length,
				     .size = form->width ? form->width : operand_size,
				     .address_size = decoded->address_width / 8,
				     .segment = MMIO_DS,
				     .sign_extend = form->sign_extend,
				     .reads = kinds[form->kind].reads,
				     .writes = kinds[form->kind].writes && !compares,
				     .uses_flags = kinds[form->kind].flags };
	insn->reg_size = form->extends ? operand_size : insn->size;
	set_register(insn, decoded, form);
	if (form->immediate)
		set_immediate(insn, decoded);
	for (unsigned i = 0; i < decoded->raw.prefix_count; i++)
		apply_prefix(insn, decoded->raw.prefixes[i].value);
}

enum error mmio_decode(enum mmio_code code, const uint8_t *bytes, size_t count,
		       struct mmio_insn *insn)
{
	ZydisDecodedInstruction decoded;
	size_t usable = count < MMIO_INSN_MAX ? count : MMIO_INSN_MAX;
	ZyanStatus status =
		ZydisDecoderDecodeInstruction(&decoders[code], ZYAN_NULL, bytes, usable, &decoded);

	if (status == ZYDIS_STATUS_NO_MORE_DATA && count < MMIO_INSN_MAX)
		return ERR_TRUNCATED;
	if (ZYAN_FAILED(status))
		return ERR_FORMAT;
	struct form form = find_form(&decoded);
	if (!form.valid || !is_memory_form(&decoded, code))
		return ERR_UNSUPPORTED;
	describe(insn, &decoded, &form);
	return OK;
}

enum error mmio_decode_cached(struct mmio_cache *cache, uint64_t rip, enum mmio_code code,
			      const uint8_t *bytes, size_t count, struct mmio_insn *insn)
{
	struct mmio_cache_entry *entry = &cache->entries[(rip ^ rip >> 4) % MMIO_CACHE_ENTRIES];
	size_t usable = count < MMIO_INSN_MAX ? count : MMIO_INSN_MAX;
	uint8_t key[sizeof(entry->bytes)] = { [MMIO_INSN_MAX] = (code + 1) << 4 | usable };

	memcpy(key, bytes, usable);
	if (memcmp(entry->bytes, key, sizeof(key)) != 0) {
		enum error error = mmio_decode(code, bytes, usable, &entry->insn);

		memcpy(entry->bytes, key, sizeof(key));
		if (error) {
			memset(entry->bytes, 0, sizeof(entry->bytes));
			return error;
		}
	}
	*insn = entry->insn;
	return OK;
}
