/*
 * The 256 entries of the IDT. Exceptions share one path, which leaves a struct trap_frame (hv/traps.h)
 * on the stack; interrupts share a shorter one. CPUs push an error code for 10 of the exceptions (Intel SDM vol. 3, 6.3.1); the
 * others push a zero in its place.
 */
#define HAS_ERROR_CODE 0x60227d00	/* bits 8, 10-14, 17, 21, 29, 30 */
#define STUB_BYTES     16		/* known to hv/traps.c */

	.text
	.globl	trap_stubs
	.balign	STUB_BYTES
trap_stubs:
	vector = 0
	.rept	256
	.balign	STUB_BYTES
	.if	(vector >= 32) || ((HAS_ERROR_CODE >> (vector & 31)) & 1) == 0
	push	$0
	.endif
	push	$vector
	.if	vector < 32
	jmp	trap_common
	.else
	jmp	interrupt_common
	.endif
	vector = vector + 1
	.endr

	.type	trap_common, @function
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
	call	trap_handle
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
	add	$16, %rsp	/* vector, error code */
	iretq
	.size	trap_common, . - trap_common

/*
 * Interrupts come only where the hypervisor waits for them, inside functions whose callers expect
 * the caller-saved registers to change (hv/idle.S, trap_drain_interrupts): nothing is saved.
 */
	.type	interrupt_common, @function
interrupt_common:
	pop	%rdi
	cld
	call	trap_interrupt
	add	$8, %rsp	/* the zero in place of an error code */
	iretq
	.size	interrupt_common, . - interrupt_common

/* void trap_unblock_nmi(void): returns by IRET, which ends the blocking of NMIs. */
	.globl	trap_unblock_nmi
	.type	trap_unblock_nmi, @function
trap_unblock_nmi:
	pop	%rax
	mov	%rsp, %rcx
	mov	%ss, %edx
	push	%rdx
	push	%rcx
	pushf
	mov	%cs, %edx
	push	%rdx
	push	%rax
	iretq
	.size	trap_unblock_nmi, . - trap_unblock_nmi
