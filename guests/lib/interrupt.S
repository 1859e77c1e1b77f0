/* Interrupt stubs, one for each vector, 16 bytes apart, and their common part. */

#include "guests/lib/percpu.h"

#define FXSAVE_SIZE 512

	.text
	.balign 16
	.globl interrupt_stubs
interrupt_stubs:
	vector = 0
	.rept 256
	.balign 16
	.if vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21
	.else
	push	$0
	.endif
	pushq	$vector
	jmp	trap_common
	vector = vector + 1
	.endr

trap_common:
	push	%rax
	push	%rbx
	push	%rcx
	push	%rdx
	push	%rsi
	push	%rdi
	push	%rbp
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	cld
	mov	%rsp, %rdi
	mov	%rsp, %rbp
	sub	$FXSAVE_SIZE, %rsp
	and	$~15, %rsp
	fxsave64 (%rsp)
	call	trap_dispatch
	fxrstor64 (%rsp)
	mov	%rbp, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rbp
	pop	%rdi
	pop	%rsi
	pop	%rdx
	pop	%rcx
	pop	%rbx
	pop	%rax
	add	$16, %rsp
	iretq

/*
 * int catch_fault(void (*fn)(void *), void *arg): the record of the innermost call is the stack
 * pointer kept in this vCPU's percpu.catch. trap_dispatch resumes at catch_resume with that stack
 * and the vector in RAX.
 */
	.globl catch_fault, catch_resume
catch_fault:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	pushq	%gs:PERCPU_CATCH
	mov	%rsp, %gs:PERCPU_CATCH
	mov	%rdi, %rax
	mov	%rsi, %rdi
	call	*%rax
	mov	$-1, %eax
catch_resume:
	popq	%gs:PERCPU_CATCH
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret

/*
 * The shortest handlers, installed by interrupt_handle_raw: the timer one reads the TSC within its
 * first instructions, since that value is the measured wake-up time.
 */
	.globl timer_entry_x2apic, timer_entry_xapic, ipi_entry_x2apic, ipi_entry_xapic

.macro eoi_x2apic
	mov	$0x80b, %ecx
	xor	%eax, %eax
	xor	%edx, %edx
	wrmsr
.endm

.macro eoi_xapic
	mov	$0xfee000b0, %ecx
	movl	$0, (%rcx)
.endm

.macro timer_entry eoi
	push	%rax
	push	%rdx
	rdtsc
	push	%rcx
	shl	$32, %rdx
	or	%rdx, %rax
	mov	%rax, %gs:PERCPU_TIMER_TSC
	incq	%gs:PERCPU_TIMER_SEEN
	\eoi
	pop	%rcx
	pop	%rdx
	pop	%rax
	iretq
.endm

.macro ipi_entry eoi
	push	%rax
	push	%rcx
	push	%rdx
	incq	%gs:PERCPU_IPI_COUNT
	\eoi
	pop	%rdx
	pop	%rcx
	pop	%rax
	iretq
.endm

timer_entry_x2apic:
	timer_entry eoi_x2apic
timer_entry_xapic:
	timer_entry eoi_xapic
ipi_entry_x2apic:
	ipi_entry eoi_x2apic
ipi_entry_xapic:
	ipi_entry eoi_xapic

	.section .note.GNU-stack, "", @progbits
