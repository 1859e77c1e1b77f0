/*
 * A generator of port I/O: bursts of operations on COM1's scratch register, with sleep in between.
 *
 * Command line:
 *   period=N  ticks from one burst to the next (default 1000000)
 *   busy=N    ticks of each burst (default 100000)
 *   count=N   bursts (default 100)
 *   name=X    prefix of the figures (default iogen)
 *
 * Figures: X.operations in all, X.ticks they took, sleep included.
 */
#include <stdio.h>

#include "guests/lib/apic.h"
#include "guests/lib/args.h"
#include "guests/lib/boot.h"
#include "guests/lib/cpu.h"
#include "guests/lib/samples.h"
#include "guests/lib/timer.h"
#include "guests/lib/work.h"

int main(void)
{
	const char *line = guest_cmdline();
	uint64_t period = arg_u64(line, "period", 1000000);
	uint64_t busy = arg_u64(line, "busy", 100000);
	uint64_t count = arg_u64(line, "count", 100);
	uint64_t start = rdtsc(), operations = 0;
	char name[24], figure[32];

	arg_text(line, "name", "iogen", name, sizeof(name));
	apic_init();
	timer_init();
	for (uint64_t i = 0; i < count; i++) {
		operations += work_io(rdtsc() + busy);
		sleep_until_tsc(start + (i + 1) * period);
	}
	snprintf(figure, sizeof(figure), "%s.operations", name);
	print_figure(figure, operations, "operations");
	snprintf(figure, sizeof(figure), "%s.ticks", name);
	print_figure(figure, rdtsc() - start, "ticks");
	return 0;
}
