#include "hv/traps.h"

#include <stddef.h>

#include "drivers/apic.h"
#include "hv/core.h"
#include "hv/log.h"
#include "hv/msr.h"
#include "hv/page_pool.h"
#include "hv/panic.h"
#include "hv/segments.h"

#define VECTORS	       256
#define STUB_BYTES     16 /* known to hv/trap_entry.S */
#define INTERRUPT_GATE 0x8e

struct idt_gate {
	uint16_t offset_low;
	uint16_t selector;
	uint8_t ist;
	uint8_t type;
	uint16_t offset_middle;
	uint32_t offset_high;
	uint32_t reserved;
};
_Static_assert(sizeof(struct idt_gate) == 16, "hardware layout");

struct __attribute__((packed)) idt_register {
	uint16_t limit;
	uint64_t base;
};

struct exception_fixup {
	uint64_t fault;
	uint64_t fixup;
};

extern const uint8_t trap_stubs[];
extern const uint8_t idle_begin[], idle_end[];
extern const struct exception_fixup exception_table_start[], exception_table_end[];
void trap_unblock_nmi(void);
void trap_handle(struct trap_frame *frame); /* called from hv/trap_entry.S */

static struct idt_gate idt[VECTORS] __attribute__((aligned(16)));
static void (*device_handlers[VECTOR_DEVICE_LAST - VECTOR_DEVICE_FIRST + 1])(void);

static const char *const exception_names[] = {
	"divide error",
	"debug",
	"NMI",
	"breakpoint",
	"overflow",
	"bound range",
	"invalid opcode",
	"no device",
	"double fault",
	"reserved",
	"invalid TSS",
	"segment not present",
	"stack fault",
	"general protection",
	"page fault",
	"reserved",
	"x87 error",
	"alignment check",
	"machine check",
	"SIMD exception",
	"virtualization",
	"control protection",
};

static uint8_t ist_of_vector(uint32_t vector)
{
	switch (vector) {
	case TRAP_NMI:
		return IST_NMI;
	case TRAP_DOUBLE_FAULT:
		return IST_DOUBLE_FAULT;
	case TRAP_MACHINE_CHECK:
		return IST_MACHINE_CHECK;
	default:
		return IST_NONE;
	}
}

void traps_init(void)
{
	for (uint32_t vector = 0; vector < VECTORS; vector++) {
		uint64_t stub = (uint64_t)trap_stubs + vector * STUB_BYTES;

		idt[vector] = (struct idt_gate) {
			.offset_low = (uint16_t)stub,
			.selector = SEGMENT_CODE,
			.ist = ist_of_vector(vector),
			.type = INTERRUPT_GATE,
			.offset_middle = (uint16_t)(stub >> 16),
			.offset_high = (uint32_t)(stub >> 32),
		};
	}
}

void traps_init_core(void)
{
	struct idt_register idtr = { .limit = sizeof(idt) - 1, .base = (uint64_t)idt };

	__asm__ volatile("lidt %0" ::"m"(idtr));
}

uint64_t traps_idt_base(void)
{
	return (uint64_t)idt;
}

void trap_set_device_handler(uint8_t vector, void (*handler)(void))
{
	if (vector < VECTOR_DEVICE_FIRST || vector > VECTOR_DEVICE_LAST)
		panic("vector %u is not for devices", vector);
	device_handlers[vector - VECTOR_DEVICE_FIRST] = handler;
}

static bool fix_up(struct trap_frame *frame)
{
	const struct exception_fixup *entry = exception_table_start;

	for (; entry < exception_table_end; entry++) {
		if (entry->fault != frame->rip)
			continue;
		frame->rip = entry->fixup;
		return true;
	}
	return false;
}

static const char *exception_name(uint64_t vector)
{
	if (vector < sizeof(exception_names) / sizeof(exception_names[0]))
		return exception_names[vector];
	return "reserved";
}

/* True if the address lies in the guard page below one of this core's stacks. */
static bool is_below_a_stack(uint64_t address)
{
	const struct core *core = this_core();

	for (uint32_t i = 0; i < CORE_STACKS; i++)
		if (core->stacks[i].bottom - 1 - address < PAGE_SIZE)
			return true;
	return false;
}

static void handle_exception(struct trap_frame *frame)
{
	bool precise = frame->vector != TRAP_DOUBLE_FAULT && frame->vector != TRAP_MACHINE_CHECK;

	if (precise && fix_up(frame))
		return;
	if (frame->vector == TRAP_DOUBLE_FAULT && is_below_a_stack(cr2_read()))
		panic_at(frame, "stack overflow");
	panic_at(frame, "exception %lu (%s), error code %#lx", frame->vector,
		 exception_name(frame->vector), frame->error);
}

static void handle_nmi(struct trap_frame *frame)
{
	if (panic_in_progress())
		cpu_halt_forever();
	if (frame->rip >= (uint64_t)idle_begin && frame->rip < (uint64_t)idle_end)
		frame->rip = (uint64_t)idle_end;
	core_nmi();
}

static void handle_device(uint8_t vector)
{
	void (*handler)(void) = device_handlers[vector - VECTOR_DEVICE_FIRST];

	apic_eoi();
	if (handler != NULL)
		handler();
	core_set_pending(this_core(), CORE_PENDING_DEVICE);
}

void trap_interrupt(uint8_t vector)
{
	struct core *core = this_core();

	switch (vector) {
	case VECTOR_TIMER:
		core_set_pending(core, CORE_PENDING_TIMER);
		apic_eoi();
		return;
	case VECTOR_WAKE:
		core_set_pending(core, CORE_PENDING_WAKE);
		apic_eoi();
		return;
	case VECTOR_SPURIOUS:
		return;
	case VECTOR_DEVICE_FIRST ... VECTOR_DEVICE_LAST:
		handle_device(vector);
		return;
	default:
		apic_eoi();
		log_warn("interrupt %u, which nobody asked for", vector);
	}
}

void trap_handle(struct trap_frame *frame)
{
	if (frame->vector == TRAP_NMI)
		handle_nmi(frame);
	else
		handle_exception(frame);
}

void trap_nmi_after_exit(void)
{
	if (panic_in_progress())
		cpu_halt_forever();
	core_nmi();
	trap_unblock_nmi();
}

void trap_drain_interrupts(void)
{
	/* The shadow of STI covers the NOP: interrupts come after it, before CLI. */
	__asm__ volatile("sti; nop; nop; cli" ::
				 : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "cc",
				   "memory");
}
