/* The local APIC timer: TSC deadline, one-shot, periodic, masked. Command line: apic=xapic. */
#include "guests/lib/apic.h"
#include "guests/lib/cpu.h"
#include "guests/lib/interrupt.h"
#include "guests/lib/percpu.h"
#include "guests/lib/timer.h"
#include "guests/lib/verdict.h"

#define COUNT_VECTOR  0x41
#define DIVIDE_BY_1   0xb
#define ATTEMPTS      50
#define LATE_ACCEPTED 200000000 /* ticks: even among many busy guests */

static volatile uint64_t counted;

static void count(struct trap_frame *frame)
{
	(void)frame;
	counted++;
	apic_eoi();
}

static void wait_ticks(uint64_t ticks)
{
	uint64_t end = rdtsc() + ticks;

	interrupts_on();
	while (rdtsc() < end)
		cpu_relax();
	interrupts_off();
}

static void test_deadline(void)
{
	timer_init();
	for (uint64_t ticks = 500; ticks < 3000000; ticks *= 3) {
		uint64_t deadline = rdtsc() + ticks;
		uint64_t woken = sleep_until_tsc(deadline);

		check(woken >= deadline, "deadline in %lu ticks came %lu early", ticks,
		      deadline - woken);
		check(woken < deadline + LATE_ACCEPTED, "deadline in %lu ticks came %lu late",
		      ticks, woken - deadline);
		check(rdmsr(MSR_TSC_DEADLINE) == 0, "the MSR is not 0 after the interrupt");
	}
}

static void test_deadline_past(void)
{
	uint64_t seen = this_cpu()->timer_seen;

	wrmsr(MSR_TSC_DEADLINE, 1);
	wait_ticks(1000);
	check(this_cpu()->timer_seen == seen + 1, "a deadline in the past fired %lu times",
	      this_cpu()->timer_seen - seen);
}

static void test_deadline_disarmed(void)
{
	uint64_t seen = this_cpu()->timer_seen;
	uint64_t deadline = rdtsc() + 200000;

	wrmsr(MSR_TSC_DEADLINE, deadline);
	check(rdmsr(MSR_TSC_DEADLINE) == deadline, "the MSR does not read back");
	wrmsr(MSR_TSC_DEADLINE, 0);
	wait_ticks(400000);
	check(this_cpu()->timer_seen == seen, "a disarmed deadline fired");
}

static void start_counter(uint32_t mode, uint32_t initial)
{
	interrupt_handle(COUNT_VECTOR, count);
	counted = 0;
	apic_write(APIC_TIMER_DIVIDE, DIVIDE_BY_1);
	apic_write(APIC_LVT_TIMER, mode | COUNT_VECTOR);
	apic_write(APIC_TIMER_INITIAL, initial);
}

/* How many APIC clocks pass in a million ticks; tried again when the vCPU was off its core. */
static uint32_t clocks_per_million(void)
{
	uint32_t first = 0, second = 0;
	uint64_t ticks = UINT64_MAX;

	start_counter(APIC_LVT_MASKED | APIC_TIMER_ONE_SHOT, 0xffffffff);
	for (unsigned i = 0; i < ATTEMPTS && ticks > 1010000; i++) {
		ticks = rdtsc();
		first = apic_read(APIC_TIMER_CURRENT);
		wait_ticks(1000000);
		second = apic_read(APIC_TIMER_CURRENT);
		ticks = rdtsc() - ticks;
	}
	check(second < first, "the count does not fall: %#x, then %#x", (unsigned)first,
	      (unsigned)second);
	return first - second;
}

static void test_one_shot(uint32_t clocks)
{
	start_counter(APIC_TIMER_ONE_SHOT, clocks / 10);
	wait_ticks(1000000);
	check(counted == 1, "one-shot fired %lu times", counted);
	check(apic_read(APIC_TIMER_CURRENT) == 0, "one-shot did not stop at 0");
}

static void test_masked(uint32_t clocks)
{
	start_counter(APIC_LVT_MASKED | APIC_TIMER_ONE_SHOT, clocks / 10);
	wait_ticks(300000);
	check(counted == 0, "a masked timer interrupts");
}

/* A busy core may merge periods, so only the upper bound is strict. */
static void test_periodic(uint32_t clocks)
{
	uint64_t start = rdtsc(), periods;

	start_counter(APIC_TIMER_PERIODIC, clocks / 10);
	while (counted < 5 && rdtsc() - start < LATE_ACCEPTED)
		wait_ticks(100000);
	apic_write(APIC_TIMER_INITIAL, 0);
	periods = (rdtsc() - start) / 100000;
	check(counted >= 5 && counted <= periods + 2, "%lu interrupts in about %lu periods",
	      counted, periods);
	counted = 0;
	wait_ticks(300000);
	check(counted == 0, "an initial count of 0 does not stop the timer");
}

int main(void)
{
	uint32_t clocks;

	apic_init();
	test_deadline();
	test_deadline_past();
	test_deadline_disarmed();
	clocks = clocks_per_million();
	if (check(clocks >= 1000, "only %u APIC clocks in a million ticks", (unsigned)clocks)) {
		test_one_shot(clocks);
		test_masked(clocks);
		test_periodic(clocks);
	}
	return verdict();
}
