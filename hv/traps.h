/*
 * Exceptions, NMIs and interrupts of the hypervisor itself. All cores share one IDT.
 *
 * - An exception is caught if its RIP has an entry in the exception table (EXCEPTION_FIXUP): the
 *   core continues at the fix-up with all registers as they were. Any other exception is a bug of
 *   ours: panic.
 * - An NMI is the remote kick (hv/smp.h): the handler sets CORE_PENDING_KICK on this core and
 *   returns. If it interrupted the idle wait between its look at the pending mask and its HLT,
 *   it moves RIP past the HLT (hv/idle.S), so no kick is lost.
 * - Interrupts are taken in the idle wait only. Their handlers set a bit in this core's pending
 *   mask and send the EOI, nothing more.
 */
#ifndef HV_TRAPS_H
#define HV_TRAPS_H

#include <stdint.h>
#include <stdbool.h>

enum trap_vector {
	TRAP_DIVIDE = 0,
	TRAP_DEBUG = 1,
	TRAP_NMI = 2,
	TRAP_DOUBLE_FAULT = 8,
	TRAP_GENERAL_PROTECTION = 13,
	TRAP_PAGE_FAULT = 14,
	TRAP_MACHINE_CHECK = 18,
	TRAP_EXCEPTIONS = 32, /* number of exception vectors */

	VECTOR_DEVICE_FIRST = 0x30, /* host device interrupts: trap_set_device_handler() */
	VECTOR_DEVICE_LAST = 0x3f,
	VECTOR_TIMER = 0xf0,	/* local APIC timer */
	VECTOR_WAKE = 0xf1,	/* IPI that ends another core's idle wait */
	VECTOR_SPURIOUS = 0xff, /* local APIC; no EOI */
};

/* What the entry code (hv/trap_entry.S) leaves on the stack. */
struct trap_frame {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
	uint64_t rbp, rdi, rsi, rdx, rcx, rbx, rax;
	uint64_t vector;
	uint64_t error; /* 0 for vectors without an error code */
	uint64_t rip, cs, rflags, rsp, ss;
};
_Static_assert(sizeof(struct trap_frame) == 22 * 8, "known to hv/trap_entry.S");

/*
 * Text for an asm statement: when the instruction at `fault` raises an exception (any but NMI, #DF
 * and #MC), execution continues at `fixup`. Both are local labels of the same statement, such as
 * "1b", "2b". The faulting instruction must have had no partial effect that matters.
 */
#define EXCEPTION_FIXUP(fault, fixup)                                                              \
	"	.pushsection __ex_table, \"a\"\n"                                                        \
	"	.balign 8\n"                                                                             \
	"	.quad " fault ", " fixup "\n"                                                      \
	"	.popsection\n"

/* Fills the shared IDT; once, on the boot core, before traps_init_core(). */
void traps_init(void);

/* Loads the IDT on this core; segments and GS base must be set already. */
void traps_init_core(void);

/* Base of the IDT, for the VMCS host state. */
uint64_t traps_idt_base(void);

/*
 * Called on this core, IF=0, for a host device's vector; runs after its EOI. Must not block. A
 * device that polls needs none of this.
 */
void trap_set_device_handler(uint8_t vector, void (*handler)(void));

/*
 * For a VM exit caused by an NMI or by an external interrupt acknowledged on exit: does what the
 * handler of that vector would have done. For an NMI it also ends the blocking of further NMIs by
 * an IRET, which no VM entry does in Bochs (PLATFORM: known defects).
 */
void trap_nmi_after_exit(void);
void trap_interrupt(uint8_t vector);

/* Takes and handles the interrupts that are waiting at this core's APIC now: IF=1 for one moment.
 */
void trap_drain_interrupts(void);

#endif
