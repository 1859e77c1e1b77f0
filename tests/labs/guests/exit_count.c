/*
 * Calls the hypercall that lab 2 adds, number 6, and checks it: between two calls with `cpuids`
 * CPUID instructions there must be that many VM exits and one for the call itself; a few more may
 * come from timers. Hypercall 5 must agree. The last line is PASS, or says what is wrong.
 * Command line: cpuids=N (default 100).
 */
#include <stdio.h>

#include <augur/hypercall_inline.h>

#include "guests/lib/args.h"
#include "guests/lib/boot.h"
#include "guests/lib/cpu.h"

#define NUMBER	    6
#define TIMER_EXITS 20

static bool near_to(int64_t value, int64_t least)
{
	return value >= least && value <= least + TIMER_EXITS;
}

/* Returns what is wrong, or NULL. */
static const char *judge(int64_t added, int64_t expected, int64_t ahead)
{
	if (!near_to(added, expected))
		return "the count does not go up by one an exit";
	if (!near_to(ahead, 1))
		return "hypercall 5 counts differently";
	return NULL;
}

int main(void)
{
	static struct augur_vcpu_stats stats __attribute__((aligned(64)));
	uint64_t cpuids = arg_u64(guest_cmdline(), "cpuids", 100);
	int64_t before = augur_hypercall(NUMBER, 0, 0, 0), after;
	const char *problem;

	if (before < 0) {
		printf("not done yet: hypercall %d answers %ld\n", NUMBER, before);
		return 3;
	}
	for (uint64_t i = 0; i < cpuids; i++)
		cpuid(0, 0);
	after = augur_hypercall(NUMBER, 0, 0, 0);
	augur_vcpu_stats((uintptr_t)&stats);
	printf("exits: %ld, after %lu CPUIDs %ld; hypercall 5 then says %lu\n", before, cpuids,
	       after, stats.exits);
	problem = judge(after - before, (int64_t)cpuids + 1, (int64_t)stats.exits - after);
	printf("%s\n", problem ? problem : "PASS");
	return problem != NULL;
}
