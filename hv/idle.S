/*
 * void cpu_idle_wait(const volatile uint32_t *pending)
 *
 * The restartable wait. Interrupts cannot come between the look at the mask and the HLT: IF is 0
 * until STI, whose shadow covers the HLT. NMIs can, and after one the HLT would sleep over what it
 * announced. So when an NMI has interrupted at idle_begin or later but before idle_end, its handler
 * (hv/traps.c) sets RIP to idle_end. An NMI or interrupt that ends the HLT returns there anyway.
 */
	.text
	.globl	cpu_idle_wait, idle_begin, idle_end
	.type	cpu_idle_wait, @function
cpu_idle_wait:
idle_begin:
	cmpl	$0, (%rdi)
	jne	idle_end
	sti
	hlt
idle_end:
	cli
	ret
	.size	cpu_idle_wait, . - cpu_idle_wait
