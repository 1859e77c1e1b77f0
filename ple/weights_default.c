/* The weights that come with the code, as they are in the file. The path is from the root. */
#include "ple/weights.h"

__asm__(".pushsection .rodata\n"
	".balign 16\n"
	".globl ple_default_weights\n"
	"ple_default_weights:\n"
	".incbin \"ple/weights/default.bin\"\n"
	".popsection\n");

const unsigned ple_default_weights_size = sizeof(struct ple_weights_file);
