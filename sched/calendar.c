#include "sched/calendar.h"

#include "sched/ops.h"

#define LOOKS	    4
#define DAYS_LOOKED 4

void sched_calendar_init(struct sched_calendar *calendar, uint64_t width)
{
	for (unsigned i = 0; i < SCHED_BUCKETS; i++)
		sched_list_init(&calendar->bucket[i]);
	calendar->shift = 63 - (unsigned)__builtin_clzll(width | 1);
}

static void enter(struct sched_calendar *calendar, struct sched_entity *entity, uint64_t day)
{
	unsigned k;

	k = (day < calendar->today ? calendar->today : day) % SCHED_BUCKETS;
	entity->node.key = k;
	if (day < calendar->today)
		sched_list_add_head(&calendar->bucket[k], &entity->link);
	else
		sched_list_add_tail(&calendar->bucket[k], &entity->link);
	calendar->occupied |= 1ull << k;
}

void sched_calendar_insert(struct sched_calendar *calendar, struct sched_entity *entity,
			   uint64_t key)
{
	uint64_t day = key >> calendar->shift;

	if (!calendar->occupied && !sched_heap_first(&calendar->far))
		calendar->today = day; /* empty: the ring may turn anywhere */
	if (day < calendar->today + SCHED_BUCKETS)
		enter(calendar, entity, day);
	else
		sched_heap_insert(&calendar->far, &entity->node, key);
}

/* The first day that is not empty; some day is not. */
static uint64_t first_day(const struct sched_calendar *calendar)
{
	unsigned start = calendar->today % SCHED_BUCKETS;
	uint64_t turned = calendar->occupied >> start;

	if (start)
		turned |= calendar->occupied << (SCHED_BUCKETS - start);
	return calendar->today + (unsigned)__builtin_ctzll(turned);
}

/* Turns the ring to its first occupied day and lets in the far ones that fit now. */
static void turn(struct sched_calendar *calendar)
{
	struct sched_node *node = sched_heap_first(&calendar->far);

	if (calendar->occupied)
		calendar->today = first_day(calendar);
	else
		calendar->today = node->key >> calendar->shift;
	while (node && (node->key >> calendar->shift) < calendar->today + SCHED_BUCKETS) {
		uint64_t day = node->key >> calendar->shift;

		sched_heap_remove(&calendar->far, node);
		enter(calendar, SCHED_ENTITY_OF(node, node), day);
		node = sched_heap_first(&calendar->far);
	}
}

struct sched_entity *sched_calendar_turn(struct sched_calendar *calendar)
{
	turn(calendar);
	return SCHED_ENTITY_OF(calendar->bucket[calendar->today % SCHED_BUCKETS].next, link);
}

struct sched_entity *sched_calendar_allowed(struct sched_calendar *calendar,
					    const struct sched_core *to)
{
	uint64_t days = calendar->occupied;
	struct sched_entity *entity = NULL;

	for (unsigned i = 0; i < DAYS_LOOKED && days && !entity; i++, days &= days - 1)
		entity = sched_list_allowed(&calendar->bucket[__builtin_ctzll(days)], to, LOOKS);
	return entity ? entity : sched_heap_allowed(&calendar->far, to);
}
