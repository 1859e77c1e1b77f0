#include "vmx/debug_policy.h"

#define DR6_BREAKPOINTS 0xfull /* B0 to B3: the only ones that the processor clears by itself */
#define DR6_BD		(1ull << 13)
#define DR6_BS		(1ull << 14)
#define DR6_RTM		(1ull << 16) /* 0 means that it happened in a transaction */
#define DR7_GD		(1ull << 13)

struct debug_registers debug_reflect(uint64_t qualification, struct debug_registers current)
{
	uint64_t dr6 = (current.dr6 & ~DR6_BREAKPOINTS) | DR6_RTM;

	dr6 |= qualification & (DR6_BREAKPOINTS | DR6_BD | DR6_BS);
	if (qualification & DR6_RTM)
		dr6 &= ~DR6_RTM;
	return (struct debug_registers) { .dr6 = dr6, .dr7 = current.dr7 & ~DR7_GD };
}
