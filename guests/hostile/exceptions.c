/*
 * Storms of exceptions. Expected: each is delivered to this guest, or this VM stops.
 * Command line, what=
 *   storm   100,000 each of #UD, #GP, #PF, #DE, #BP and NMI (the default)
 *   vectors INT n for all 256 vectors
 *   double  an exception whose handler cannot be reached: #DF
 *   nested  #UD within the #UD handler until the stack is used up
 *   debug   single step through everything, and a breakpoint on the stack of #DB itself
 */
#include <stdio.h>

#include "guests/lib/apic.h"
#include "guests/lib/args.h"
#include "guests/lib/boot.h"
#include "guests/lib/cpu.h"
#include "guests/lib/fault.h"
#include "guests/lib/interrupt.h"
#include "guests/lib/verdict.h"

#define STORM	  100000
#define NMI_STORM 10000
#define RFLAGS_TF (1u << 8)

static volatile uint64_t taken;

static void do_ud(void *arg)
{
	(void)arg;
	__asm__ volatile("ud2");
}

static void do_gp(void *arg)
{
	(void)arg;
	__asm__ volatile("mov %0, %%ds" ::"r"(0xfff8));
}

static void do_pf(void *arg)
{
	(void)arg;
	*(volatile uint8_t *)0x7f0000000000 = 0;
}

static void do_de(void *arg)
{
	uint64_t zero = 0;

	(void)arg;
	__asm__ volatile("xor %%edx, %%edx; div %0" ::"r"(zero) : "rax", "rdx", "cc");
}

static void do_bp(void *arg)
{
	(void)arg;
	__asm__ volatile("int3");
}

static void do_ss(void *arg)
{
	(void)arg;
	__asm__ volatile("mov %%rsp, %%rbx; mov %0, %%rsp; pop %%rax; mov %%rbx, %%rsp" ::"r"(
				 0x8000000000000000)
			 : "rax", "rbx", "memory");
}

static const struct {
	const char *name;
	void (*raise)(void *arg);
	int vector;
} kinds[] = {
	{ "#UD", do_ud, VECTOR_UD }, { "#GP", do_gp, VECTOR_GP },
	{ "#PF", do_pf, VECTOR_PF }, { "#DE", do_de, VECTOR_DE },
	{ "#BP", do_bp, VECTOR_BP }, { "#SS on a stack that is not there", do_ss, VECTOR_DF },
};

static void count(struct trap_frame *frame)
{
	(void)frame;
	taken++;
}

static void nmi_storm(void)
{
	interrupt_handle(VECTOR_NMI, count);
	apic_init();
	for (unsigned i = 0; i < NMI_STORM; i++) {
		uint64_t before = taken;

		apic_send(0, APIC_ICR_NMI | APIC_ICR_ASSERT);
		for (unsigned turn = 0; turn < 1000 && taken == before; turn++)
			cpu_relax();
	}
	check(taken == NMI_STORM, "%lu of %u NMIs came", taken, NMI_STORM);
}

static void storm(void)
{
	for (unsigned kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++) {
		unsigned right = 0;

		for (unsigned i = 0; i < STORM; i++)
			right += catch_fault(kinds[kind].raise, NULL) == kinds[kind].vector;
		check(right == STORM, "%s: %u of %u", kinds[kind].name, right, STORM);
	}
	nmi_storm();
}

/* INT n is written into code, since the vector is part of the instruction. */
static void vectors(void)
{
	static uint8_t code[3] = { 0xcd, 0, 0xc3 };

	for (unsigned v = 0; v < 256; v++)
		interrupt_handle(v, count);
	for (unsigned v = 0; v < 256; v++) {
		uint64_t before = taken;

		*(volatile uint8_t *)&code[1] = (uint8_t)v;
		if (v == 8 || (v >= 10 && v <= 14) || v == 17 || v == 21)
			continue; /* INT n pushes no error code, our stubs expect one there */
		((void (*)(void))(uintptr_t)code)();
		check(taken == before + 1, "INT %u came %lu times", v, taken - before);
	}
}

static void on_double_fault(struct trap_frame *frame)
{
	printf("double fault, error code %lu\n", frame->error);
	check(frame->error == 0, "error code of #DF");
	stop_vm(verdict());
}

/* Entry of #PF at an address that is not canonical: the #GP of its delivery makes a #DF. */
static void double_fault(void)
{
	interrupt_handle(VECTOR_DF, on_double_fault);
	interrupt_handle_raw(VECTOR_PF, (void (*)(void))0x0001000000000000);
	do_pf(NULL);
	check(false, "survived");
}

static void fault_again(struct trap_frame *frame)
{
	(void)frame;
	taken++;
	__asm__ volatile("ud2");
}

static void out_of_stack(struct trap_frame *frame)
{
	printf("%lu nested faults, then #DF at rsp %#lx\n", taken, frame->rsp);
	check(taken > 1, "only %lu nested faults", taken);
	stop_vm(verdict());
}

/* The stack lies at the bottom of the address space, below which nothing is mapped. */
static void nested(void)
{
	interrupt_handle(VECTOR_UD, fault_again);
	interrupt_handle(VECTOR_DF, out_of_stack);
	__asm__ volatile("mov %0, %%rsp; ud2" ::"r"(0x1000ull));
	__builtin_unreachable();
}

static void on_debug(struct trap_frame *frame)
{
	taken++;
	if (taken == STORM)
		frame->rflags &= ~(uint64_t)RFLAGS_TF;
}

static void debug(void)
{
	uint64_t zero = 0, stack;

	interrupt_handle(VECTOR_DB, on_debug);
	__asm__ volatile("pushfq; orl %0, (%%rsp); popfq" ::"i"(RFLAGS_TF) : "memory", "cc");
	while (taken < STORM)
		cpuid(0, 0);
	check(taken == STORM, "%lu single steps", taken);
	/* A write breakpoint on the words that delivering #DB pushes. */
	taken = 0;
	__asm__ volatile("lea -64(%%rsp), %0; and $~7, %0; mov %0, %%dr0" : "=r"(stack));
	__asm__ volatile("mov %0, %%dr7" ::"r"(0xd0001ull));
	do_bp(NULL);
	catch_fault(do_ud, NULL);
	__asm__ volatile("mov %0, %%dr7" ::"r"(zero));
	printf("%lu breakpoints on the stack\n", taken);
}

static void ignore_breakpoint(struct trap_frame *frame)
{
	(void)frame;
}

int main(void)
{
	const char *line = guest_cmdline();

	if (arg_is(line, "what", "vectors"))
		vectors();
	else if (arg_is(line, "what", "double"))
		double_fault();
	else if (arg_is(line, "what", "nested"))
		nested();
	else if (arg_is(line, "what", "debug")) {
		interrupt_handle(VECTOR_BP, ignore_breakpoint);
		debug();
	} else
		storm();
	return verdict();
}
