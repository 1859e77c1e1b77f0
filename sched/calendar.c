#include "sched/calendar.h"

#include "sched/ops.h"

#define LOOKS	    4
#define DAYS_LOOKED 4

void sched_calendar_init(struct sched_calendar *calendar, uint64_t width)
{
	for (unsigned i = 0; i < SCHED_BUCKETS; i++)
		sched_list_init(&calendar->bucket[i]);
	sched_calendar_turn_to(calendar, 0);
	calendar->shift = 63 - (unsigned)__builtin_clzll(width | 1);
}

/* Occupied days as a mask that starts today. */
static uint64_t days_from_today(const struct sched_calendar *calendar)
{
	unsigned start = calendar->today % SCHED_BUCKETS;

	if (!start)
		return calendar->occupied;
	return calendar->occupied >> start | calendar->occupied << (SCHED_BUCKETS - start);
}

/* The first day that is not empty; some day is not. */
static uint64_t first_day(const struct sched_calendar *calendar)
{
	return calendar->today + (unsigned)__builtin_ctzll(days_from_today(calendar));
}

/* Turns the ring back to a day before today, if all that is in it then still fits. */
static bool turn_back(struct sched_calendar *calendar, uint64_t day)
{
	uint64_t days = days_from_today(calendar);
	uint64_t last = calendar->today + (days ? 63 - (unsigned)__builtin_clzll(days) : 0);

	if (last - day >= SCHED_BUCKETS)
		return false;
	sched_calendar_turn_to(calendar, day);
	return true;
}

/* Days before today and beyond the ring. */
void sched_calendar_insert_beyond(struct sched_calendar *calendar, struct sched_entity *entity,
				  uint64_t key)
{
	uint64_t day = key >> calendar->shift;

	if (day < calendar->today && turn_back(calendar, day))
		sched_calendar_enter(calendar, entity, day % SCHED_BUCKETS);
	else
		sched_heap_insert(&calendar->out, &entity->node, key);
}

/* Turns the ring to its first occupied day and lets in the far ones that fit now. */
static void turn(struct sched_calendar *calendar)
{
	struct sched_node *node = sched_heap_first(&calendar->out);

	if (calendar->occupied)
		sched_calendar_turn_to(calendar, first_day(calendar));
	else
		sched_calendar_turn_to(calendar, node->key >> calendar->shift);
	while (node && (node->key >> calendar->shift) < calendar->today + SCHED_BUCKETS) {
		uint64_t day = node->key >> calendar->shift;

		sched_heap_remove(&calendar->out, node);
		sched_calendar_enter(calendar, SCHED_ENTITY_OF(node, node), day % SCHED_BUCKETS);
		node = sched_heap_first(&calendar->out);
	}
}

struct sched_entity *sched_calendar_turn(struct sched_calendar *calendar)
{
	turn(calendar);
	return SCHED_ENTITY_OF(calendar->first->next, link);
}

struct sched_entity *sched_calendar_allowed(struct sched_calendar *calendar,
					    const struct sched_core *to)
{
	uint64_t days = calendar->occupied;
	struct sched_entity *entity = NULL;

	for (unsigned i = 0; i < DAYS_LOOKED && days && !entity; i++, days &= days - 1)
		entity = sched_list_allowed(&calendar->bucket[__builtin_ctzll(days)], to, LOOKS);
	return entity ? entity : sched_heap_allowed(&calendar->out, to);
}
