/* The console font, as drivers/font.mk unpacks it. */
	.section .rodata.font, "a"
	.balign 16
	.globl builtin_font, builtin_font_end
builtin_font:
	.incbin "drivers/console.psf"
builtin_font_end:
	.section .note.GNU-stack, "", @progbits
