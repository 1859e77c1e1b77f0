/*
 * The events in time of one core: vCPUs that wait in HLT for their own timer, and the services of
 * the hypervisor. A lock, because a vCPU that was woken elsewhere takes its event back from there.
 *
 * Lock order: a leaf. Handlers run on the owning core without the lock.
 */
#ifndef HV_CORE_TIMERS_H
#define HV_CORE_TIMERS_H

#include <stdbool.h>
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

/*
 * For work that can wait, in its handler: true if another event comes so soon that the work would
 * delay it; then the event is armed again, just behind the other. `due` is when the work was first
 * due: after CORE_TIMERS_PATIENCE_US it gives way no more.
 */
#define CORE_TIMERS_MARGIN_US	100
#define CORE_TIMERS_PATIENCE_US 2000
bool core_timer_gives_way(struct core_timers *timers, struct timer_event *event, uint64_t due,
			  uint64_t now);

/* Any core. */
void core_timer_disarm(struct core_timers *timers, struct timer_event *event);

/* On the owning core: is anything due? Only this core arms, others only take away. */
static inline bool core_timers_due(const struct core_timers *timers, uint64_t now)
{
	return timer_next(&timers->queue) <= now;
}

/* Fires what is due, on the owning core. */
void core_timers_run(struct core_timers *timers, uint64_t now);

#endif
