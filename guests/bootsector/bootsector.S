/*
 * A boot sector: 512 bytes at 0x7c00, entered in real mode. Prints on COM1, goes to protected mode
 * and back, and ends through the test-exit port.
 */

#define COM1	       0x3f8
#define LSR	       (COM1 + 5)
#define LSR_THR_EMPTY  0x20
#define TEST_EXIT_PORT 0xf4
#define CODE32	       0x08
#define DATA32	       0x10
#define CODE16	       0x18
#define DATA16	       0x20

	.code16
	.globl _start
_start:
	ljmp	$0, $begin
begin:
	cli
	cld
	xor	%ax, %ax
	mov	%ax, %ds
	mov	%ax, %ss
	mov	$0x7c00, %sp
	mov	$text_real, %si
	call	put16

	lgdt	gdtr
	mov	%cr0, %eax
	or	$1, %al
	mov	%eax, %cr0
	ljmp	$CODE32, $protected

	.code32
protected:
	mov	$DATA32, %ax
	mov	%ax, %ds
	mov	%ax, %ss
	mov	$text_protected, %esi
	call	put32
	/* Beyond what real mode can reach. */
	movl	$0x12345678, 0x200000
	cmpl	$0x12345678, 0x200000
	jne	failed32
	mov	$text_high, %esi
	call	put32
	ljmp	$CODE16, $leave

failed32:
	mov	$1, %eax
	out	%eax, $TEST_EXIT_PORT

put32:	lodsb
	test	%al, %al
	jz	2f
	mov	%al, %bl
	mov	$LSR, %edx
1:	in	%dx, %al
	test	$LSR_THR_EMPTY, %al
	jz	1b
	mov	%bl, %al
	mov	$COM1, %edx
	out	%al, %dx
	jmp	put32
2:	ret

	.code16
leave:
	mov	$DATA16, %ax
	mov	%ax, %ds
	mov	%ax, %ss
	mov	%cr0, %eax
	and	$0xfe, %al
	mov	%eax, %cr0
	ljmp	$0, $real_again
real_again:
	xor	%ax, %ax
	mov	%ax, %ds
	mov	%ax, %ss
	mov	$0x7c00, %sp
	mov	$text_again, %si
	call	put16
	xor	%eax, %eax
	out	%eax, $TEST_EXIT_PORT
1:	hlt
	jmp	1b

put16:	lodsb
	test	%al, %al
	jz	2f
	mov	%al, %bl
	mov	$LSR, %dx
1:	in	%dx, %al
	test	$LSR_THR_EMPTY, %al
	jz	1b
	mov	%bl, %al
	mov	$COM1, %dx
	out	%al, %dx
	jmp	put16
2:	ret

text_real:
	.asciz	"boot sector: real mode\n"
text_protected:
	.asciz	"boot sector: protected mode\n"
text_high:
	.asciz	"boot sector: memory above 1 MiB\n"
text_again:
	.asciz	"boot sector: real mode again\nPASS\n"

	.balign 8
gdt:
	.quad	0
	.quad	0x00cf9b000000ffff
	.quad	0x00cf93000000ffff
	.quad	0x00009b000000ffff
	.quad	0x000093000000ffff
gdtr:
	.word	. - gdt - 1
	.long	gdt

	.org	510
	.word	0xaa55
