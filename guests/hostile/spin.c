/*
 * Loops with interrupts off, and never lets go by itself. Expected: others run on undisturbed.
 * Command line: ticks=N then ends (default 0: never), halt=yes: HLT with interrupts off instead.
 */
#include <stdio.h>

#include "guests/lib/args.h"
#include "guests/lib/boot.h"
#include "guests/lib/cpu.h"

int main(void)
{
	uint64_t ticks = arg_u64(guest_cmdline(), "ticks", 0);
	uint64_t start = rdtsc();

	interrupts_off();
	if (arg_is(guest_cmdline(), "halt", "yes")) {
		printf("halting with interrupts off\n");
		for (;;)
			__asm__ volatile("hlt");
	}
	printf("spinning with interrupts off\n");
	while (ticks == 0 || rdtsc() - start < ticks)
		__asm__ volatile("");
	printf("PASS\n");
	return 0;
}
