#include "tests/bench/trace_windows.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum column {
	TIME,
	CPU,
	WAIT,
	NEEDED,
	MINFLT = NEEDED,
	MAJFLT,
	READS,
	WRITES,
	BYTES,
	WAKES,
	COLUMNS
};

static const char *const names[COLUMNS] = {
	[TIME] = "t_us",     [CPU] = "cpu_us",	   [WAIT] = "wait_us",
	[MINFLT] = "minflt", [MAJFLT] = "majflt",  [READS] = "rd_ops",
	[WRITES] = "wr_ops", [BYTES] = "rw_bytes", [WAKES] = "vcsw",
};

struct reader {
	const char *path;
	FILE *file;
	unsigned line;
	int place[COLUMNS];
	char text[4096];
	char *message;
	size_t size;
};

static int fail(struct reader *r, const char *reason, const char *detail)
{
	snprintf(r->message, r->size, "%s:%u: %s%s", r->path, r->line, reason, detail);
	return -1;
}

static int read_header(struct reader *r)
{
	char *rest = r->text, *name;

	r->line = 1;
	if (!fgets(r->text, sizeof(r->text), r->file))
		return fail(r, "empty file", "");
	r->text[strcspn(r->text, "\r\n")] = '\0';
	memset(r->place, -1, sizeof(r->place));
	for (int place = 0; (name = strsep(&rest, ",")); place++)
		for (unsigned c = 0; c < COLUMNS; c++)
			if (strcmp(name, names[c]) == 0)
				r->place[c] = place;
	for (unsigned c = 0; c < NEEDED; c++)
		if (r->place[c] < 0)
			return fail(r, "missing column ", names[c]);
	return 0;
}

static int parse(struct reader *r, const char *text, enum column column, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 10);
	if (errno || end == text || *end || *text < '0' || *text > '9')
		return fail(r, "not a number in column ", names[column]);
	return 0;
}

static int read_row(struct reader *r, uint64_t value[COLUMNS])
{
	char *rest = r->text, *field;
	unsigned found = 0;

	r->text[strcspn(r->text, "\r\n")] = '\0';
	memset(value, 0, COLUMNS * sizeof(*value));
	for (int place = 0; (field = strsep(&rest, ",")); place++) {
		for (unsigned c = 0; c < COLUMNS; c++) {
			if (r->place[c] != place)
				continue;
			if (parse(r, field, c, &value[c]))
				return -1;
			found += c < NEEDED;
		}
	}
	return found == NEEDED ? 0 : fail(r, "too few columns", "");
}

static uint32_t cut(uint64_t value)
{
	return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

static int append(struct trace_windows *trace, const uint64_t *v)
{
	size_t size = (trace->count + 1) * sizeof(*trace->window);
	struct ple_window *grown = realloc(trace->window, size);

	if (!grown)
		return -1;
	trace->window = grown;
	grown[trace->count++] = (struct ple_window) {
		.run_us = cut(v[CPU]),
		.wait_us = cut(v[WAIT]),
		.pages = cut(cut(v[MINFLT]) + (uint64_t)cut(v[MAJFLT])),
		.io_ops = cut(cut(v[READS]) + (uint64_t)cut(v[WRITES])),
		.io_bytes = cut(v[BYTES]),
		.wakeups = cut(v[WAKES]),
	};
	return 0;
}

static int read_rows(struct reader *r, struct trace_windows *trace)
{
	uint64_t value[COLUMNS], before = 0;

	for (; r->line++, fgets(r->text, sizeof(r->text), r->file); before = value[TIME]) {
		if (read_row(r, value))
			return -1;
		if (value[TIME] <= before)
			return fail(r, "time does not advance", "");
		if (value[TIME] - before < 9000 || value[TIME] - before > 11000)
			trace->dropped++;
		else if (append(trace, value))
			return fail(r, "no memory", "");
	}
	return 0;
}

int trace_windows_load(struct trace_windows *trace, const char *path, char *message, size_t size)
{
	struct reader r = { .path = path, .message = message, .size = size };
	int result;

	memset(trace, 0, sizeof(*trace));
	r.file = fopen(path, "r");
	if (!r.file)
		return fail(&r, strerror(errno), "");
	result = read_header(&r);
	if (result == 0)
		result = read_rows(&r, trace);
	fclose(r.file);
	if (result)
		trace_windows_free(trace);
	return result;
}

void trace_windows_free(struct trace_windows *trace)
{
	free(trace->window);
	memset(trace, 0, sizeof(*trace));
}
