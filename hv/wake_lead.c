#include "hv/wake_lead.h"

#define SPARE	64 /* ticks: being ready this much too early is as it should be */
#define QUICKER 64 /* ticks a step when it was late... */
#define SLOWER	4  /* ...and when it was too early: lateness is what hurts */

void wake_lead_learn(struct wake_lead *lead, uint64_t due, uint64_t now, uint32_t max)
{
	if (now > due) {
		lead->ticks = lead->ticks + QUICKER < max ? lead->ticks + QUICKER : max;
		return;
	}
	if (due - now > SPARE && lead->ticks >= SLOWER)
		lead->ticks -= SLOWER;
}
