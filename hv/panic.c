#include "hv/panic.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include "drivers/apic.h"
#include "drivers/power.h"
#include "hv/console.h"
#include "hv/core.h"
#include "hv/export.h"
#include "hv/log.h"
#include "hv/msr.h"
#include "hv/paging.h"
#include "hv/traps.h"

#define REASON_LENGTH	192
#define BACKTRACE_DEPTH 32
#define EXIT_CODE	99 /* of power_off() in batch runs */

bool panic_powers_off;

static struct symbol_table symbols;
static uint32_t panicking; /* atomic: 1 from the first panic on */

void panic_set_symbols(const struct symbol_table *table)
{
	symbols = *table;
}

bool panic_in_progress(void)
{
	return __atomic_load_n(&panicking, __ATOMIC_ACQUIRE) != 0;
}

/* The first core that gets here speaks; others, or a panic within the panic, stop silently. */
static void take_over(void)
{
	if (__atomic_exchange_n(&panicking, 1, __ATOMIC_ACQ_REL) != 0)
		cpu_halt_forever();
	if (core_count > 1)
		apic_send_nmi_others();
	log_enter_panic();
	console_enter_panic();
	export_enter_panic();
}

static _Noreturn void finish(void)
{
	console_flush();
	export_flush();
	if (panic_powers_off)
		power_off(EXIT_CODE);
	cpu_halt_forever();
}

/* A return address may lie behind its function's end: the call was before it. */
static void print_address(unsigned depth, uint64_t rip, bool is_return)
{
	uint64_t offset = 0;
	const char *name = symbol_lookup(&symbols, rip - is_return, &offset);

	if (name == NULL)
		log_error("  #%u %#lx", depth, rip);
	else
		log_error("  #%u %#lx %s+%#lx", depth, rip, name, offset + is_return);
}

/* Frame pointers of ours only: in the upper half, aligned, mapped, upwards. */
static bool frame_is_sound(uint64_t rbp, uint64_t previous)
{
	return rbp > previous && rbp >= DIRECT_MAP_BASE && rbp % 8 == 0 &&
	       paging_is_mapped((const void *)rbp) && paging_is_mapped((const void *)(rbp + 8));
}

static void print_callers(unsigned depth, uint64_t rbp)
{
	uint64_t previous = 0;

	for (; depth < BACKTRACE_DEPTH; depth++) {
		const uint64_t *frame = (const uint64_t *)rbp;

		if (!frame_is_sound(rbp, previous) || frame[1] == 0)
			return;
		print_address(depth, frame[1], true);
		previous = rbp;
		rbp = frame[0];
	}
}

void backtrace_print(uint64_t rip, uint64_t rbp)
{
	print_address(0, rip, false);
	print_callers(1, rbp);
}

static void print_registers(const struct trap_frame *f)
{
	log_error("rip %016lx rsp %016lx rflags %08lx cs %02lx", f->rip, f->rsp, f->rflags, f->cs);
	log_error("rax %016lx rbx %016lx rcx %016lx rdx %016lx", f->rax, f->rbx, f->rcx, f->rdx);
	log_error("rsi %016lx rdi %016lx rbp %016lx r8  %016lx", f->rsi, f->rdi, f->rbp, f->r8);
	log_error("r9  %016lx r10 %016lx r11 %016lx r12 %016lx", f->r9, f->r10, f->r11, f->r12);
	log_error("r13 %016lx r14 %016lx r15 %016lx", f->r13, f->r14, f->r15);
}

static void print_control_registers(void)
{
	log_error("cr0 %08lx cr2 %016lx cr3 %lx cr4 %08lx", cr0_read(), cr2_read(), cr3_read(),
		  cr4_read());
}

static void print_reason(const char *format, va_list arguments)
{
	char reason[REASON_LENGTH];

	vsnprintf(reason, sizeof(reason), format, arguments);
	log_error("panic on core %u: %s", this_core()->index, reason);
}

void panic(const char *format, ...)
{
	va_list arguments;

	take_over();
	va_start(arguments, format);
	print_reason(format, arguments);
	va_end(arguments);
	print_control_registers();
	print_callers(0, (uint64_t)__builtin_frame_address(0));
	finish();
}

void panic_at(const struct trap_frame *frame, const char *format, ...)
{
	va_list arguments;

	take_over();
	va_start(arguments, format);
	print_reason(format, arguments);
	va_end(arguments);
	print_registers(frame);
	print_control_registers();
	backtrace_print(frame->rip, frame->rbp);
	finish();
}
