#include "guests/lib/timer.h"

#include "guests/lib/apic.h"
#include "guests/lib/boot.h"
#include "guests/lib/cpu.h"
#include "guests/lib/interrupt.h"
#include "guests/lib/percpu.h"

#define NS_PER_SECOND 1000000000u

void timer_entry_x2apic(void);
void timer_entry_xapic(void);

uint64_t ticks_to_ns(uint64_t ticks)
{
	return (uint64_t)((unsigned __int128)ticks * NS_PER_SECOND / guest_boot()->tsc_hz);
}

uint64_t ns_to_ticks(uint64_t ns)
{
	return (uint64_t)((unsigned __int128)ns * guest_boot()->tsc_hz / NS_PER_SECOND);
}

void timer_init(void)
{
	interrupt_handle_raw(TIMER_VECTOR,
			     apic_is_x2apic() ? timer_entry_x2apic : timer_entry_xapic);
	apic_write(APIC_LVT_TIMER, APIC_TIMER_DEADLINE | TIMER_VECTOR);
	/* SDM 3A 11.5.4.1: without it a WRMSR of the deadline may overtake the MMIO write. */
	__asm__ volatile("mfence" ::: "memory");
}

uint64_t sleep_until_tsc(uint64_t deadline)
{
	struct percpu *cpu = this_cpu();
	uint64_t seen = cpu->timer_seen;

	wrmsr(MSR_TSC_DEADLINE, deadline);
	while (cpu->timer_seen == seen)
		wait_for_interrupt();
	return cpu->timer_tsc;
}

void delay_ns(uint64_t ns)
{
	uint64_t end = rdtsc() + ns_to_ticks(ns);

	while (rdtsc() < end)
		cpu_relax();
}
