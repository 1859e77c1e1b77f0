/*
 * When the bursts of a task are due and how long they are, for work that queues while the task is
 * busy: the same numbers as the simulator draws (tests/sim/workload.c). Kinds of work are those of
 * tests/sim/scenarios.h: open, spikes, trace.
 */
#ifndef GUESTS_LIB_ARRIVALS_H
#define GUESTS_LIB_ARRIVALS_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/sim/scenarios.h"

/* Recorded demand, one row after another. A tool writes it into the program's file (section
 * .trace_rows, tests/bench/scenario.c): the first row of length 0 ends it. */
#define TRACE_ROWS 8192

struct trace_row_us {
	uint32_t length_us;
	uint32_t demand_us;
};

extern struct trace_row_us trace_rows[TRACE_ROWS];

struct arrivals {
	uint64_t due;  /* TSC */
	uint64_t work; /* instructions */

	uint64_t period, burst, random;
	unsigned char shape[SHAPE_LENGTH], other_shape[SHAPE_LENGTH];
	unsigned place; /* in the shape */
	uint64_t switch_at;
	uint32_t row;
};

/*
 * From the command line: period=N burst=N seed=N, for spikes shape=N,N... and, if the shape
 * changes, other=N,N... switch=N (TSC), place=N to begin at. False: a shape is not SHAPE_LENGTH
 * numbers of 0 to 255, or all of them are 0.
 */
bool arrivals_init(struct arrivals *arrivals, const char *cmdline);

/* The next burst after `due`. */
void arrivals_open(struct arrivals *arrivals);
void arrivals_spike(struct arrivals *arrivals);
void arrivals_trace(struct arrivals *arrivals); /* UINT64_MAX if there is no demand in any row */

#endif
