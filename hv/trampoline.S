/*
 * How a core gets from its start-up IPI to C. hv/smp.c copies trampoline_begin..trampoline_end to
 * a page below 1 MiB and fills in the marked fields; nothing of it runs where it is linked, so it
 * lies among the constants. Addresses are relative to the page, which is the code and data segment
 * of the real mode the core wakes up in.
 */
#define OFFSET(label) ((label) - trampoline_begin)
#define EFER	      0xc0000080
#define EFER_LME_NXE  0x900
#define CR4_PAE	      0x20
#define CR0_LONG      0x80010033	/* PG, WP, NE, ET, MP, PE */

	.section .rodata.trampoline, "a"
	.globl	trampoline_begin, trampoline_end
	.globl	trampoline_discover, trampoline_root, trampoline_gdt_base, trampoline_far_jump
	.globl	trampoline_found, trampoline_apic_ids
	.balign	16
	.code16
trampoline_begin:
	cli
	cld
	mov	%cs, %ax
	mov	%ax, %ds
	cmpl	$0, OFFSET(trampoline_discover)
	jne	discover

	/* Straight into long mode: paging and protection go on together. */
	lgdtl	OFFSET(gdt_register)
	mov	$CR4_PAE, %eax
	mov	%eax, %cr4
	mov	OFFSET(trampoline_root), %eax
	mov	%eax, %cr3
	mov	$EFER, %ecx
	rdmsr
	or	$EFER_LME_NXE, %eax
	wrmsr
	mov	$CR0_LONG, %eax
	mov	%eax, %cr0
	ljmpl	*OFFSET(trampoline_far_jump)

	/* Only says which core it is: the answer to a broadcast. */
discover:
	mov	$1, %eax
	cpuid
	shr	$24, %ebx
	mov	$1, %esi
	lock xadd %esi, OFFSET(trampoline_found)
	cmp	$256, %esi
	jae	1f
	mov	%bl, OFFSET(trampoline_apic_ids)(%esi)
1:	cli
	hlt
	jmp	1b

	.code64
trampoline_long_mode:
	mov	$smp_ap_entry, %rax
	jmp	*%rax

	.balign	8
gdt:	.quad	0
	.quad	0x00af9b000000ffff	/* SEGMENT_CODE */
gdt_register:
	.word	gdt_register - gdt - 1
trampoline_gdt_base:			/* filled in as an address; starts as an offset */
	.long	OFFSET(gdt)
	.balign	4
trampoline_far_jump:			/* likewise */
	.long	OFFSET(trampoline_long_mode)
	.word	8
	.balign	4
trampoline_root:			/* to be filled in: page tables below 4 GiB */
	.long	0
trampoline_discover:			/* to be filled in: 1 to have cores report and halt */
	.long	0
trampoline_found:
	.long	0
trampoline_apic_ids:
	.skip	256
trampoline_end:

/*
 * In the hypervisor's own code, still on the trampoline's tables and without a stack. The core takes
 * what smp_start() has laid out for it; one that comes too late finds nothing and halts.
 */
	.text
	.globl	smp_ap_entry
	.type	smp_ap_entry, @function
smp_ap_entry:
	mov	smp_ap_root(%rip), %rax
	mov	%rax, %cr3
	xor	%edi, %edi
	xchg	%rdi, smp_ap_core(%rip)
	test	%rdi, %rdi
	jz	1f
	mov	smp_ap_stack_top(%rip), %rsp
	xor	%ebp, %ebp
	call	smp_ap_main		/* RDI: struct core */
1:	cli
	hlt
	jmp	1b
	.size	smp_ap_entry, . - smp_ap_entry
