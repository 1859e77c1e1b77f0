/*
 * What a VM exit costs the guest: medians over `count` (default 1001) round trips of each kind, and
 * the lateness of a HLT wake-up. Needs 1 vCPU, 32 MiB and x2APIC. Command line: count=N.
 *
 * A round trip is the difference of two `lfence; rdtsc` around the operation; reading the clock is
 * 3 ticks of it where an instruction is a tick, and is not subtracted.
 */
#include <stdio.h>
#include <stdlib.h>

#include <augur/hypercall.h>

#include "guests/lib/apic.h"
#include "guests/lib/args.h"
#include "guests/lib/boot.h"
#include "guests/lib/console.h"
#include "guests/lib/cpu.h"
#include "guests/lib/interrupt.h"
#include "guests/lib/percpu.h"
#include "guests/lib/samples.h"
#include "guests/lib/timer.h"

#define IPI_VECTOR     0x50
#define UNKNOWN_CALL   0x7fffffff
#define WAKE_PERIOD    1013771	 /* ticks */
#define UNTOUCHED_BASE 0x1000000 /* RAM that neither the program nor its heap has reached */
#define PAGE_SIZE      4096

/* Only the low halves are subtracted: no operation lasts 2^32 ticks. */
#define TIMED(operation, result, ...)                                                              \
	__asm__ volatile("lfence; rdtsc; mov %%eax, %%r8d\n\t" operation                           \
			 "\n\tlfence; rdtsc; sub %%r8d, %%eax"                                     \
			 : "=&a"(result)                                                           \
			 : __VA_ARGS__                                                             \
			 : "rbx", "rcx", "rdx", "r8", "memory", "cc")

static uint64_t time_cpuid(uint64_t round)
{
	uint32_t ticks;

	(void)round;
	TIMED("xor %%eax, %%eax; cpuid", ticks);
	return ticks;
}

static uint64_t time_vmcall(uint64_t round)
{
	uint32_t ticks;

	(void)round;
	TIMED("mov %1, %%eax; vmcall", ticks, "i"(UNKNOWN_CALL));
	return ticks;
}

static uint64_t time_rdmsr(uint64_t round)
{
	uint32_t ticks;

	(void)round;
	TIMED("mov %1, %%ecx; rdmsr", ticks, "i"(MSR_APIC_BASE));
	return ticks;
}

/* The scratch register of the 16550: handled by a device model, without any effect. */
static uint64_t time_pio(uint64_t round)
{
	uint32_t ticks;

	(void)round;
	TIMED("mov %1, %%edx; outb %%al, %%dx", ticks, "i"(COM1_PORT + UART_SCR));
	return ticks;
}

static uint64_t time_touch(uint64_t round)
{
	uint64_t address = UNTOUCHED_BASE + round * PAGE_SIZE;
	uint32_t ticks;

	TIMED("movb $1, (%1)", ticks, "r"(address));
	return ticks;
}

/* Until the handler has counted the interrupt and signalled its end. */
static uint64_t time_ipi_self(uint64_t round)
{
	struct percpu *cpu = this_cpu();
	uint64_t seen = cpu->ipi_count, start;

	(void)round;
	interrupts_on();
	start = rdtsc_ordered();
	wrmsr(MSR_X2APIC + APIC_SELF_IPI / 16, IPI_VECTOR);
	while (cpu->ipi_count == seen)
		;
	start = rdtsc_ordered() - start;
	interrupts_off();
	return start;
}

static const struct {
	const char *figure;
	uint64_t (*time)(uint64_t round);
} operations[] = {
	{ "exit.cpuid", time_cpuid },	     { "exit.vmcall", time_vmcall },
	{ "exit.rdmsr", time_rdmsr },	     { "exit.pio", time_pio },
	{ "exit.ept_touch_4k", time_touch }, { "exit.ipi_self", time_ipi_self },
};

static void measure_operations(struct samples *samples, uint64_t count)
{
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		samples->count = 0;
		for (uint64_t round = 0; round < count; round++)
			samples_add(samples, operations[i].time(round));
		samples_sort(samples);
		print_figure(operations[i].figure, samples_percentile(samples, 50), "ticks");
	}
}

static void measure_wake(struct samples *samples, uint64_t count)
{
	uint64_t deadline = rdtsc();

	samples->count = 0;
	for (uint64_t round = 0; round < count; round++) {
		deadline += WAKE_PERIOD;
		samples_add(samples, sleep_until_tsc(deadline) - deadline);
	}
	samples_sort(samples);
	print_figure("wake.hlt_deadline.p50", samples_percentile(samples, 50), "ticks");
	print_figure("wake.hlt_deadline.p99", samples_percentile(samples, 99), "ticks");
}

int main(void)
{
	uint64_t count = arg_u64(guest_cmdline(), "count", 1001);
	struct samples samples = { .values = calloc(count, sizeof(uint64_t)), .capacity = count };

	apic_init();
	if (!samples.values || !apic_is_x2apic() ||
	    UNTOUCHED_BASE + count * PAGE_SIZE > guest_boot()->memory_low) {
		printf("exits: needs x2APIC and %lu KiB of memory\n",
		       (UNTOUCHED_BASE + count * PAGE_SIZE) / 1024);
		return 2;
	}
	timer_init();
	apic_count_ipis(IPI_VECTOR);
	measure_operations(&samples, count);
	measure_wake(&samples, count);
	return 0;
}
