/* General-purpose registers by the numbers that instruction encodings use (SDM vol. 2A, table 2-2).
 */
#ifndef HV_GPR_H
#define HV_GPR_H

enum gpr {
	GPR_RAX = 0,
	GPR_RCX = 1,
	GPR_RDX = 2,
	GPR_RBX = 3,
	GPR_RSP = 4,
	GPR_RBP = 5,
	GPR_RSI = 6,
	GPR_RDI = 7,
	GPR_R8 = 8,
	GPR_R9 = 9,
	GPR_R10 = 10,
	GPR_R11 = 11,
	GPR_R12 = 12,
	GPR_R13 = 13,
	GPR_R14 = 14,
	GPR_R15 = 15,
	GPR_COUNT = 16
};

#endif
