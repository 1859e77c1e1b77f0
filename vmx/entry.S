/*
 * The world switch. Guest registers live in the vCPU while the hypervisor runs; RSP, RIP and RFLAGS
 * live in the VMCS. Vector registers are not touched: the hypervisor does not use them, and they
 * change hands when a core changes its vCPU (vmx/vector_state.c).
 *
 * Offsets come from vmx/offsets.c, generated.
 */
#include "offsets.h"

#define HOST_RSP 0x6c14		/* VMCS encoding, asserted in vmx/offsets.c */

	.macro	load_guest_registers
	mov	VCPU_RAX(%rdi), %rax
	mov	VCPU_RCX(%rdi), %rcx
	mov	VCPU_RDX(%rdi), %rdx
	mov	VCPU_RBX(%rdi), %rbx
	mov	VCPU_RBP(%rdi), %rbp
	mov	VCPU_RSI(%rdi), %rsi
	mov	VCPU_R8(%rdi), %r8
	mov	VCPU_R9(%rdi), %r9
	mov	VCPU_R10(%rdi), %r10
	mov	VCPU_R11(%rdi), %r11
	mov	VCPU_R12(%rdi), %r12
	mov	VCPU_R13(%rdi), %r13
	mov	VCPU_R14(%rdi), %r14
	mov	VCPU_R15(%rdi), %r15
	mov	VCPU_RDI(%rdi), %rdi
	.endm

	.text

/*
 * enum vmx_verdict vmx_run_guest(struct vcpu *vcpu)
 *
 * Enters the guest again and again until vmx_handle_exit() returns something other than zero
 * (VMX_RESUME); returns that. The vCPU's VMCS is current.
 */
	.globl	vmx_run_guest
	.type	vmx_run_guest, @function
vmx_run_guest:
	push	%rbp
	push	%rbx
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	push	%rdi
	mov	$HOST_RSP, %edx
	vmwrite	%rsp, %rdx
	cmpl	$0, VCPU_LAUNCHED(%rdi)
	jne	.Lresume

	/* A launch that fails stops the VM, so the mark may come before it. */
	movl	$1, VCPU_LAUNCHED(%rdi)
	load_guest_registers
	vmlaunch
	jmp	.Lentry_failed

.Lagain:
	mov	(%rsp), %rdi
.Lresume:
	load_guest_registers
	vmresume

	/* VM entry did not happen: the instruction falls through with CF or ZF set. */
.Lentry_failed:
	mov	(%rsp), %rdi
	lea	48(%rsp), %rbp
	call	vmx_entry_failed
	jmp	.Lreturn

	/* HOST_RIP: the processor continues here after a VM exit, with RSP = HOST_RSP. */
	.globl	vmx_exit_point
vmx_exit_point:
	push	%rdi
	mov	8(%rsp), %rdi
	mov	%rax, VCPU_RAX(%rdi)
	mov	%rcx, VCPU_RCX(%rdi)
	mov	%rdx, VCPU_RDX(%rdi)
	mov	%rbx, VCPU_RBX(%rdi)
	mov	%rbp, VCPU_RBP(%rdi)
	mov	%rsi, VCPU_RSI(%rdi)
	mov	%r8, VCPU_R8(%rdi)
	mov	%r9, VCPU_R9(%rdi)
	mov	%r10, VCPU_R10(%rdi)
	mov	%r11, VCPU_R11(%rdi)
	mov	%r12, VCPU_R12(%rdi)
	mov	%r13, VCPU_R13(%rdi)
	mov	%r14, VCPU_R14(%rdi)
	mov	%r15, VCPU_R15(%rdi)
	pop	VCPU_RDI(%rdi)
	lea	48(%rsp), %rbp
	call	vmx_handle_exit
	test	%eax, %eax
	je	.Lagain

.Lreturn:
	pop	%rdi
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbx
	pop	%rbp
	ret
	.size	vmx_run_guest, . - vmx_run_guest

	.section .note.GNU-stack, "", @progbits
