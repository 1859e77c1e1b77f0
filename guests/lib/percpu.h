/*
 * One record per vCPU of the guest, reached through GS. Owner: that vCPU alone, except `online` and
 * `start`, which smp.c uses to hand work over. The offsets are shared with the assembly files.
 */
#ifndef GUESTS_LIB_PERCPU_H
#define GUESTS_LIB_PERCPU_H

#define GUEST_MAX_CPUS 32

#define PERCPU_SELF	  0
#define PERCPU_CATCH	  8
#define PERCPU_TIMER_TSC  16
#define PERCPU_TIMER_SEEN 24
#define PERCPU_IPI_COUNT  32
#define PERCPU_STACK_TOP  40

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

struct fault {
	int vector;
	uint64_t error;
	uint64_t rip;
	uint64_t address; /* CR2, for a page fault */
};

struct percpu {
	struct percpu *self;
	void *catch;		      /* stack of the innermost catch_fault, NULL: none */
	volatile uint64_t timer_tsc;  /* TSC at entry of the last timer interrupt */
	volatile uint64_t timer_seen; /* timer interrupts taken */
	volatile uint64_t ipi_count;  /* interrupts of ipi_entry taken */
	void *stack_top;
	unsigned index; /* 0: the boot vCPU; equal to the APIC id */
	volatile uint32_t online;
	void (*start)(unsigned index); /* what an AP runs */
	struct fault last_fault;       /* what catch_fault caught */
};

_Static_assert(offsetof(struct percpu, self) == PERCPU_SELF, "shared with assembly");
_Static_assert(offsetof(struct percpu, catch) == PERCPU_CATCH, "shared with assembly");
_Static_assert(offsetof(struct percpu, timer_tsc) == PERCPU_TIMER_TSC, "shared with assembly");
_Static_assert(offsetof(struct percpu, timer_seen) == PERCPU_TIMER_SEEN, "shared with assembly");
_Static_assert(offsetof(struct percpu, ipi_count) == PERCPU_IPI_COUNT, "shared with assembly");
_Static_assert(offsetof(struct percpu, stack_top) == PERCPU_STACK_TOP, "shared with assembly");

extern struct percpu percpus[GUEST_MAX_CPUS];

static inline struct percpu *this_cpu(void)
{
	struct percpu *cpu;

	__asm__ volatile("mov %%gs:0, %0" : "=r"(cpu));
	return cpu;
}

/* Makes the calling vCPU number `index`: record, GS base, descriptor tables. */
void percpu_init(unsigned index);
#endif

#endif
