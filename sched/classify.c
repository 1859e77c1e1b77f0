#include "sched/classify.h"

static uint64_t us(const struct sched_entity *entity, uint64_t microseconds)
{
	return entity->sched->ms * microseconds / 1000;
}

void sched_classify_reset(struct sched_entity *entity)
{
	entity->class = entity->params.class;
	entity->short_bursts = entity->class == SCHED_LATENCY ? SCHED_BURSTS_MAX : 0;
}

/* Lets the class follow the count. */
static bool follow(struct sched_entity *entity)
{
	enum sched_class before = entity->class;

	if (entity->short_bursts >= SCHED_BURSTS_UP)
		entity->class = SCHED_LATENCY;
	else if (entity->short_bursts <= SCHED_BURSTS_DOWN)
		entity->class = SCHED_THROUGHPUT;
	return entity->class != before;
}

bool sched_classify_block(struct sched_entity *entity)
{
	bool is_short = entity->burst <= us(entity, SCHED_SHORT_BURST_US);

	if (!entity->params.class_auto)
		return false;
	if (!is_short)
		entity->short_bursts -= entity->short_bursts < SCHED_LONG_COUNTS
						? entity->short_bursts
						: SCHED_LONG_COUNTS;
	else if (entity->short_bursts < SCHED_BURSTS_MAX)
		entity->short_bursts++;
	return follow(entity);
}

bool sched_classify_hog(struct sched_entity *entity)
{
	entity->short_bursts = 0;
	return follow(entity);
}
