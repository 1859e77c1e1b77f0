/*
 * A priority queue of entities in constant time: a ring of buckets of equal width, each in order of
 * arrival, with a bit for each that is not empty. Order is exact between buckets and by arrival
 * within one, so it is off by at most a width. Keys beyond the ring go to a heap and enter the ring
 * when it has turned far enough; keys before it go first in its first bucket.
 * R. Brown, "Calendar queues: a fast O(1) priority queue implementation", 1988.
 *
 * Uses link and node of the entity. Cost: O(1); O(log n) for keys beyond the ring.
 */
#ifndef SCHED_CALENDAR_H
#define SCHED_CALENDAR_H

#include "sched/sched.h"

#define SCHED_BUCKETS 64

struct sched_calendar {
	struct sched_list bucket[SCHED_BUCKETS]; /* the bucket of day d is d % SCHED_BUCKETS */
	uint64_t occupied;			 /* bit k: bucket[k] is not empty */
	uint64_t today;				 /* the first day of the ring */
	unsigned shift;				 /* a key is of the day key >> shift */
	struct sched_heap far;
};

/* The width of a bucket is the largest power of two that is not over `width`. */
void sched_calendar_init(struct sched_calendar *calendar, uint64_t width);

void sched_calendar_insert(struct sched_calendar *calendar, struct sched_entity *entity,
			   uint64_t key);

static inline void sched_calendar_remove(struct sched_calendar *calendar,
					 struct sched_entity *entity)
{
	unsigned k = (unsigned)entity->node.key;

	if (sched_heap_linked(&entity->node)) {
		sched_heap_remove(&calendar->far, &entity->node);
		return;
	}
	sched_list_remove(&entity->link);
	if (sched_list_empty(&calendar->bucket[k]))
		calendar->occupied &= ~(1ull << k);
}

/* For sched_calendar_first, if the first is not of today: turns the ring to it. */
struct sched_entity *sched_calendar_turn(struct sched_calendar *calendar);

/* The first entity, or NULL. */
static inline struct sched_entity *sched_calendar_first(struct sched_calendar *calendar)
{
	const struct sched_list *bucket = &calendar->bucket[calendar->today % SCHED_BUCKETS];

	/* the far ones that are near today came in when the ring turned to it */
	if (!sched_list_empty(bucket))
		return SCHED_ENTITY_OF(bucket->next, link);
	if (!calendar->occupied && !sched_heap_first(&calendar->far))
		return NULL;
	return sched_calendar_turn(calendar);
}

/* For `surplus`: one of the first few that may leave for core `to`, not quite in order, or NULL. */
struct sched_entity *sched_calendar_allowed(struct sched_calendar *calendar,
					    const struct sched_core *to);

#endif
