/*
 * Where the loader jumps to (state: boot/boot_info.h), and the change to a stack with guards.
 */
	.section .text.entry, "ax"
	.globl	hv_entry
	.type	hv_entry, @function
hv_entry:
	cli
	cld
	lea	boot_stack_top(%rip), %rsp
	xor	%ebp, %ebp
	call	hv_main		/* RDI: struct boot_info */
	ud2
	.size	hv_entry, . - hv_entry

	.text

/* _Noreturn void run_on_stack(uint64_t stack_top, void (*function)(void *), void *argument) */
	.globl	run_on_stack
	.type	run_on_stack, @function
run_on_stack:
	mov	%rdi, %rsp
	mov	%rsi, %rax
	mov	%rdx, %rdi
	xor	%ebp, %ebp
	call	*%rax
	ud2
	.size	run_on_stack, . - run_on_stack

/*
 * Stacks of the boot core until it has proper ones, with guards; hv/main.c then unmaps these.
 */
	.section .boot_stacks, "aw", @nobits
	.balign	4096
	.skip	16384
boot_stack_top:
	.skip	8192
	.globl	boot_ist_top
boot_ist_top:
