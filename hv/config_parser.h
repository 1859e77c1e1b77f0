/*
 * Inside the configuration parser: what its files share. Everybody else wants hv/config.h.
 */
#ifndef HV_CONFIG_PARSER_H
#define HV_CONFIG_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hv/config.h"
#include "hv/text.h"

/* Where the lines being read belong. */
enum section {
	SECTION_NONE,	 /* before the first header: no key is allowed */
	SECTION_SKIPPED, /* under a header that was refused: its lines say nothing more */
	SECTION_AUGUR,
	SECTION_VM
};

struct parser {
	struct config *cfg;
	uint32_t line;
	enum section section;
	uint32_t vm;	     /* index while section is SECTION_VM, else CONFIG_ALL_VMS */
	uint32_t augur_line; /* of the header, 0: not seen yet */
	uint64_t keys_seen;  /* in this section, by index into its table */
};

/*
 * Records "subject: [quoted] reason" for the current line and VM. subject NULL and an empty
 * NO_QUOTE are left out.
 */
void parser_complain(struct parser *parser, const char *subject, struct span quoted,
		     const char *reason);

#define NO_QUOTE ((struct span) { NULL, 0 })

/* A zero-terminated copy that lives as long as the configuration; NULL, recorded, if there is no
 * room. */
const char *parser_keep(struct parser *parser, struct span span);

/* config_add_error() with the text "before number after". */
void config_add_number_error(struct config *cfg, uint32_t line, uint32_t vm, const char *before,
			     uint32_t number, const char *after);

struct key {
	const char *name;
	/* Parses the value into the field; false: refused, and the error has been recorded. */
	bool (*set)(struct parser *parser, const struct key *key, void *field, struct span value);
	size_t offset;	    /* of the field in struct config or struct config_vm */
	size_t line_offset; /* of a uint32_t for the line, 0: none */
	uint64_t min, max;  /* of numbers and sizes */
	const char *const *words;
	bool repeats;
};

struct key_table {
	const struct key *keys;
	uint32_t count; /* at most 64 */
};

extern const struct key_table config_augur_keys; /* fields of struct config */
extern const struct key_table config_vm_keys;	 /* fields of struct config_vm */

#endif
