/*
 * Symbol tables of a damaged hypervisor image: the first two bytes say how much of the input is
 * .symtab, the rest is .strtab.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hv/symbols.h"

static void check_lookup(const struct symbol_table *table, uint64_t address)
{
	uint64_t offset = 0;
	const char *name = symbol_lookup(table, address, &offset);

	if (name == NULL)
		return;
	if (strlen(name) >= table->strtab_size || offset > address)
		abort();
	symbol_address(table, name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct symbol_table table;
	size_t split;

	if (size < 2)
		return 0;
	split = (size_t)(data[0] | data[1] << 8) % (size - 1);
	/* Copies of their own, so that reading past either end is seen. */
	void *symtab = malloc(split), *strtab = malloc(size - 2 - split);

	memcpy(symtab, data + 2, split);
	memcpy(strtab, data + 2 + split, size - 2 - split);
	table = (struct symbol_table) { symtab, split, strtab, size - 2 - split };
	for (size_t at = 8; at + 8 <= split; at += 8) {
		uint64_t address;

		memcpy(&address, (char *)symtab + at, 8);
		check_lookup(&table, address);
		check_lookup(&table, address + 100);
	}
	free(symtab);
	free(strtab);
	return 0;
}
