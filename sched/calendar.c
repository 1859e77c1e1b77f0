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

static void enter(struct sched_calendar *calendar, struct sched_entity *entity, unsigned k)
{
	entity->node.key = k;
	sched_list_add_tail(&calendar->bucket[k], &entity->link);
	calendar->occupied |= 1ull << k;
}

/* Days before today and beyond the ring. */
void sched_calendar_insert_beyond(struct sched_calendar *calendar, struct sched_entity *entity,
				  uint64_t key)
{
	if (key >> calendar->shift >= calendar->today) {
		sched_heap_insert(&calendar->far, &entity->node, key);
		return;
	}
	entity->node.key = calendar->today % SCHED_BUCKETS;
	sched_list_add_head(calendar->first, &entity->link);
	calendar->occupied |= 1ull << entity->node.key;
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
		sched_calendar_turn_to(calendar, first_day(calendar));
	else
		sched_calendar_turn_to(calendar, node->key >> calendar->shift);
	while (node && (node->key >> calendar->shift) < calendar->today + SCHED_BUCKETS) {
		uint64_t day = node->key >> calendar->shift;

		sched_heap_remove(&calendar->far, node);
		enter(calendar, SCHED_ENTITY_OF(node, node), day % SCHED_BUCKETS);
		node = sched_heap_first(&calendar->far);
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
	return entity ? entity : sched_heap_allowed(&calendar->far, to);
}
