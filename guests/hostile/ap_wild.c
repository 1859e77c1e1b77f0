/*
 * Starts other vCPUs where they have no business: at pages of zeros, at the last page of real
 * mode, at random bytes; STARTUP without INIT, INIT during a run, NMI to a vCPU that was not
 * started. Expected: vCPU 0 goes on and ends the VM, or the VM stops. Needs 2 vCPUs or more and
 * x2APIC. Command line: rounds=N starts at random code (default 0), seed=N. Random code may make a
 * triple fault at any time, which ends the VM; so with rounds vCPU 0 ends it that way, too.
 */
#include <stdio.h>

#include "guests/lib/apic.h"
#include "guests/lib/args.h"
#include "guests/lib/boot.h"
#include "guests/lib/cpu.h"
#include "guests/lib/paging.h"
#include "guests/lib/random.h"
#include "guests/lib/timer.h"
#include "guests/lib/verdict.h"

#define PAGE_SIZE   4096
#define RANDOM_PAGE 0x20 /* page number: 128 KiB, unused by the library */
#define RUN_NS	    1000000

static void fill_page(struct random *random, unsigned page)
{
	volatile uint64_t *words = (volatile uint64_t *)(uintptr_t)(page * PAGE_SIZE);

	for (unsigned i = 0; i < PAGE_SIZE / 8; i++)
		words[i] = random_next(random);
}

static void start_at(unsigned id, unsigned page)
{
	apic_send(id, APIC_ICR_INIT | APIC_ICR_ASSERT);
	delay_ns(10000);
	apic_send(id, APIC_ICR_STARTUP | APIC_ICR_ASSERT | page);
	delay_ns(RUN_NS);
}

static void triple_fault(void)
{
	static const struct __attribute__((packed)) {
		uint16_t limit;
		uint64_t base;
	} nothing;

	__asm__ volatile("lidt %0; ud2" ::"m"(nothing));
}

int main(void)
{
	const char *line = guest_cmdline();
	struct random random = { arg_u64(line, "seed", 1) };
	uint64_t rounds = arg_u64(line, "rounds", 0);
	unsigned others = guest_boot()->vcpu_count - 1;

	paging_identity(guest_boot()->memory_low); /* the boot area is within their reach */
	apic_init();
	if (!check(others > 0, "needs 2 vCPUs"))
		return verdict();
	printf("NMI and STARTUP before any INIT\n");
	apic_send(1, APIC_ICR_NMI | APIC_ICR_ASSERT);
	apic_send(1, APIC_ICR_STARTUP | APIC_ICR_ASSERT | RANDOM_PAGE);
	printf("zeros, then the last page below 1 MiB\n");
	start_at(1, 0x30);
	start_at(1, 0xff);
	if (rounds)
		printf("random code\n");
	for (uint64_t i = 0; i < rounds; i++) {
		fill_page(&random, RANDOM_PAGE);
		start_at(1 + (unsigned)random_below(&random, others), RANDOM_PAGE);
	}
	apic_send(0, APIC_ICR_ALL_BUT_SELF | APIC_ICR_ASSERT | APIC_ICR_INIT);
	printf("vCPU 0 is still here\n");
	if (rounds)
		triple_fault();
	return verdict();
}
