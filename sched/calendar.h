/*
 * A priority queue of entities in constant time: a ring of buckets of equal width, each in order of
 * arrival, with a bit for each that is not empty. Order is exact between buckets and by arrival
 * within one, so it is off by at most a width. Keys beyond the ring go to a heap and enter the ring
 * when it has turned far enough. A key before it turns it back, or stays in the heap if the others
 * would not fit any more.
 * R. Brown, "Calendar queues: a fast O(1) priority queue implementation", 1988.
 *
 * Uses link and node of the entity. Cost: O(1); O(log n) for keys outside the ring.
 */
#ifndef SCHED_CALENDAR_H
#define SCHED_CALENDAR_H

#include "sched/sched.h"

#define SCHED_BUCKETS 64

struct sched_calendar {
	struct sched_list bucket[SCHED_BUCKETS]; /* the bucket of day d is d % SCHED_BUCKETS */
	uint64_t occupied;			 /* bit k: bucket[k] is not empty */
	uint64_t today;				 /* the first day of the ring */
	struct sched_list *first;		 /* its bucket */
	unsigned shift;				 /* a key is of the day key >> shift */
	struct sched_heap out;			 /* keys before and beyond the ring */
};

/* The width of a bucket is the largest power of two that is not over `width`. */
void sched_calendar_init(struct sched_calendar *calendar, uint64_t width);

/* For the inline functions below: keys out of the ring, and days after an empty one. */
void sched_calendar_insert_beyond(struct sched_calendar *calendar, struct sched_entity *entity,
				  uint64_t key);
struct sched_entity *sched_calendar_turn(struct sched_calendar *calendar);

static inline bool sched_calendar_empty(const struct sched_calendar *calendar)
{
	return !calendar->occupied && !sched_heap_first(&calendar->out);
}

static inline void sched_calendar_turn_to(struct sched_calendar *calendar, uint64_t day)
{
	calendar->today = day;
	calendar->first = &calendar->bucket[day % SCHED_BUCKETS];
}

/* Day k of the ring has the entity now. */
static inline void sched_calendar_enter(struct sched_calendar *calendar,
					struct sched_entity *entity, unsigned k)
{
	entity->node.key = k;
	sched_list_add_tail(&calendar->bucket[k], &entity->link);
	calendar->occupied |= 1ull << k;
}

static inline void sched_calendar_insert(struct sched_calendar *calendar,
					 struct sched_entity *entity, uint64_t key)
{
	uint64_t day = key >> calendar->shift;
	unsigned k = day % SCHED_BUCKETS;

	if (!calendar->occupied && sched_calendar_empty(calendar))
		sched_calendar_turn_to(calendar, day); /* wherever we like */
	if (__builtin_expect(day - calendar->today >= SCHED_BUCKETS, 0)) {
		sched_calendar_insert_beyond(calendar, entity, key);
		return;
	}
	sched_calendar_enter(calendar, entity, k);
}

/* After an entity has left a bucket. */
static inline void sched_calendar_left(struct sched_calendar *calendar, struct sched_list *bucket)
{
	if (sched_list_empty(bucket))
		calendar->occupied &= ~(1ull << (bucket - calendar->bucket));
}

static inline void sched_calendar_remove(struct sched_calendar *calendar,
					 struct sched_entity *entity)
{
	if (sched_heap_linked(&entity->node)) {
		sched_heap_remove(&calendar->out, &entity->node);
		return;
	}
	sched_list_remove(&entity->link);
	sched_calendar_left(calendar, &calendar->bucket[entity->node.key]);
}

/* The first entity, or NULL. */
static inline struct sched_entity *sched_calendar_first(struct sched_calendar *calendar)
{
	const struct sched_node *out = sched_heap_first(&calendar->out);

	if (__builtin_expect(out && out->key >> calendar->shift < calendar->today, 0))
		return SCHED_ENTITY_OF(out, node);
	/* the far ones that are near today came in when the ring turned to it */
	if (__builtin_expect(!sched_list_empty(calendar->first), 1))
		return SCHED_ENTITY_OF(calendar->first->next, link);
	return sched_calendar_empty(calendar) ? NULL : sched_calendar_turn(calendar);
}

/* Removes what sched_calendar_first() has just returned. */
static inline void sched_calendar_remove_first(struct sched_calendar *calendar,
					       struct sched_entity *entity)
{
	if (__builtin_expect(sched_heap_linked(&entity->node), 0)) {
		sched_heap_remove(&calendar->out, &entity->node);
		return;
	}
	sched_list_remove(&entity->link);
	sched_calendar_left(calendar, calendar->first);
}

/* For `surplus`: one of the first few that may leave for core `to`, not quite in order, or NULL. */
struct sched_entity *sched_calendar_allowed(struct sched_calendar *calendar,
					    const struct sched_core *to);

#endif
