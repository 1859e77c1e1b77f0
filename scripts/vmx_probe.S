/*
 * A boot sector that asks the (virtual) processor for VT-x and writes V to port 0xE9 if it is
 * there, N if not, then ends QEMU through its debug-exit device at port 0xF4. scripts/run starts
 * it to learn whether KVM here really offers VMX to guests.
 */
	.code16
	.globl _start
_start:
	movl	$1, %eax
	cpuid
	movb	$'N', %al
	testl	$(1 << 5), %ecx
	jz	1f
	movb	$'V', %al
1:	outb	%al, $0xe9
	outb	%al, $0xf4
2:	hlt
	jmp	2b

	.org	510
	.word	0xaa55
