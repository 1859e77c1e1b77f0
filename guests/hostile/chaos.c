/*
 * Runs random bytes as code at CPL 0, with faults caught. Expected: it goes on until its rounds are
 * over, or loops for ever, or this VM stops; nobody else notices. Command line: seed=N, rounds=N
 * (default 2000).
 */
#include <stdio.h>

#include "guests/lib/args.h"
#include "guests/lib/boot.h"
#include "guests/lib/cpu.h"
#include "guests/lib/fault.h"
#include "guests/lib/random.h"

#define CODE_SIZE 256

static uint8_t code[CODE_SIZE + 16] __attribute__((aligned(4096)));

static void run(void *arg)
{
	uint64_t entry = (uintptr_t)arg;

	__asm__ volatile("mov %0, %%rax; call *%%rax" ::"r"(entry)
			 : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11",
			   "r12", "r13", "r14", "r15", "memory", "cc");
}

int main(void)
{
	const char *line = guest_cmdline();
	struct random random = { arg_u64(line, "seed", 1) };
	uint64_t rounds = arg_u64(line, "rounds", 2000), caught = 0;

	printf("random code follows\n");
	for (uint64_t i = 0; i < rounds; i++) {
		for (unsigned k = 0; k < CODE_SIZE; k++)
			((volatile uint8_t *)code)[k] = (uint8_t)random_next(&random);
		caught += catch_fault(run, code) != NO_FAULT;
	}
	printf("%lu of %lu rounds ended in a fault\n", caught, rounds);
	return 0;
}
