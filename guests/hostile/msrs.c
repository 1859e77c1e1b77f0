/*
 * Reads every MSR of the ranges that exist and many that do not, and writes 0, all-ones, the value
 * it had and random ones. Expected: #GP(0) or an effect on this VM alone.
 * Command line: seed=N, random=N more MSR numbers (default 5000).
 */
#include <stdio.h>

#include "guests/lib/args.h"
#include "guests/lib/boot.h"
#include "guests/lib/cpu.h"
#include "guests/lib/fault.h"
#include "guests/lib/interrupt.h"
#include "guests/lib/random.h"
#include "guests/lib/verdict.h"

static const struct {
	uint32_t first, last;
} ranges[] = {
	{ 0, 0x1fff },
	{ 0x40000000, 0x400003ff },
	{ 0x4b564d00, 0x4b564dff },
	{ 0xc0000000, 0xc0001fff },
	{ 0xc0010000, 0xc00101ff },
};

static unsigned readable, writable, faults;

/* Those whose effect on this vCPU would end the test: its per-CPU base, IPIs to itself, its APIC.
 */
static bool may_write(uint32_t msr)
{
	return msr != MSR_GS_BASE && msr != MSR_X2APIC + 0x30 && msr != MSR_X2APIC + 0x3f &&
	       msr != MSR_APIC_BASE;
}

static void note(uint32_t msr, const char *how, int vector, unsigned *good)
{
	check(vector == NO_FAULT || vector == VECTOR_GP, "%s of %#x: vector %d", how, (unsigned)msr,
	      vector);
	if (vector == NO_FAULT)
		++*good;
	else
		faults++;
}

static void try_msr(uint32_t msr, struct random *random)
{
	const uint64_t values[] = { 0, UINT64_MAX, random_next(random),
				    1ull << random_below(random, 64) };
	uint64_t before = 0;
	int vector = try_rdmsr(msr, &before);

	note(msr, "read", vector, &readable);
	if (!may_write(msr))
		return;
	for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		note(msr, "write", try_wrmsr(msr, values[i]), &writable);
		if (vector == NO_FAULT)
			try_wrmsr(msr, before);
	}
}

int main(void)
{
	const char *line = guest_cmdline();
	struct random random = { arg_u64(line, "seed", 1) };
	uint64_t more = arg_u64(line, "random", 5000);

	for (unsigned i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		for (uint32_t msr = ranges[i].first; msr <= ranges[i].last; msr++)
			try_msr(msr, &random);
	for (uint64_t i = 0; i < more; i++)
		try_msr((uint32_t)random_next(&random), &random);
	printf("%u reads and %u writes accepted, %u faults\n", readable, writable, faults);
	return verdict();
}
