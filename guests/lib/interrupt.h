/*
 * Descriptor tables, interrupts and exceptions. Every vector has a stub; C handlers run with
 * interrupts off and with the interrupted SSE state saved. A handler of an interrupt from the local
 * APIC calls apic_eoi itself. An exception that nobody handles is printed and stops the VM with
 * code 128 + vector. NMI, #DF and #MC have stacks of their own (IST).
 */
#ifndef GUESTS_LIB_INTERRUPT_H
#define GUESTS_LIB_INTERRUPT_H

#include <stdint.h>

enum vector {
	VECTOR_DE = 0,
	VECTOR_DB = 1,
	VECTOR_NMI = 2,
	VECTOR_BP = 3,
	VECTOR_UD = 6,
	VECTOR_NM = 7,
	VECTOR_DF = 8,
	VECTOR_TS = 10,
	VECTOR_NP = 11,
	VECTOR_SS = 12,
	VECTOR_GP = 13,
	VECTOR_PF = 14,
	VECTOR_MF = 16,
	VECTOR_AC = 17,
	VECTOR_MC = 18,
	VECTOR_XM = 19,
	VECTOR_FIRST_FREE = 32,
	VECTOR_SPURIOUS = 0xff,
};

/* Selectors of the GDT that percpu_init loads. */
enum selector {
	SELECTOR_CODE64 = 0x08,
	SELECTOR_DATA = 0x10,
	SELECTOR_CODE32 = 0x18,
	SELECTOR_CODE16 = 0x20,
	SELECTOR_DATA16 = 0x28,
	SELECTOR_USER_DATA = 0x30 | 3,
	SELECTOR_USER_CODE64 = 0x38 | 3,
	SELECTOR_TSS = 0x40, /* of vCPU 0; 16 bytes for each further one */
};

/* Registers as the common stub saved them (interrupt.S); handlers may change them. */
struct trap_frame {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
	uint64_t rbp, rdi, rsi, rdx, rcx, rbx, rax;
	uint64_t vector, error;
	uint64_t rip, cs, rflags, rsp, ss;
};

_Static_assert(sizeof(struct trap_frame) == 22 * 8, "shared with interrupt.S");

typedef void interrupt_handler(struct trap_frame *frame);

/* For all vCPUs. NULL takes the handler away. A handler of an exception comes before catch_fault.
 */
void interrupt_handle(unsigned vector, interrupt_handler *handler);

/* Puts an assembly routine straight into the IDT: it sees the CPU's frame and ends with IRETQ. */
void interrupt_handle_raw(unsigned vector, void (*entry)(void));

/* For a handler: execution goes on behind the innermost catch_fault of this vCPU, which then
 * returns this interrupt's vector. Only while this_cpu()->catch is not NULL. */
void interrupt_abandon(struct trap_frame *frame);

#endif
