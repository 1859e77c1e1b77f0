/* Names of code addresses, from the ELF symbol table of the hypervisor. Pure. */
#ifndef HV_SYMBOLS_H
#define HV_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

/* The tables stay the caller's and must outlive this; sizes in bytes; not trusted. */
struct symbol_table {
	const void *symtab; /* ELF64 .symtab */
	size_t symtab_size;
	const char *strtab;
	size_t strtab_size;
};

/*
 * The name of the function that holds `address`, and the offset in it; NULL if none does.
 * A symbol without a size holds up to 4 KiB. Linear in the number of symbols.
 */
const char *symbol_lookup(const struct symbol_table *table, uint64_t address, uint64_t *offset);

/* The address of a function or object by its exact name, 0 if there is none. */
uint64_t symbol_address(const struct symbol_table *table, const char *name);

#endif
