/*
 * Stopping all cores at a safe point: out of their guests, with no vCPU loaded, not inside the
 * scheduler, holding no lock. For what cannot be done while others run, such as changing the
 * scheduling policy.
 */
#ifndef HV_RENDEZVOUS_H
#define HV_RENDEZVOUS_H

#include "hv/core.h"

/* Runs fn on the boot core while every other online core waits in its loop. Boot core only, from
 * its loop. */
void rendezvous(void (*fn)(void *context), void *context);

/* Odd while the boot core holds the others; written by it only. */
extern uint32_t rendezvous_ticket;

/* For rendezvous_point(). */
void rendezvous_wait(struct core *core);

/* Every core's loop calls it between two runs of guests: waits here if the boot core asks. */
static inline void rendezvous_point(struct core *core)
{
	if (__builtin_expect(__atomic_load_n(&rendezvous_ticket, __ATOMIC_ACQUIRE) & 1, 0))
		rendezvous_wait(core);
}

#endif
