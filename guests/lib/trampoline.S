/*
 * Where an AP begins: real mode, CS:IP = SMP_TRAMPOLINE:0. This code is copied there; addresses are
 * computed from its start. The data at its end is filled in by smp.c before each STARTUP.
 */

#define BASE		  0x10000
#define HERE(label)	  (BASE + label - trampoline_begin)
#define MSR_EFER	  0xc0000080
#define EFER_LME_NXE	  0x900
#define CR4_PAE		  0x20
#define CR0_PG_WP_NE_PE	  0x80010033

	.section .rodata
	.globl trampoline_begin, trampoline_data, trampoline_end
	.balign 16
	.code16
trampoline_begin:
	cli
	mov	%cs, %ax
	mov	%ax, %ds
	lgdtl	trampoline_gdtr - trampoline_begin
	mov	$CR4_PAE, %eax
	mov	%eax, %cr4
	movl	trampoline_data - trampoline_begin, %eax
	mov	%eax, %cr3
	mov	$MSR_EFER, %ecx
	rdmsr
	or	$EFER_LME_NXE, %eax
	wrmsr
	mov	$CR0_PG_WP_NE_PE, %eax
	mov	%eax, %cr0
	ljmpl	$0x08, $HERE(long_mode)

	.code64
long_mode:
	mov	$0x10, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	HERE(trampoline_stack), %rsp
	call	*HERE(trampoline_sse)
	mov	HERE(trampoline_index), %rdi
	xor	%ebp, %ebp
	call	*HERE(trampoline_entry)
	ud2

	.balign 8
trampoline_gdt:
	.quad	0
	.quad	0x00af9b000000ffff
	.quad	0x00cf93000000ffff
trampoline_gdtr:
	.word	. - trampoline_gdt - 1
	.long	HERE(trampoline_gdt)

	.balign 8
trampoline_data:
	.quad	0			/* CR3 */
trampoline_stack:
	.quad	0
trampoline_sse:
	.quad	0
trampoline_index:
	.quad	0
trampoline_entry:
	.quad	0
trampoline_end:

	.section .note.GNU-stack, "", @progbits
