/*
 * Runs random bytes as code at CPL 0 with random registers. Faults are caught; vCPU 1 sends NMIs to
 * get vCPU 0 out of loops; only RAM is mapped. Expected: it goes on until its rounds are over, or
 * destroys itself, or this VM stops; nobody else notices. Needs 2 vCPUs and x2APIC.
 * Command line: seed=N, rounds=N (default 1000).
 */
#include <stdio.h>

#include "guests/lib/apic.h"
#include "guests/lib/args.h"
#include "guests/lib/boot.h"
#include "guests/lib/cpu.h"
#include "guests/lib/fault.h"
#include "guests/lib/interrupt.h"
#include "guests/lib/paging.h"
#include "guests/lib/random.h"
#include "guests/lib/smp.h"
#include "guests/lib/timer.h"

#define CODE_SIZE   128
#define STACK_SIZE  4096
#define REGISTERS   15
#define WATCHDOG_NS 300000

volatile uint8_t code[4096] __attribute__((aligned(4096)));
static uint8_t stack[STACK_SIZE] __attribute__((aligned(4096)));
volatile uint64_t registers[REGISTERS];
static volatile bool finished;

static void on_nmi(struct trap_frame *frame)
{
	if (this_cpu()->catch)
		interrupt_abandon(frame);
}

/* An INT n among the random bytes. */
static void on_interrupt(struct trap_frame *frame)
{
	interrupt_abandon(frame);
}

static void watch(unsigned index)
{
	(void)index;
	while (!finished) {
		delay_ns(WATCHDOG_NS);
		apic_send(0, APIC_ICR_NMI | APIC_ICR_ASSERT);
	}
}

/* Loads every register and jumps; only a fault or an NMI leads back. */
static void run(void *arg)
{
	(void)arg;
	__asm__ volatile("mov %0, %%rsp\n\t"
			 "lea registers(%%rip), %%r15\n\t"
			 "mov (%%r15), %%rax; mov 8(%%r15), %%rbx; mov 16(%%r15), %%rcx\n\t"
			 "mov 24(%%r15), %%rdx; mov 32(%%r15), %%rsi; mov 40(%%r15), %%rdi\n\t"
			 "mov 48(%%r15), %%rbp; mov 56(%%r15), %%r8; mov 64(%%r15), %%r9\n\t"
			 "mov 72(%%r15), %%r10; mov 80(%%r15), %%r11; mov 88(%%r15), %%r12\n\t"
			 "mov 96(%%r15), %%r13; mov 104(%%r15), %%r14; mov 112(%%r15), %%r15\n\t"
			 "jmp code" ::"r"(stack + STACK_SIZE / 2));
	__builtin_unreachable();
}

static bool run_round(struct random *random)
{
	for (unsigned i = 0; i < CODE_SIZE; i++)
		code[i] = (uint8_t)random_next(random);
	for (unsigned i = 0; i < REGISTERS; i++)
		registers[i] = random_next(random);
	code[CODE_SIZE] = 0x0f; /* UD2 */
	code[CODE_SIZE + 1] = 0x0b;
	return catch_fault(run, NULL) == VECTOR_NMI;
}

int main(void)
{
	const char *line = guest_cmdline();
	struct random random = { arg_u64(line, "seed", 1) };
	uint64_t rounds = arg_u64(line, "rounds", 1000), loops = 0;

	apic_init();
	interrupt_handle(VECTOR_NMI, on_nmi);
	for (unsigned v = VECTOR_FIRST_FREE; v < 256; v++)
		interrupt_handle(v, on_interrupt);
	if (!apic_is_x2apic() || !smp_start(1, watch)) {
		printf("chaos: needs 2 vCPUs and x2APIC\n");
		return 2;
	}
	paging_identity(guest_boot()->memory_low);
	printf("random code follows\n");
	for (uint64_t i = 0; i < rounds; i++) {
		loops += run_round(&random);
		interrupts_off();
	}
	finished = true;
	printf("%lu of %lu rounds had to be stopped\n", loops, rounds);
	printf("PASS\n");
	return 0;
}
