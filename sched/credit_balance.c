/*
 * Which waiting entity of the credit family goes to another core: to an idle one, or to a busy one
 * whose members get ahead.
 */
#include "sched/credit_internal.h"

#define SURPLUS_LOOKS  4
#define COMPARE_LOOKS  16   /* cores */
#define UNEVEN_US      6000 /* of a core's time: behind by less, its members are even with others */
#define MEMORY_MS      2000 /* in which differences between cores are forgotten */
#define SATED	       8    /* times as fast if the members have all they want */
#define PRIVATE_SLICES 6

struct sched_entity *credit_surplus(struct sched_core *core, const struct sched_core *to,
				    uint64_t now)
{
	struct credit_core *credit = credit_of(core);
	struct sched_entity *entity = sched_heap_allowed(&credit->boost, to);

	(void)now;
	if (!entity)
		entity = sched_list_allowed(&credit->boosts, to, SURPLUS_LOOKS);
	if (!entity)
		entity = sched_list_allowed(&credit->under, to, SURPLUS_LOOKS);
	if (!entity)
		entity = sched_calendar_allowed(&credit->over, to);
	return entity ? entity : sched_allowed(credit->turn, to);
}

/* Those at their caps too: who does not want to run now loses nothing by moving. */
static struct sched_entity *most_behind(struct sched_core *core, const struct sched_core *to)
{
	struct credit_core *credit = credit_of(core);
	struct sched_entity *entity = sched_list_allowed(&credit->under, to, SURPLUS_LOOKS);

	if (!entity)
		entity = sched_calendar_allowed(&credit->over, to);
	if (!entity)
		entity = sched_allowed(credit->turn, to);
	return entity ? entity : sched_heap_allowed(&credit->parked, to);
}

/* Its members run, and are more than one core's limited by their caps. */
static bool comparable(const struct sched *sched, unsigned core)
{
	return !sched_shared_mask_has(&sched->idle, core) &&
	       sched_share_weight(&credit_of_const(sched->core[core])->clock);
}

/* Virtual time by which the core must be behind to give the entity away. */
static int64_t margin_of(const struct sched_core *core, const struct sched_entity *entity,
			 uint64_t now)
{
	uint64_t ticks = credit_us(core, UNEVEN_US);

	if (now - entity->ran_last < core->sched->migration_cost) /* its cache is still warm */
		ticks += core->sched->migration_cost;
	return (int64_t)(ticks * SCHED_SHARE_UNIT /
			 sched_share_weight(&credit_of_const(core)->clock));
}

/* What a core has found in comparing itself with others. */
struct comparison {
	struct sched_entity *entity; /* that should go... */
	unsigned to;		     /* ...there */
	int64_t gap;		     /* virtual time by which that core is ahead */
	int64_t sum;		     /* of all gaps */
	int64_t cores;
};

static void compare(struct sched_core *core, unsigned with, struct comparison *found, uint64_t now)
{
	const struct sched_core *other = core->sched->core[with];
	int64_t gap = sched_share_gap(&credit_of(core)->clock, &credit_of_const(other)->clock);
	struct sched_entity *entity;

	found->sum += gap;
	found->cores++;
	if (gap <= found->gap)
		return;
	entity = most_behind(core, other);
	if (!entity || gap <= margin_of(core, entity, now))
		return;
	found->entity = entity;
	found->to = with;
	found->gap = gap;
}

/*
 * True if for PRIVATE_SLICES only one has been there and run: it has all that a core can give, so
 * it is not behind others, whatever the clocks say. A shorter time alone may be what it was behind
 * by.
 */
static bool is_private(struct sched_core *core, uint64_t now)
{
	struct credit_core *credit = credit_of(core);
	bool only_member =
		sched_share_weight(&credit->clock) == credit_state(core->current)->share.weight;

	if (core->switches != credit->switches_before || !only_member)
		credit->shared_at = now;
	credit->switches_before = core->switches;
	return now - credit->shared_at >= PRIVATE_SLICES * credit->ticks.slice;
}

/*
 * How much of its mean distance to others a core forgets. Nor is a core behind that had nothing to
 * do for a while. But one whose member another core has just got may have nothing to do only until
 * it finds somebody else, and must not forget for that what it owes those who are left.
 */
static int64_t forgotten(struct sched_core *core, int64_t mean, uint64_t elapsed, uint64_t now)
{
	struct credit_core *credit = credit_of(core);
	uint64_t memory = core->sched->ms * MEMORY_MS;
	uint64_t idled = core->idle - credit->idle_before;
	bool private = is_private(core, now);

	credit->idle_before = core->idle;
	if (idled)
		return mean > 0 ? (int64_t)least((uint64_t)mean, idled * SATED) : 0;
	if (private && mean > 0)
		elapsed *= SATED;
	return mean / 4096 * (int64_t)(least(elapsed, memory) * 4096 / memory);
}

/*
 * Shares are even between cores if their clocks advance alike. Members of a core whose clock falls
 * behind get less than those of the others: the one most behind goes to the core that is furthest
 * ahead of those that it may run on. Later somebody comes back, so the odd ones rotate and all get
 * the same in the end. Where affinity keeps levels apart, or one entity is entitled to more than a
 * core, clocks part for ever; so differences are forgotten, in MEMORY_MS, and what remains is in
 * proportion to the difference of the levels.
 */
struct sched_entity *credit_excess(struct sched_core *core, unsigned *to, uint64_t now)
{
	struct credit_core *credit = credit_of(core);
	struct sched *sched = core->sched;
	unsigned looks = least(sched->cores, COMPARE_LOOKS);
	struct comparison found = { 0 };

	if (!sched_share_weight(&credit->clock))
		return NULL;
	for (unsigned with = credit->compared; looks--;) {
		with = with + 1 < sched->cores ? with + 1 : 0;
		if (with != core->id && comparable(sched, with))
			compare(core, with, &found, now);
		credit->compared = with;
	}
	if (found.cores)
		sched_share_shift(&credit->clock, forgotten(core, found.sum / found.cores,
							    now - credit->compared_at, now));
	credit->compared_at = now;
	*to = found.to;
	return found.entity;
}
