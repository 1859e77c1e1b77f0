/*
 * A workload in phases, drawn from a seed: computing, streaming memory, port I/O or sleeping, each
 * for a random time. The sequence of kinds and lengths depends on the command line alone.
 *
 * Command line:
 *   seed=N (default 1)      count=N  phases (default 20)
 *   min=N, max=N            length of a phase in ticks (default 1000000, 10000000)
 *   size=N                  bytes of memory that is streamed (default 2M)
 *   quiet=yes               no line for each phase
 */
#include <malloc.h>
#include <stdio.h>

#include "guests/lib/apic.h"
#include "guests/lib/args.h"
#include "guests/lib/boot.h"
#include "guests/lib/cpu.h"
#include "guests/lib/random.h"
#include "guests/lib/samples.h"
#include "guests/lib/timer.h"
#include "guests/lib/work.h"

#define GRAIN 65536u

static void *buffer;
static size_t buffer_size, position;

static uint64_t phase_cpu(uint64_t end)
{
	return work_cpu(end);
}

static uint64_t phase_memory(uint64_t end)
{
	return work_memory(end, buffer, buffer_size, &position);
}

static uint64_t phase_io(uint64_t end)
{
	return work_io(end);
}

static uint64_t phase_sleep(uint64_t end)
{
	sleep_until_tsc(end);
	return 1;
}

static const struct {
	const char *name, *unit;
	uint64_t (*run)(uint64_t end);
} kinds[] = {
	{ "cpu", "turns", phase_cpu },
	{ "memory", "bytes", phase_memory },
	{ "io", "operations", phase_io },
	{ "sleep", "sleeps", phase_sleep },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void run(struct random *random, uint64_t count, uint64_t min, uint64_t max, bool quiet)
{
	uint64_t totals[KINDS] = { 0 };

	for (uint64_t i = 0; i < count; i++) {
		size_t kind = random_below(random, KINDS);
		uint64_t length = min + random_below(random, max - min + 1);
		uint64_t done = kinds[kind].run(rdtsc() + length);

		totals[kind] += done;
		if (!quiet)
			printf("phase %lu: %s for %lu ticks, %lu %s\n", i, kinds[kind].name, length,
			       done, kinds[kind].unit);
	}
	for (size_t kind = 0; kind < KINDS; kind++) {
		char figure[32];

		snprintf(figure, sizeof(figure), "phases.%s", kinds[kind].name);
		print_figure(figure, totals[kind], kinds[kind].unit);
	}
}

int main(void)
{
	const char *line = guest_cmdline();
	struct random random = { arg_u64(line, "seed", 1) };
	uint64_t min = arg_u64(line, "min", 1000000), max = arg_u64(line, "max", 10000000);

	buffer_size = arg_u64(line, "size", 2u << 20) / GRAIN * GRAIN;
	buffer = buffer_size ? memalign(GRAIN, buffer_size) : NULL;
	if (!buffer || min > max) {
		printf("phases: needs memory for size, and min <= max\n");
		return 2;
	}
	apic_init();
	timer_init();
	run(&random, arg_u64(line, "count", 20), min, max, arg_is(line, "quiet", "yes"));
	return 0;
}
