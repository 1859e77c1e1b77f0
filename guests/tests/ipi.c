/* Interrupts between and inside vCPUs: priorities, TPR, shorthands, NMI. Command line: apic=xapic.
 */
#include "guests/lib/apic.h"
#include "guests/lib/boot.h"
#include "guests/lib/cpu.h"
#include "guests/lib/interrupt.h"
#include "guests/lib/percpu.h"
#include "guests/lib/smp.h"
#include "guests/lib/timer.h"
#include "guests/lib/verdict.h"

#define LOW_VECTOR  0x51
#define HIGH_VECTOR 0x91
#define IPI_VECTOR  0x61
#define QUIT_VECTOR 0x62
#define PATIENCE_NS 2000000000ull

static volatile unsigned order[4], taken;
static volatile uint32_t ipis[GUEST_MAX_CPUS], nmis[GUEST_MAX_CPUS], quits;

static void record(struct trap_frame *frame)
{
	if (taken < 4)
		order[taken] = (unsigned)frame->vector;
	taken++;
	apic_eoi();
}

static void count_ipi(struct trap_frame *frame)
{
	(void)frame;
	ipis[this_cpu()->index]++;
	apic_eoi();
}

static void count_nmi(struct trap_frame *frame)
{
	(void)frame;
	nmis[this_cpu()->index]++;
}

static void quit(struct trap_frame *frame)
{
	(void)frame;
	__atomic_add_fetch(&quits, 1, __ATOMIC_RELAXED);
	apic_eoi();
}

static void settle(void)
{
	interrupts_on();
	for (unsigned i = 0; i < 100; i++)
		cpu_relax();
	interrupts_off();
}

static bool bit_set(enum apic_register base, uint8_t vector)
{
	return apic_read(base + vector / 32 * 16) >> vector % 32 & 1;
}

static void test_priority(void)
{
	taken = 0;
	apic_self_ipi(LOW_VECTOR);
	apic_self_ipi(HIGH_VECTOR);
	check(taken == 0, "an interrupt with IF clear");
	check(bit_set(APIC_IRR, LOW_VECTOR) && bit_set(APIC_IRR, HIGH_VECTOR),
	      "pending vectors are not in IRR");
	settle();
	check(taken == 2, "%u of 2 interrupts came", taken);
	check(order[0] == HIGH_VECTOR && order[1] == LOW_VECTOR, "order %#x, %#x", order[0],
	      order[1]);
	check(!bit_set(APIC_IRR, LOW_VECTOR) && !bit_set(APIC_ISR, LOW_VECTOR),
	      "a vector stays after its end");
}

static void test_merge(void)
{
	taken = 0;
	apic_self_ipi(LOW_VECTOR);
	apic_self_ipi(LOW_VECTOR);
	settle();
	check(taken == 1, "a vector sent twice while pending came %u times", taken);
}

static void test_tpr(void)
{
	taken = 0;
	write_cr8(LOW_VECTOR >> 4);
	check(apic_read(APIC_TPR) == (LOW_VECTOR & 0xf0u), "CR8 does not show in TPR");
	apic_self_ipi(LOW_VECTOR);
	apic_self_ipi(HIGH_VECTOR);
	settle();
	check(taken == 1 && order[0] == HIGH_VECTOR, "TPR: %u came, first %#x", taken, order[0]);
	write_cr8(0);
	settle();
	check(taken == 2 && order[1] == LOW_VECTOR, "lowering CR8 let %u come", taken);
}

static void test_self_shorthand(void)
{
	taken = 0;
	apic_send(0, APIC_ICR_SELF | APIC_ICR_ASSERT | LOW_VECTOR);
	settle();
	check(taken == 1, "self shorthand: %u came", taken);
}

static void test_self_nmi(void)
{
	nmis[0] = 0;
	apic_send(0, APIC_ICR_NMI | APIC_ICR_ASSERT);
	for (unsigned i = 0; i < 100 && nmis[0] == 0; i++)
		cpu_relax();
	check(nmis[0] == 1, "an NMI to itself came %u times", (unsigned)nmis[0]);
}

/* What the other vCPUs do: halt with interrupts on, so that each IPI has to wake them. */
static void serve(unsigned index)
{
	(void)index;
	while (!quits)
		wait_for_interrupt();
}

/* All but vCPU 0 must count that many. */
static void expect_counts(const volatile uint32_t *counts, unsigned cpus, uint32_t wanted,
			  const char *what)
{
	uint64_t end = rdtsc() + ns_to_ticks(PATIENCE_NS);

	for (unsigned i = 1; i < cpus; i++) {
		while (counts[i] < wanted && rdtsc() < end)
			cpu_relax();
		check(counts[i] == wanted, "%s: vCPU %u counts %u, not %u", what, i,
		      (unsigned)counts[i], (unsigned)wanted);
	}
}

static void test_others(unsigned cpus)
{
	for (unsigned id = 1; id < cpus; id++)
		apic_send(id, APIC_ICR_FIXED | APIC_ICR_ASSERT | IPI_VECTOR);
	expect_counts(ipis, cpus, 1, "directed IPI");
	apic_send(0, APIC_ICR_ALL_BUT_SELF | APIC_ICR_ASSERT | IPI_VECTOR);
	expect_counts(ipis, cpus, 2, "all-but-self IPI");
	check(ipis[0] == 0, "all-but-self reached its sender");
	for (unsigned id = 1; id < cpus; id++)
		apic_send(id, APIC_ICR_NMI | APIC_ICR_ASSERT);
	expect_counts(nmis, cpus, 1, "NMI");
	apic_send(0, APIC_ICR_ALL | APIC_ICR_ASSERT | IPI_VECTOR);
	settle();
	expect_counts(ipis, cpus, 3, "IPI to all");
	check(ipis[0] == 1, "the IPI to all reached its sender %u times", (unsigned)ipis[0]);
}

int main(void)
{
	unsigned cpus;

	apic_init();
	interrupt_handle(LOW_VECTOR, record);
	interrupt_handle(HIGH_VECTOR, record);
	interrupt_handle(IPI_VECTOR, count_ipi);
	interrupt_handle(QUIT_VECTOR, quit);
	interrupt_handle(VECTOR_NMI, count_nmi);
	test_priority();
	test_merge();
	test_tpr();
	test_self_shorthand();
	test_self_nmi();
	cpus = smp_start_all(serve);
	check(cpus == guest_boot()->vcpu_count, "%u of %u vCPUs run", cpus,
	      (unsigned)guest_boot()->vcpu_count);
	nmis[0] = 0;
	test_others(cpus);
	apic_send(0, APIC_ICR_ALL_BUT_SELF | APIC_ICR_ASSERT | QUIT_VECTOR);
	return verdict();
}
