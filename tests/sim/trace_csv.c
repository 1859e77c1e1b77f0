#include "tests/sim/trace_csv.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Eleven days: so sums and ticks fit 64 bits. */
#define MOST_US 1000000000000ull

enum column { COLUMN_TIME, COLUMN_CPU, COLUMN_WAIT, COLUMNS };

static const char *const column_names[COLUMNS] = { "t_us", "cpu_us", "wait_us" };

struct reader {
	const char *path;
	FILE *file;
	unsigned line;
	int place[COLUMNS]; /* of each needed column in a line */
	char text[4096];
	char *message;
	size_t size;
};

/* About the current line, or, before the first, about the whole file. */
static enum error fail(struct reader *r, enum error error, const char *reason, const char *detail)
{
	char line[16] = "";

	if (r->line)
		snprintf(line, sizeof(line), ":%u", r->line);
	snprintf(r->message, r->size, "%s%s: %s%s", r->path, line, reason, detail);
	return error;
}

/* OK, ERR_NOT_FOUND at the end of the file, or what is wrong with the line. */
static enum error next_line(struct reader *r)
{
	size_t length;

	if (!fgets(r->text, sizeof(r->text), r->file)) {
		bool broken = ferror(r->file); /* a folder, say */

		return broken ? fail(r, ERR_FORMAT, strerror(errno), "") : ERR_NOT_FOUND;
	}
	r->line++;
	length = strlen(r->text);
	if (length == sizeof(r->text) - 1 && r->text[length - 1] != '\n')
		return fail(r, ERR_FORMAT, "longer than 4094 characters", "");
	r->text[strcspn(r->text, "\r\n")] = '\0';
	return OK;
}

static enum error find_columns(struct reader *r)
{
	char *rest = r->text, *name;

	for (unsigned c = 0; c < COLUMNS; c++)
		r->place[c] = -1;
	for (int place = 0; (name = strsep(&rest, ",")); place++)
		for (unsigned c = 0; c < COLUMNS; c++) {
			if (strcmp(name, column_names[c]) != 0)
				continue;
			if (r->place[c] >= 0)
				return fail(r, ERR_FORMAT, "twice there is a column ", name);
			r->place[c] = place;
		}
	return OK;
}

static enum error read_header(struct reader *r)
{
	enum error error = next_line(r);

	if (error == ERR_NOT_FOUND)
		return fail(r, ERR_FORMAT, "empty file", "");
	if (error == OK)
		error = find_columns(r);
	if (error != OK)
		return error;
	for (unsigned c = 0; c < COLUMNS; c++)
		if (r->place[c] < 0)
			return fail(r, ERR_FORMAT, "missing column ", column_names[c]);
	return OK;
}

static bool parse_number(const char *text, uint64_t *value)
{
	char *end;

	*value = strtoull(text, &end, 10); /* far too large: ULLONG_MAX */
	return end != text && *end == '\0' && *text >= '0' && *text <= '9';
}

static enum error read_values(struct reader *r, uint64_t values[COLUMNS])
{
	char *rest = r->text, *field;
	unsigned found = 0;

	for (int place = 0; (field = strsep(&rest, ",")); place++) {
		for (unsigned c = 0; c < COLUMNS; c++) {
			if (r->place[c] != place)
				continue;
			if (!parse_number(field, &values[c]))
				return fail(r, ERR_FORMAT, "not a number in column ",
					    column_names[c]);
			if (values[c] > MOST_US)
				return fail(r, ERR_FORMAT, "more than 1e12 us in column ",
					    column_names[c]);
			found++;
		}
	}
	return found == COLUMNS ? OK : fail(r, ERR_FORMAT, "too few columns", "");
}

static enum error append(struct trace_csv *trace, struct trace_row row)
{
	struct trace_row *grown = realloc(trace->row, (trace->rows + 1) * sizeof(row));

	if (!grown)
		return ERR_NO_MEMORY;
	trace->row = grown;
	trace->row[trace->rows++] = row;
	return OK;
}

static enum error read_rows(struct reader *r, struct trace_csv *trace)
{
	uint64_t before = 0, total = 0, values[COLUMNS];
	enum error error = OK;

	while (error == OK && (error = next_line(r)) == OK) {
		struct trace_row row;

		error = read_values(r, values);
		if (error != OK)
			return error;
		if (values[COLUMN_TIME] <= before)
			return fail(r, ERR_FORMAT, "time does not advance", "");
		row.length_us = values[COLUMN_TIME] - before;
		row.demand_us = values[COLUMN_CPU] + values[COLUMN_WAIT];
		if (row.demand_us > row.length_us)
			row.demand_us = row.length_us;
		before = values[COLUMN_TIME];
		total += row.demand_us;
		error = append(trace, row);
	}
	if (error == ERR_NOT_FOUND && total == 0)
		return fail(r, ERR_FORMAT, "no demand in any row", "");
	return error == ERR_NOT_FOUND ? OK : error;
}

enum error trace_csv_load(struct trace_csv *trace, const char *path, char *message, size_t size)
{
	struct reader r = { .path = path, .message = message, .size = size };
	enum error error;

	memset(trace, 0, sizeof(*trace));
	r.file = fopen(path, "r");
	if (!r.file)
		return fail(&r, ERR_NOT_FOUND, strerror(errno), "");
	error = read_header(&r);
	if (error == OK)
		error = read_rows(&r, trace);
	fclose(r.file);
	if (error != OK)
		trace_csv_free(trace);
	return error;
}

void trace_csv_limit(struct trace_csv *trace, unsigned percent)
{
	unsigned __int128 demand = 0, limit = 0;

	for (unsigned i = 0; i < trace->rows; i++) {
		demand += trace->row[i].demand_us;
		limit += trace->row[i].length_us;
	}
	limit = limit * percent / 100;
	for (unsigned i = 0; i < trace->rows && demand > limit; i++)
		trace->row[i].demand_us = (uint64_t)(trace->row[i].demand_us * limit / demand);
}

void trace_csv_free(struct trace_csv *trace)
{
	free(trace->row);
	memset(trace, 0, sizeof(*trace));
}
