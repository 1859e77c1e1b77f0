/*
 * Any bytes as an instruction on a device register: byte 0 chooses the mode, bytes 1-8 what the
 * device gives, the rest is code. The cache has to agree with the decoder, and the disassembler
 * with both about the length.
 */
#include <stdlib.h>
#include <string.h>

#include "vmx/disasm.h"
#include "vmx/mmio_decode.h"

static void require(bool condition)
{
	if (!condition)
		abort();
}

static bool is_size(unsigned size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

static void check_insn(const struct mmio_insn *insn, size_t count)
{
	require(insn->kind <= MMIO_MOVS && insn->op < ALU_OPS);
	require(insn->length >= 1 && insn->length <= count);
	require(is_size(insn->size) && is_size(insn->reg_size) && is_size(insn->address_size));
	require(insn->reg < GPR_COUNT && insn->segment <= MMIO_GS);
	require(insn->reads || insn->writes || insn->kind == MMIO_MOVS);
}

static void carry_out(const struct mmio_insn *insn, uint64_t value)
{
	uint64_t gpr[GPR_COUNT];
	struct mmio_registers registers = { gpr, value };

	for (unsigned i = 0; i < GPR_COUNT; i++)
		gpr[i] = value * (i + 1);
	uint64_t result = mmio_complete(insn, &registers, value);
	require(!insn->writes || result == (result & alu_mask(insn->size)));
	require(insn->uses_flags || registers.rflags == value);
	require(insn->uses_rsp || gpr[GPR_RSP] == value * (GPR_RSP + 1));
	require(insn->repeat || mmio_is_done(insn, &registers));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mmio_cache cache;
	struct mmio_insn insn, cached;
	uint64_t value;
	char text[128];

	if (size < 1 + sizeof(value))
		return 0;
	enum mmio_code code = data[0] % 3;
	memcpy(&value, data + 1, sizeof(value));
	const uint8_t *bytes = data + 1 + sizeof(value);
	size_t count = size - 1 - sizeof(value);

	memset(&insn, 0, sizeof(insn));
	enum error error = mmio_decode(code, bytes, count, &insn);
	require(mmio_decode_cached(&cache, 0, code, bytes, count, &cached) == error);
	size_t length = disassemble(code, value, bytes, count, text, sizeof(text));
	require(length <= count && strlen(text) < sizeof(text));
	if (error)
		return 0;
	require(length == insn.length);
	require(cached.kind == insn.kind && cached.value == insn.value && cached.reg == insn.reg);
	check_insn(&insn, count);
	carry_out(&insn, value);
	return 0;
}
