/*
 * What a switch from one vCPU to another on the same core costs, by the yield hypercall: two vCPUs
 * yield to one another, and a switch is half of a round trip. Needs 2 vCPUs, both on one core that
 * nobody else uses. Command line: count=N round trips (default 1001).
 *
 * The figure is refused unless the hypervisor's own counter shows that the vCPU was switched each
 * time.
 */
#include <stdio.h>
#include <stdlib.h>

#include <augur/hypercall_inline.h>

#include "guests/lib/apic.h"
#include "guests/lib/args.h"
#include "guests/lib/boot.h"
#include "guests/lib/cpu.h"
#include "guests/lib/samples.h"
#include "guests/lib/smp.h"

static volatile bool finished;

static void yield_for_ever(unsigned index)
{
	(void)index;
	while (!finished)
		augur_yield();
}

static uint64_t switches(void)
{
	static struct augur_vcpu_stats stats __attribute__((aligned(64)));

	if (augur_vcpu_stats((uintptr_t)&stats) != 0)
		return 0;
	return stats.switches;
}

static uint64_t time_yield(void)
{
	uint64_t start = rdtsc_ordered();

	augur_yield();
	return rdtsc_ordered() - start;
}

int main(void)
{
	uint64_t count = arg_u64(guest_cmdline(), "count", 1001);
	struct samples samples = { .values = calloc(count, sizeof(uint64_t)), .capacity = count };
	uint64_t before, after;

	apic_init();
	if (!samples.values || !under_augur() || !smp_start(1, yield_for_ever)) {
		printf("switch: needs 2 vCPUs under this hypervisor\n");
		return 2;
	}
	before = switches();
	for (uint64_t i = 0; i < count; i++)
		samples_add(&samples, time_yield());
	after = switches();
	finished = true;
	if (after - before < count) {
		printf("switch: only %lu switches in %lu yields\n", after - before, count);
		return 1;
	}
	samples_sort(&samples);
	print_figure("switch.vcpu", samples_percentile(&samples, 50) / 2, "ticks");
	return 0;
}
