/* Command lines of the simulator's programs: options such as --seed 7 and --faults, in any order.
 */
#ifndef TESTS_SIM_OPTIONS_H
#define TESTS_SIM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define OPTIONS_MAX 16 /* options of a program */

/* Values of an option that may be given several times. */
struct option_list {
	const char *value[16];
	unsigned count;
};

/* One of the pointers is not NULL: where the value goes. What is not given is left alone. */
struct command_option {
	const char *name;
	const char **text;
	const char **policy; /* text, the name of a scheduling policy */
	uint64_t *number;    /* decimal, octal after 0, hexadecimal after 0x */
	uint64_t min, max;   /* of a number; max 0: any */
	struct option_list *list;
	bool *flag; /* an option without a value */
};

/* False, and on stderr what is wrong, if the command line has anything else. */
bool options_parse(int argc, char **argv, const struct command_option *options, unsigned count);

#endif
