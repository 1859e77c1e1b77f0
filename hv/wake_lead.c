#include "hv/wake_lead.h"

#define SPARE  64 /* ticks: being ready this much too early is as it should be */
#define SLOWER 4  /* ticks a step when it was too early; lateness, which hurts, is halved */

void wake_lead_learn(struct wake_lead *lead, uint64_t due, uint64_t now, uint32_t max)
{
	if (now > due) {
		uint64_t wanted = lead->ticks + (now - due) / 2 + SPARE / 2;

		lead->ticks = wanted < max ? (uint32_t)wanted : max;
		return;
	}
	if (due - now > SPARE && lead->ticks >= SLOWER)
		lead->ticks -= SLOWER;
}
