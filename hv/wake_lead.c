#include "hv/wake_lead.h"

#define SPARE  32 /* ticks: to be ready so much too early is as it should be */
#define SLOWER 8  /* what is too much goes away by an eighth, what is missing comes by half */

uint32_t wake_lead_max;

void wake_lead_learn(struct wake_lead *lead, uint64_t cost, uint32_t max)
{
	uint32_t wanted;

	if (cost + SPARE > max)
		return;
	wanted = (uint32_t)cost + SPARE;
	if (wanted > lead->ticks)
		lead->ticks += (wanted - lead->ticks + 1) / 2;
	else
		lead->ticks -= (lead->ticks - wanted) / SLOWER;
}
