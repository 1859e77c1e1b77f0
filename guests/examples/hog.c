/*
 * A CPU hog: counts loop turns, two instructions each, and never sleeps.
 *
 * Command line:
 *   ticks=N   how long to run, in TSC ticks (default 100M); 0: for ever
 *   report=N  ticks between two report lines (default 0: none)
 *   name=X    prefix of the figures (default hog)
 *
 * Figures: X.turns in all, X.ticks they took by the TSC (time not spent running included).
 */
#include <stdio.h>

#include "guests/lib/args.h"
#include "guests/lib/boot.h"
#include "guests/lib/cpu.h"
#include "guests/lib/samples.h"
#include "guests/lib/work.h"

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

int main(void)
{
	const char *line = guest_cmdline();
	uint64_t ticks = arg_u64(line, "ticks", 100000000);
	uint64_t report = arg_u64(line, "report", 0);
	uint64_t start = rdtsc(), now = start, turns = 0;
	uint64_t end = ticks ? start + ticks : UINT64_MAX;
	char name[24], figure[32];

	arg_text(line, "name", "hog", name, sizeof(name));
	while (now < end) {
		turns += work_cpu(report ? earlier(now + report, end) : end);
		now = rdtsc();
		if (report)
			printf("%s: %lu turns in %lu ticks\n", name, turns, now - start);
	}
	snprintf(figure, sizeof(figure), "%s.turns", name);
	print_figure(figure, turns, "turns");
	snprintf(figure, sizeof(figure), "%s.ticks", name);
	print_figure(figure, now - start, "ticks");
	return 0;
}
