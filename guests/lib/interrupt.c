#include "guests/lib/interrupt.h"

#include <stddef.h>
#include <stdio.h>

#include "guests/lib/boot.h"
#include "guests/lib/console.h"
#include "guests/lib/cpu.h"
#include "guests/lib/percpu.h"

#define IST_STACK_SIZE 4096
#define STUB_SIZE      16
#define EXCEPTIONS     32
#define GATE_INTERRUPT 0x8e /* present, DPL 0, 64-bit interrupt gate */
#define TSS_AVAILABLE  0x89

enum ist { IST_NONE = 0, IST_NMI = 1, IST_DF = 2, IST_MC = 3, IST_COUNT = 3 };

struct gate {
	uint16_t offset_low, selector;
	uint8_t ist, type;
	uint16_t offset_middle;
	uint32_t offset_high, reserved;
};

struct __attribute__((packed)) tss {
	uint32_t reserved0;
	uint64_t rsp[3];
	uint64_t reserved1;
	uint64_t ist[7];
	uint64_t reserved2;
	uint16_t reserved3, iomap_base;
};

struct __attribute__((packed)) table_register {
	uint16_t limit;
	uint64_t base;
};

_Static_assert(sizeof(struct gate) == 16, "SDM 3A 6.14.1");
_Static_assert(sizeof(struct tss) == 104, "SDM 3A 7.7");

extern char interrupt_stubs[], catch_resume[];
void trap_dispatch(struct trap_frame *frame);

struct percpu percpus[GUEST_MAX_CPUS];

static struct gate idt[256] __attribute__((aligned(16)));
static struct tss tss[GUEST_MAX_CPUS];
static uint8_t ist_stacks[GUEST_MAX_CPUS][IST_COUNT][IST_STACK_SIZE] __attribute__((aligned(16)));
static interrupt_handler *handlers[256];

static uint64_t gdt[SELECTOR_TSS / 8 + 2 * GUEST_MAX_CPUS] = {
	[SELECTOR_CODE64 / 8] = 0x00af9b000000ffff,
	[SELECTOR_DATA / 8] = 0x00cf93000000ffff,
	[SELECTOR_CODE32 / 8] = 0x00cf9b000000ffff,
	[SELECTOR_CODE16 / 8] = 0x00009b000000ffff,
	[SELECTOR_DATA16 / 8] = 0x000093000000ffff,
	[SELECTOR_USER_DATA / 8] = 0x00cff3000000ffff,
	[SELECTOR_USER_CODE64 / 8] = 0x00affb000000ffff,
};

static void set_gate(unsigned vector, uintptr_t entry, uint8_t ist)
{
	idt[vector] = (struct gate) {
		.offset_low = (uint16_t)entry,
		.selector = SELECTOR_CODE64,
		.ist = ist,
		.type = GATE_INTERRUPT,
		.offset_middle = (uint16_t)(entry >> 16),
		.offset_high = (uint32_t)(entry >> 32),
	};
}

static uint8_t ist_of(unsigned vector)
{
	switch (vector) {
	case VECTOR_NMI:
		return IST_NMI;
	case VECTOR_DF:
		return IST_DF;
	case VECTOR_MC:
		return IST_MC;
	default:
		return IST_NONE;
	}
}

static void fill_idt(void)
{
	for (unsigned v = 0; v < 256; v++)
		set_gate(v, (uintptr_t)interrupt_stubs + v * STUB_SIZE, ist_of(v));
}

static void fill_tss(unsigned index)
{
	uintptr_t base = (uintptr_t)&tss[index];
	uint64_t *descriptor = &gdt[SELECTOR_TSS / 8 + 2 * index];

	for (unsigned i = 0; i < IST_COUNT; i++)
		tss[index].ist[i] = (uintptr_t)ist_stacks[index][i] + IST_STACK_SIZE;
	tss[index].iomap_base = sizeof(struct tss);
	descriptor[0] = (sizeof(struct tss) - 1) | (base & 0xffffff) << 16 |
			(uint64_t)TSS_AVAILABLE << 40 | (base >> 24 & 0xff) << 56;
	descriptor[1] = base >> 32;
}

static void load_tables(unsigned index)
{
	struct table_register gdtr = { sizeof(gdt) - 1, (uintptr_t)gdt };
	struct table_register idtr = { sizeof(idt) - 1, (uintptr_t)idt };
	uint64_t rax;

	__asm__ volatile("lgdt %1\n\t"
			 "pushq %2\n\t"
			 "lea 1f(%%rip), %0\n\t"
			 "push %0\n\t"
			 "lretq\n"
			 "1:\tmov %3, %%ds\n\t"
			 "mov %3, %%es\n\t"
			 "mov %3, %%ss\n\t"
			 "mov %4, %%fs\n\t"
			 "mov %4, %%gs\n\t"
			 "lidt %5\n\t"
			 "ltr %w6"
			 : "=&r"(rax)
			 : "m"(gdtr), "i"(SELECTOR_CODE64), "r"(SELECTOR_DATA), "r"(0), "m"(idtr),
			   "r"(SELECTOR_TSS + 16 * index)
			 : "memory");
}

void percpu_init(unsigned index)
{
	struct percpu *cpu = &percpus[index];

	if (index == 0)
		fill_idt();
	fill_tss(index);
	load_tables(index);
	cpu->self = cpu;
	cpu->index = index;
	wrmsr(MSR_GS_BASE, (uintptr_t)cpu);
}

void interrupt_handle(unsigned vector, interrupt_handler *handler)
{
	handlers[vector] = handler;
	set_gate(vector, (uintptr_t)interrupt_stubs + vector * STUB_SIZE, ist_of(vector));
}

void interrupt_handle_raw(unsigned vector, void (*entry)(void))
{
	set_gate(vector, (uintptr_t)entry, ist_of(vector));
}

void interrupt_abandon(struct trap_frame *frame)
{
	struct percpu *cpu = this_cpu();

	cpu->last_fault = (struct fault) {
		.vector = (int)frame->vector,
		.error = frame->error,
		.rip = frame->rip,
		.address = frame->vector == VECTOR_PF ? read_cr2() : 0,
	};
	frame->rax = frame->vector;
	frame->rip = (uintptr_t)catch_resume;
	frame->rsp = (uintptr_t)cpu->catch;
	frame->cs = SELECTOR_CODE64;
	frame->ss = SELECTOR_DATA;
	frame->rflags &= RFLAGS_IF;
	frame->rflags |= 2;
}

static _Noreturn void die(const struct trap_frame *frame)
{
	say("guest: vector %lu error %#lx at rip %#lx rsp %#lx rflags %#lx cr2 %#lx on vCPU %u\n",
	    frame->vector, frame->error, frame->rip, frame->rsp, frame->rflags, read_cr2(),
	    this_cpu()->index);
	stop_vm(128 + (int)frame->vector);
}

void trap_dispatch(struct trap_frame *frame)
{
	if (handlers[frame->vector])
		handlers[frame->vector](frame);
	else if (frame->vector < EXCEPTIONS && this_cpu()->catch)
		interrupt_abandon(frame);
	else if (frame->vector != VECTOR_SPURIOUS)
		die(frame);
}
