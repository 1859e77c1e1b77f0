#include "guests/lib/arrivals.h"

#include <stdlib.h>
#include <string.h>

#include "guests/lib/args.h"

#define TICKS_PER_US (SCENARIO_MS / 1000)

__attribute__((section(".trace_rows"))) struct trace_row_us trace_rows[TRACE_ROWS];

/* ---- From the command line ---- */

static bool parse_shape(const char *text, unsigned char shape[SHAPE_LENGTH])
{
	unsigned long sum = 0;

	for (unsigned i = 0; i < SHAPE_LENGTH; i++) {
		char *end;
		unsigned long value = strtoul(text, &end, 10);

		if (end == text || value > UINT8_MAX || *end != (i + 1 < SHAPE_LENGTH ? ',' : '\0'))
			return false;
		shape[i] = (unsigned char)value;
		sum += value;
		text = end + 1;
	}
	return sum;
}

static bool read_shape(const char *cmdline, const char *key, unsigned char shape[SHAPE_LENGTH])
{
	char text[SHAPE_LENGTH * 4 + 1];

	arg_text(cmdline, key, "", text, sizeof(text));
	return *text == '\0' || parse_shape(text, shape);
}

bool arrivals_init(struct arrivals *a, const char *cmdline)
{
	*a = (struct arrivals) {
		.period = arg_u64(cmdline, "period", 1013771),
		.burst = arg_u64(cmdline, "burst", 50000),
		.random = arg_u64(cmdline, "seed", 1),
		.place = (unsigned)arg_u64(cmdline, "place", 0),
		.switch_at = arg_u64(cmdline, "switch", UINT64_MAX),
	};
	memset(a->shape, 1, sizeof(a->shape));
	memset(a->other_shape, 1, sizeof(a->other_shape));
	return read_shape(cmdline, "shape", a->shape) &&
	       read_shape(cmdline, "other", a->other_shape);
}

/* ---- Bursts ---- */

void arrivals_open(struct arrivals *a)
{
	a->due += scenario_exponential(&a->random, a->period);
	a->work = scenario_heavy(&a->random, a->burst);
}

/* Moments at which nothing is to be done are passed over. */
void arrivals_spike(struct arrivals *a)
{
	do {
		const unsigned char *shape;

		a->due += a->period;
		shape = a->due >= a->switch_at ? a->other_shape : a->shape;
		a->work = shape[a->place++ % SHAPE_LENGTH] * a->burst;
	} while (!a->work);
}

/* As the simulator: a row's work is due at its end, rows go round, and the first comes last. */
void arrivals_trace(struct arrivals *a)
{
	uint32_t begun = a->row;

	do {
		a->row++;
		if (a->row >= TRACE_ROWS || !trace_rows[a->row].length_us)
			a->row = 0;
		a->due += trace_rows[a->row].length_us * TICKS_PER_US;
		a->work = trace_rows[a->row].demand_us * TICKS_PER_US;
		if (!a->work && a->row == begun)
			a->due = UINT64_MAX;
	} while (!a->work && a->due != UINT64_MAX);
}
