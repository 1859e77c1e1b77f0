/*
 * A computation whose result depends on the seed alone: sorting, hashing, a linear recurrence, all
 * while timer interrupts come. Prints `hash N`, which no scheduling may change.
 * Command line: seed=N rounds=N, expect=N the hash that must come out (0: any).
 */
#include <stdio.h>
#include <stdlib.h>

#include "guests/lib/apic.h"
#include "guests/lib/args.h"
#include "guests/lib/boot.h"
#include "guests/lib/cpu.h"
#include "guests/lib/interrupt.h"
#include "guests/lib/random.h"
#include "guests/lib/verdict.h"

#define WORDS	    4096
#define TICK_VECTOR 0x42
#define TICK_CLOCKS 3000
#define FNV_PRIME   0x100000001b3
#define FNV_BASIS   0xcbf29ce484222325

static volatile uint64_t ticks;
static uint64_t words[WORDS];

static void on_tick(struct trap_frame *frame)
{
	(void)frame;
	ticks++;
	apic_eoi();
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t round_hash(struct random *random, uint64_t hash)
{
	for (unsigned i = 0; i < WORDS; i++)
		words[i] = random_next(random);
	qsort(words, WORDS, sizeof(words[0]), compare);
	for (unsigned i = 0; i < WORDS; i++)
		hash = (hash ^ words[i]) * FNV_PRIME;
	return hash;
}

int main(void)
{
	const char *line = guest_cmdline();
	struct random random = { arg_u64(line, "seed", 1) };
	uint64_t rounds = arg_u64(line, "rounds", 10), expect = arg_u64(line, "expect", 0);
	uint64_t hash = FNV_BASIS;

	apic_init();
	interrupt_handle(TICK_VECTOR, on_tick);
	apic_write(APIC_TIMER_DIVIDE, 0xb);
	apic_write(APIC_LVT_TIMER, APIC_TIMER_PERIODIC | TICK_VECTOR);
	apic_write(APIC_TIMER_INITIAL, TICK_CLOCKS);
	interrupts_on();
	for (uint64_t i = 0; i < rounds; i++)
		hash = round_hash(&random, hash);
	interrupts_off();
	printf("hash %#lx\n", hash);
	check(ticks > 0, "no timer interrupt came");
	check(expect == 0 || hash == expect, "the hash is not %#lx", expect);
	return verdict();
}
