#include "hv/shell/history.h"

#include <stdio.h>
#include <string.h>

uint32_t history_count(const struct history *history)
{
	return history->added < HISTORY_ENTRIES ? history->added : HISTORY_ENTRIES;
}

const char *history_get(const struct history *history, uint32_t age)
{
	if (age >= history_count(history))
		return NULL;
	return history->lines[(history->added - 1 - age) % HISTORY_ENTRIES];
}

void history_add(struct history *history, const char *line)
{
	const char *newest = history_get(history, 0);

	if (line[strspn(line, " ")] == '\0' || (newest && strcmp(newest, line) == 0))
		return;
	snprintf(history->lines[history->added % HISTORY_ENTRIES], SHELL_LINE_MAX, "%s", line);
	history->added++;
}
