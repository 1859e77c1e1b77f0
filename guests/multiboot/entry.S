/*
 * Header and entry of a multiboot1 kernel (Multiboot Specification 0.6.96). With ADDRESSES defined
 * the header carries load addresses, so that a loader need not understand the file's format (the
 * "a.out kludge").
 */

#define MAGIC	   0x1badb002
#define ALIGN	   1
#define MEMORY	   2
#define ADDRESSES_FLAG 0x10000

#ifdef ADDRESSES
#define FLAGS	   (ALIGN | MEMORY | ADDRESSES_FLAG)
#else
#define FLAGS	   (ALIGN | MEMORY)
#endif

	.section .text.start, "ax"
	.balign 4
header:
	.long	MAGIC, FLAGS, -(MAGIC + FLAGS)
#ifdef ADDRESSES
	.long	header, image_begin, data_end, image_end, _start
#endif

	.globl _start
_start:
	mov	$stack_top, %esp
	push	%ebx
	push	%eax
	call	kernel_main
1:	cli
	hlt
	jmp	1b

	.bss
	.balign 16
	.skip	8192
stack_top:

	.section .note.GNU-stack, "", @progbits
