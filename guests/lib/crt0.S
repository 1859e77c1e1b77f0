/* Entry of a bare-metal guest; the state of the vCPU is that of <augur/guest_boot.h>. */

#define BOOT_STACK_SIZE 65536

	.section .text.start, "ax"
	.globl _start
_start:
	lea	boot_stack_top(%rip), %rsp
	mov	%rdi, %rbx
	call	enable_sse
	mov	%rbx, %rdi
	xor	%ebp, %ebp
	call	guest_start
	ud2

/* Lets compiled code use SSE. Changes RAX only. */
	.text
	.globl enable_sse
enable_sse:
	mov	%cr0, %rax
	and	$~0xc, %rax		/* EM, TS off */
	or	$0x22, %rax		/* MP, NE on */
	mov	%rax, %cr0
	mov	%cr4, %rax
	or	$0x600, %rax		/* OSFXSR, OSXMMEXCPT */
	mov	%rax, %cr4
	fninit
	ret

	.bss
	.balign 16
	.globl boot_stack_top
	.skip BOOT_STACK_SIZE
boot_stack_top:

	.section .note.GNU-stack, "", @progbits
