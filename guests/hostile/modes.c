/*
 * Jumps between modes: 64-bit, compatibility, protected without paging, 16-bit protected, real
 * (with a software interrupt through the IVT), and back. Expected: every mode works, each time.
 * Command line: rounds=N (default 200).
 */
#include <stdio.h>
#include <string.h>

#include "guests/lib/args.h"
#include "guests/lib/boot.h"
#include "guests/lib/cpu.h"
#include "guests/lib/fault.h"
#include "guests/lib/interrupt.h"
#include "guests/lib/verdict.h"

#define PLACE	  0x20000u /* below 1 MiB, as the assembly assumes */
#define IVT_ENTRY (0x20 * 4)

/* Counters that each mode increments; layout shared with modes_asm.S. */
struct counters {
	uint32_t compatibility, protected32, protected16, real, interrupt;
};

extern char modes_begin[], modes_end[], modes_counters[], modes_interrupt[];

static void *placed(const char *symbol)
{
	return (void *)(uintptr_t)(PLACE + (symbol - modes_begin));
}

static void check_count(uint32_t count, uint64_t rounds, const char *mode)
{
	check(count == rounds, "%s: %u of %lu", mode, (unsigned)count, rounds);
}

int main(void)
{
	uint64_t rounds = arg_u64(guest_cmdline(), "rounds", 200);
	const struct counters *counters = placed(modes_counters);
	volatile uint32_t *ivt = (volatile uint32_t *)(uintptr_t)IVT_ENTRY;

	memcpy((void *)(uintptr_t)PLACE, modes_begin, (size_t)(modes_end - modes_begin));
	*ivt = (PLACE >> 4) << 16 | (uint32_t)(modes_interrupt - modes_begin);
	interrupts_off();
	for (uint64_t i = 0; i < rounds; i++)
		((void (*)(void))(uintptr_t)PLACE)();
	check_count(counters->compatibility, rounds, "compatibility mode");
	check_count(counters->protected32, rounds, "protected mode");
	check_count(counters->protected16, rounds, "16-bit protected mode");
	check_count(counters->real, rounds, "real mode");
	check_count(counters->interrupt, rounds, "real-mode interrupt");
	check(catch_fault((void (*)(void *))(uintptr_t)0x7f0000000000, NULL) == VECTOR_PF,
	      "exceptions do not come back after the modes");
	return verdict();
}
