/*
 * Recorded demand traces as windows of the predictive engine: CSV with a header line, one row per
 * 10 ms. Needed columns: t_us (end of the row), cpu_us, wait_us; used if there: minflt, majflt,
 * rd_ops, wr_ops, rw_bytes, vcsw. Rows that are not 9 to 11 ms long are stalls of the recorder and
 * are dropped. Values beyond 32 bits are cut off.
 */
#ifndef TESTS_BENCH_TRACE_WINDOWS_H
#define TESTS_BENCH_TRACE_WINDOWS_H

#include <stddef.h>

#include "ple/window.h"

struct trace_windows {
	struct ple_window *window;
	unsigned count;
	unsigned dropped;
};

/* Returns 0, or -1 with a message that names file, line and reason. */
int trace_windows_load(struct trace_windows *trace, const char *path, char *message, size_t size);
void trace_windows_free(struct trace_windows *trace);

#endif
