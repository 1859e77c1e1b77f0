/*
 * The events in time of one core: vCPUs that wait in HLT for their own timer, and the services of
 * the hypervisor. A lock, because a vCPU that was woken elsewhere takes its event back from there.
 *
 * Lock order: a leaf. Handlers run on the owning core without the lock.
 */
#ifndef HV_CORE_TIMERS_H
#define HV_CORE_TIMERS_H

#include <stdint.h>

#include "hv/error.h"
#include "hv/spinlock.h"
#include "hv/timer_queue.h"

struct core_timers {
	struct spinlock lock;
	struct timer_queue queue;
};

/* ERR_NO_MEMORY. */
enum error core_timers_init(struct core_timers *timers);

/* On the owning core; the event must not be armed elsewhere. */
void core_timer_arm(struct core_timers *timers, struct timer_event *event, uint64_t deadline);

/* Any core. */
void core_timer_disarm(struct core_timers *timers, struct timer_event *event);

/* Fires what is due, on the owning core. */
void core_timers_run(struct core_timers *timers, uint64_t now);

#endif
