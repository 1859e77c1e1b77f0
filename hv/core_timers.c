#include "hv/core_timers.h"

#include <stdlib.h>

#include "hv/config.h"
#include "hv/panic.h"
#include "hv/time.h"

/* Every vCPU there can be may wait on one core, and a few services beside. */
#define CAPACITY (CONFIG_MAX_VMS * CONFIG_MAX_VCPUS + 16)

enum error core_timers_init(struct core_timers *timers)
{
	struct timer_event **heap = calloc(CAPACITY, sizeof(*heap));

	if (!heap)
		return ERR_NO_MEMORY;
	spinlock_init(&timers->lock, "core timers");
	timer_queue_init(&timers->queue, heap, CAPACITY);
	return OK;
}

void core_timer_arm(struct core_timers *timers, struct timer_event *event, uint64_t deadline)
{
	enum error error;

	spin_lock(&timers->lock);
	error = timer_arm(&timers->queue, event, deadline);
	spin_unlock(&timers->lock);
	if (error != OK)
		panic("the timer queue of a core is full");
}

bool core_timer_gives_way(struct core_timers *timers, struct timer_event *event, uint64_t due,
			  uint64_t now)
{
	uint64_t margin = ticks_from_us(CORE_TIMERS_MARGIN_US);
	uint64_t next = timer_next(&timers->queue);

	if (next > now + margin || now - due > ticks_from_us(CORE_TIMERS_PATIENCE_US))
		return false;
	core_timer_arm(timers, event, next + margin);
	return true;
}

void core_timer_disarm(struct core_timers *timers, struct timer_event *event)
{
	spin_lock(&timers->lock);
	timer_disarm(&timers->queue, event);
	spin_unlock(&timers->lock);
}

static struct timer_event *take_due(struct core_timers *timers, uint64_t now)
{
	struct timer_event *event = NULL;

	spin_lock(&timers->lock);
	if (timer_next(&timers->queue) <= now) {
		event = timers->queue.heap[0];
		timer_disarm(&timers->queue, event);
	}
	spin_unlock(&timers->lock);
	return event;
}

/*
 * The look without the lock may miss nothing: only this core arms here, others only take away. The
 * budget ends the loop even if handlers keep arming events for the past.
 */
void core_timers_run(struct core_timers *timers, uint64_t now)
{
	uint32_t budget = timers->queue.count;

	while (budget-- && timer_next(&timers->queue) <= now) {
		struct timer_event *event = take_due(timers, now);

		if (event)
			event->fire(event, now);
	}
}
