#include "hv/timer_queue.h"

#include <assert.h>

void timer_queue_init(struct timer_queue *queue, struct timer_event **heap, uint32_t capacity)
{
	queue->heap = heap;
	queue->count = 0;
	queue->capacity = capacity;
	queue->next = TIMER_NEVER;
}

static void place(struct timer_queue *queue, uint32_t at, struct timer_event *event)
{
	queue->heap[at] = event;
	event->slot = at + 1;
}

static void sift_up(struct timer_queue *queue, uint32_t at, struct timer_event *event)
{
	while (at > 0) {
		uint32_t parent = (at - 1) / 2;

		if (queue->heap[parent]->deadline <= event->deadline)
			break;
		place(queue, at, queue->heap[parent]);
		at = parent;
	}
	place(queue, at, event);
}

static uint32_t earlier_child(const struct timer_queue *queue, uint32_t at)
{
	uint32_t left = 2 * at + 1;
	uint32_t right = left + 1;

	if (right < queue->count && queue->heap[right]->deadline < queue->heap[left]->deadline)
		return right;
	return left;
}

static void sift_down(struct timer_queue *queue, uint32_t at, struct timer_event *event)
{
	while (2 * at + 1 < queue->count) {
		uint32_t child = earlier_child(queue, at);

		if (queue->heap[child]->deadline >= event->deadline)
			break;
		place(queue, at, queue->heap[child]);
		at = child;
	}
	place(queue, at, event);
}

/* Puts the event where its deadline belongs, starting from a free place. */
static void settle(struct timer_queue *queue, uint32_t at, struct timer_event *event)
{
	if (at > 0 && queue->heap[(at - 1) / 2]->deadline > event->deadline)
		sift_up(queue, at, event);
	else
		sift_down(queue, at, event);
}

enum error timer_arm(struct timer_queue *queue, struct timer_event *event, uint64_t deadline)
{
	event->deadline = deadline;
	if (timer_armed(event)) {
		settle(queue, event->slot - 1, event);
		queue->next = queue->heap[0]->deadline;
		return OK;
	}
	if (queue->count == queue->capacity)
		return ERR_LIMIT;
	sift_up(queue, queue->count++, event);
	queue->next = queue->heap[0]->deadline;
	return OK;
}

void timer_disarm(struct timer_queue *queue, struct timer_event *event)
{
	struct timer_event *last;
	uint32_t at = event->slot - 1;

	if (!timer_armed(event))
		return;
	assert(queue->heap[at] == event);
	event->slot = 0;
	last = queue->heap[--queue->count];
	if (last != event)
		settle(queue, at, last);
	queue->next = queue->count ? queue->heap[0]->deadline : TIMER_NEVER;
}

void timer_run(struct timer_queue *queue, uint64_t now)
{
	/* The budget ends the loop even if handlers keep arming events for the past. */
	for (uint32_t budget = queue->count; budget && timer_next(queue) <= now; budget--) {
		struct timer_event *event = queue->heap[0];

		timer_disarm(queue, event);
		event->fire(event, now);
	}
}
