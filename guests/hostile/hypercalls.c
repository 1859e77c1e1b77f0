/*
 * Hypercalls with random numbers, arguments and pointers. Expected: an error, or an effect on this
 * VM alone. Not called: exit. Command line: seed=N, count=N (default 10000).
 */
#include <stdio.h>

#include <augur/hypercall_inline.h>

#include "guests/lib/args.h"
#include "guests/lib/boot.h"
#include "guests/lib/random.h"
#include "guests/lib/verdict.h"

#define PAGE_SIZE 4096

/* Pages that the statistics call may overwrite. */
static uint8_t target[2 * PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

/* Near the edges of what there is, or anywhere. Never our own code. */
static uint64_t wild_pointer(struct random *random)
{
	const uint64_t edges[] = { (uintptr_t)target + PAGE_SIZE,
				   guest_boot()->memory_low,
				   0xfee00000,
				   0xfec00000,
				   GUEST_HIGH_RAM_BASE + guest_boot()->memory_high,
				   1ull << 52,
				   UINT64_MAX };
	uint64_t edge = edges[random_below(random, sizeof(edges) / sizeof(edges[0]))];

	if (random_below(random, 4) == 0)
		return random_next(random) | 1ull << 40;
	return edge + random_below(random, 128) - 64;
}

static uint64_t wild_number(struct random *random)
{
	uint64_t number = random_below(random, 4) ? random_below(random, 8) : random_next(random);

	return number == AUGUR_HC_EXIT ? AUGUR_HC_VCPU_STATS : number;
}

static uint64_t wild_length(struct random *random)
{
	return random_below(random, 2) ? random_below(random, 64) : random_next(random);
}

int main(void)
{
	const char *line = guest_cmdline();
	struct random random = { arg_u64(line, "seed", 1) };
	uint64_t count = arg_u64(line, "count", 10000), refused = 0;

	if (!check(under_augur(), "no signature in CPUID"))
		return verdict();
	for (uint64_t i = 0; i < count; i++)
		refused += augur_hypercall(wild_number(&random), wild_pointer(&random),
					   wild_length(&random), random_next(&random)) < 0;
	printf("\n%lu of %lu calls refused\n", refused, count);
	check(refused > count / 4, "only %lu of %lu wild calls were refused", refused, count);
	return verdict();
}
