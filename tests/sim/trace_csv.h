/*
 * Recorded demand of real programs: CSV with a header line; columns t_us (end of the row, since
 * the start), cpu_us and wait_us are needed, others are skipped.
 */
#ifndef TESTS_SIM_TRACE_CSV_H
#define TESTS_SIM_TRACE_CSV_H

#include <stdint.h>
#include <stdio.h>

#include "hv/error.h"

struct trace_row {
	uint64_t length_us;
	uint64_t demand_us; /* cpu + wait, at most the length: one vCPU */
};

struct trace_csv {
	struct trace_row *row;
	unsigned rows;
};

/*
 * Reads a trace. On an error `message` says file, line and reason. ERR_NOT_FOUND: no such file;
 * ERR_FORMAT: a needed column is missing or there twice, a line is longer than 4094 characters, a
 * value is no number or over 1e12, time runs backwards, or there is no demand at all.
 */
enum error trace_csv_load(struct trace_csv *trace, const char *path, char *message, size_t size);

/* Scales the demand of all rows so that it is at most so many percent of the time in the mean. */
void trace_csv_limit(struct trace_csv *trace, unsigned percent);

void trace_csv_free(struct trace_csv *trace);

#endif
