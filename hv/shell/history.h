/* The last command lines, newest first. */
#ifndef HV_SHELL_HISTORY_H
#define HV_SHELL_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#define SHELL_LINE_MAX	256 /* bytes of a command line, with the zero */
#define HISTORY_ENTRIES 64

struct history {
	char lines[HISTORY_ENTRIES][SHELL_LINE_MAX];
	uint32_t added; /* ever */
};

/* Keeps a copy; blank lines and a repetition of the newest line are not kept. */
void history_add(struct history *history, const char *line);

/* Lines there are to get. */
uint32_t history_count(const struct history *history);

/* The line of the given age, 0 the newest; NULL beyond the oldest. */
const char *history_get(const struct history *history, uint32_t age);

#endif
