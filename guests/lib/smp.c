#include "guests/lib/smp.h"

#include <stdint.h>
#include <string.h>

#include "guests/lib/apic.h"
#include "guests/lib/boot.h"
#include "guests/lib/cpu.h"
#include "guests/lib/percpu.h"
#include "guests/lib/timer.h"

#define AP_STACK_SIZE	 16384
#define INIT_DELAY_NS	 200000 /* SDM asks 10 ms of old hardware; nothing since the P6 needs it */
#define STARTUP_DELAY_NS 200000
#define PATIENCE_NS	 1000000000

/* Layout of the words at the end of trampoline.S. */
struct trampoline_data {
	uint64_t cr3, stack, sse, index, entry;
};

extern char trampoline_begin[], trampoline_data[], trampoline_end[];
void enable_sse(void);

static uint8_t ap_stacks[GUEST_MAX_CPUS][AP_STACK_SIZE] __attribute__((aligned(16)));

static _Noreturn void ap_main(uint64_t index)
{
	struct percpu *cpu = &percpus[index];

	percpu_init((unsigned)index);
	apic_init();
	__atomic_store_n(&cpu->online, 1, __ATOMIC_RELEASE);
	cpu->start((unsigned)index);
	for (;;)
		__asm__ volatile("cli; hlt");
}

static void place_trampoline(unsigned index)
{
	char *page = (char *)(uintptr_t)SMP_TRAMPOLINE;
	struct trampoline_data data = {
		.cr3 = read_cr3(),
		.stack = (uintptr_t)ap_stacks[index] + AP_STACK_SIZE,
		.sse = (uintptr_t)enable_sse,
		.index = index,
		.entry = (uintptr_t)ap_main,
	};

	memcpy(page, trampoline_begin, (size_t)(trampoline_end - trampoline_begin));
	memcpy(page + (trampoline_data - trampoline_begin), &data, sizeof(data));
}

static bool wait_online(const struct percpu *cpu, uint64_t ns)
{
	uint64_t end = rdtsc() + ns_to_ticks(ns);

	while (!__atomic_load_n(&cpu->online, __ATOMIC_ACQUIRE)) {
		if (rdtsc() > end)
			return false;
		cpu_relax();
	}
	return true;
}

bool smp_start(unsigned id, void (*work)(unsigned index))
{
	struct percpu *cpu = &percpus[id];
	uint32_t startup = APIC_ICR_STARTUP | APIC_ICR_ASSERT | SMP_TRAMPOLINE >> 12;

	place_trampoline(id);
	cpu->start = work;
	cpu->stack_top = ap_stacks[id] + AP_STACK_SIZE;
	apic_send(id, APIC_ICR_INIT | APIC_ICR_ASSERT);
	delay_ns(INIT_DELAY_NS);
	apic_send(id, startup);
	if (wait_online(cpu, STARTUP_DELAY_NS))
		return true;
	apic_send(id, startup);
	return wait_online(cpu, PATIENCE_NS);
}

unsigned smp_start_all(void (*work)(unsigned index))
{
	unsigned count = guest_boot()->vcpu_count;
	unsigned running = 1;

	if (count > GUEST_MAX_CPUS)
		count = GUEST_MAX_CPUS;
	for (unsigned id = 1; id < count; id++)
		running += smp_start(id, work);
	return running;
}
