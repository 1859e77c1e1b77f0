/*
 * One round through the modes, called in 64-bit mode. Copied to BASE; all addresses are computed
 * from there. Interrupts stay off.
 */

#define BASE		0x20000
#define HERE(label)	(BASE + label - modes_begin)
#define LOCAL(label)	(label - modes_begin)	/* offset in the real-mode segment */
#define MSR_EFER	0xc0000080
#define MSR_GS_BASE	0xc0000101
#define EFER_LME	0x100
#define CR0_PG		0x80000000
#define CR0_PE		1
#define CR4_PAE		0x20
#define CODE64		0x08
#define DATA		0x10
#define CODE32		0x18
#define CODE16		0x20
#define DATA16		0x28
#define SEGMENT		(BASE >> 4)

	.section .rodata
	.globl modes_begin, modes_end, modes_counters, modes_interrupt
	.balign 16
	.code64
modes_begin:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, HERE(saved_rsp)
	mov	%cr0, %rax
	mov	%rax, HERE(saved_cr0)
	mov	%cr4, %rax
	mov	%rax, HERE(saved_cr4)
	mov	%cr3, %rax
	mov	%rax, HERE(saved_cr3)
	sgdt	HERE(saved_gdtr)
	sidt	HERE(saved_idtr)
	mov	$MSR_GS_BASE, %ecx
	rdmsr
	mov	%eax, HERE(saved_gs)
	mov	%edx, HERE(saved_gs) + 4
	lgdt	HERE(gdtr)
	pushq	$CODE32
	pushq	$HERE(compatibility)
	lretq

	.code32
compatibility:
	mov	$DATA, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	incl	HERE(modes_counters)
	mov	%cr0, %eax
	and	$~CR0_PG, %eax
	mov	%eax, %cr0
	mov	$MSR_EFER, %ecx
	rdmsr
	and	$~EFER_LME, %eax
	wrmsr
	mov	%cr4, %eax
	and	$~CR4_PAE, %eax
	mov	%eax, %cr4
	incl	HERE(modes_counters) + 4
	ljmp	$CODE16, $LOCAL(protected16)

	.code16
protected16:
	mov	$DATA16, %ax
	mov	%ax, %ds
	mov	%ax, %es
	mov	%ax, %ss
	incl	LOCAL(modes_counters) + 8
	mov	%cr0, %eax
	and	$~CR0_PE, %al
	mov	%eax, %cr0
	ljmp	$SEGMENT, $LOCAL(real)

real:
	mov	$SEGMENT, %ax
	mov	%ax, %ds
	mov	%ax, %ss
	mov	$0xf000, %sp
	incl	LOCAL(modes_counters) + 12
	lidtl	LOCAL(real_idtr)
	int	$0x20
	lgdtl	LOCAL(gdtr)
	mov	%cr0, %eax
	or	$CR0_PE, %al
	mov	%eax, %cr0
	ljmpl	$CODE32, $HERE(back32)

modes_interrupt:
	incl	%cs:LOCAL(modes_counters) + 16
	iret

	.code32
back32:
	mov	$DATA, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	HERE(saved_cr4), %eax
	mov	%eax, %cr4
	mov	HERE(saved_cr3), %eax
	mov	%eax, %cr3
	mov	$MSR_EFER, %ecx
	rdmsr
	or	$EFER_LME, %eax
	wrmsr
	mov	HERE(saved_cr0), %eax
	mov	%eax, %cr0
	ljmp	$CODE64, $HERE(back64)

	.code64
back64:
	lgdt	HERE(saved_gdtr)
	lidt	HERE(saved_idtr)
	mov	$DATA, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	HERE(saved_rsp), %rsp
	mov	HERE(saved_gs), %eax
	mov	HERE(saved_gs) + 4, %edx
	mov	$MSR_GS_BASE, %ecx
	wrmsr
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret

	.balign 8
gdt:
	.quad	0
	.quad	0x00af9b000000ffff	/* CODE64 */
	.quad	0x00cf93000000ffff	/* DATA */
	.quad	0x00cf9b000000ffff	/* CODE32 */
	.quad	0x00009b020000ffff	/* CODE16, base BASE */
	.quad	0x000093020000ffff	/* DATA16, base BASE */
gdtr:
	.word	. - gdt - 1
	.quad	HERE(gdt)
real_idtr:
	.word	0x3ff
	.long	0
	.balign 8
saved_gdtr:
	.skip	16
saved_idtr:
	.skip	16
saved_rsp:
	.quad	0
saved_cr0:
	.quad	0
saved_cr3:
	.quad	0
saved_cr4:
	.quad	0
saved_gs:
	.quad	0
modes_counters:
	.skip	20
modes_end:

	.section .note.GNU-stack, "", @progbits
