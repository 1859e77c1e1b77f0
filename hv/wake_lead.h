/*
 * Starting a wake-up before its time. Between the host timer's interrupt and the first instruction
 * of a guest that slept lie the scheduler's decision and the world switch. Their cost is known, so
 * the timer is armed that much earlier and the last step, the injection, waits for the guest's own
 * deadline: the interrupt is never early, and late only by the injection itself.
 *
 * How much earlier is learnt for each core from what wake-ups cost there, within WAKE_LEAD_MAX_US.
 * The wait is charged to the vCPU that is woken. (KVM's timer advance does the same.)
 */
#ifndef HV_WAKE_LEAD_H
#define HV_WAKE_LEAD_H

#include <stdbool.h>
#include <stdint.h>

#define WAKE_LEAD_MAX_US 30

extern uint32_t wake_lead_max; /* the same in ticks; constant once VMX is initialized */

/* Fields are private; zero is a good beginning. One per core, used by it alone. */
struct wake_lead {
	uint32_t ticks;
};

/* When to start waking somebody whose deadline is `due`; host TSC. */
static inline uint64_t wake_lead_start(const struct wake_lead *lead, uint64_t due)
{
	return due - lead->ticks;
}

/* True if `due` is so near that a wake-up for it has been started. */
static inline bool wake_lead_reaches(const struct wake_lead *lead, uint64_t due, uint64_t now)
{
	return due - now <= lead->ticks;
}

/*
 * Learns from a wake-up that took `cost` ticks from the host timer's deadline to the guest's door.
 * One that took longer than `max`, the longest lead allowed, had to wait for somebody else and
 * teaches nothing. Pure.
 */
void wake_lead_learn(struct wake_lead *lead, uint64_t cost, uint32_t max);

#endif
