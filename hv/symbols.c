#include "hv/symbols.h"

#include <stdbool.h>
#include <string.h>

/* The part of an ELF64 symbol that matters here (ELF-64 Object File Format, 6). */
struct elf_symbol {
	uint32_t name;
	uint8_t info; /* type in the low four bits */
	uint8_t other;
	uint16_t section;
	uint64_t value;
	uint64_t size;
};
_Static_assert(sizeof(struct elf_symbol) == 24, "file layout");

enum { SYMBOL_NO_TYPE = 0, SYMBOL_FUNCTION = 2, SYMBOL_UNDEFINED_SECTION = 0 };

#define UNSIZED_REACH 4096 /* bytes: assembly labels often have no size */

static bool read_symbol(const struct symbol_table *table, size_t index, struct elf_symbol *symbol)
{
	if (index >= table->symtab_size / sizeof(*symbol))
		return false;
	memcpy(symbol, (const char *)table->symtab + index * sizeof(*symbol), sizeof(*symbol));
	return true;
}

/* NULL if the name is not wholly inside the string table, or empty. */
static const char *symbol_name(const struct symbol_table *table, const struct elf_symbol *symbol)
{
	const char *name;

	if (symbol->name >= table->strtab_size)
		return NULL;
	name = table->strtab + symbol->name;
	if (name[0] == '\0' || memchr(name, '\0', table->strtab_size - symbol->name) == NULL)
		return NULL;
	return name;
}

static bool holds(const struct elf_symbol *symbol, uint64_t address)
{
	uint32_t type = symbol->info & 15;
	uint64_t reach = symbol->size != 0 ? symbol->size : UNSIZED_REACH;

	return (type == SYMBOL_FUNCTION || type == SYMBOL_NO_TYPE) &&
	       symbol->section != SYMBOL_UNDEFINED_SECTION && address >= symbol->value &&
	       address - symbol->value < reach;
}

const char *symbol_lookup(const struct symbol_table *table, uint64_t address, uint64_t *offset)
{
	const char *best = NULL;
	struct elf_symbol symbol;

	for (size_t i = 0; read_symbol(table, i, &symbol); i++) {
		const char *name;

		if (!holds(&symbol, address) || (best != NULL && address - symbol.value >= *offset))
			continue;
		name = symbol_name(table, &symbol);
		if (name == NULL)
			continue;
		best = name;
		*offset = address - symbol.value;
	}
	return best;
}

uint64_t symbol_address(const struct symbol_table *table, const char *name)
{
	struct elf_symbol symbol;

	for (size_t i = 0; read_symbol(table, i, &symbol); i++) {
		const char *candidate = symbol_name(table, &symbol);

		if (symbol.section != SYMBOL_UNDEFINED_SECTION && candidate != NULL &&
		    strcmp(candidate, name) == 0)
			return symbol.value;
	}
	return 0;
}
