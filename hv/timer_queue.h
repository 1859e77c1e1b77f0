/*
 * Events in time, for one core: a binary heap ordered by deadline. Pure; the caller owns the
 * events, the array behind the heap and the locking (each core's queue is its own).
 *
 * Cost: arming and disarming O(log n), looking at the next one O(1).
 */
#ifndef HV_TIMER_QUEUE_H
#define HV_TIMER_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "hv/error.h"

#define TIMER_NEVER UINT64_MAX

struct timer_event {
	uint64_t deadline; /* TSC ticks */
	uint32_t slot;	   /* place in the heap plus one; 0: not armed */
	void (*fire)(struct timer_event *event, uint64_t now);
};

struct timer_queue {
	struct timer_event **heap;
	uint32_t count;
	uint32_t capacity;
	uint64_t next; /* the earliest deadline, TIMER_NEVER if there is none */
};

void timer_queue_init(struct timer_queue *queue, struct timer_event **heap, uint32_t capacity);

/* Arms the event, or moves it if it is armed in this queue. ERR_LIMIT if the heap is full. */
enum error timer_arm(struct timer_queue *queue, struct timer_event *event, uint64_t deadline);

/* No effect if the event is not armed. */
void timer_disarm(struct timer_queue *queue, struct timer_event *event);

static inline bool timer_armed(const struct timer_event *event)
{
	return event->slot != 0;
}

/* The earliest deadline, TIMER_NEVER if there is none. */
static inline uint64_t timer_next(const struct timer_queue *queue)
{
	return queue->next;
}

/*
 * Disarms and fires the events whose deadlines are not after `now`, in order of deadlines. A
 * handler may arm events again, for the past too: at most as many fire as were armed at the call,
 * the rest wait for the next one.
 */
void timer_run(struct timer_queue *queue, uint64_t now);

#endif
