#include "sched/lead.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

static bool before(uint64_t a, uint64_t b)
{
	return (int64_t)(a - b) < 0;
}

static int64_t lead_of(const struct sched_lead *lead, uint64_t time, uint32_t weight)
{
	return (int64_t)(time - lead->time) * (int64_t)weight;
}

static void release(struct sched_lead *lead, struct sched_lingerer *l)
{
	lead->ahead -= lead_of(lead, l->time, l->weight);
	lead->lingering -= l->weight;
	l->weight = 0;
}

/* Lets go whom the fluid has served, and finds out who is next. */
static void release_served(struct sched_lead *lead)
{
	lead->next = lead->time + INT64_MAX;
	for (unsigned i = 0; i < SCHED_LINGERERS; i++) {
		struct sched_lingerer *l = &lead->lingerer[i];

		if (!l->weight)
			continue;
		if (!before(lead->time, l->time))
			release(lead, l);
		else if (before(l->time, lead->next))
			lead->next = l->time;
	}
}

void sched_lead_advance(struct sched_lead *lead, uint64_t weight, uint64_t ran)
{
	uint64_t passed = ran - lead->ran, all = weight + lead->lingering, amount;

	lead->ran = ran;
	if (!passed || !(lead->awake | lead->lingering))
		return;
	amount = passed * SCHED_SHARE_UNIT + lead->rest;
	lead->rest = amount % all;
	lead->time += amount / all;
	lead->ahead -= (int64_t)(amount / all * (lead->awake + lead->lingering));
	if (lead->lingering && !before(lead->time, lead->next))
		release_served(lead);
}

void sched_lead_begin(struct sched_lead *lead)
{
	assert(!lead->awake);
	for (unsigned i = 0; lead->lingering; i++) {
		lead->lingering -= lead->lingerer[i].weight;
		lead->lingerer[i].weight = 0;
	}
	lead->ahead = 0;
}

/* Where this entity lingers, else a free place, else where the one with the largest lead does. */
static struct sched_lingerer *place_of(struct sched_lead *lead, uint32_t id)
{
	struct sched_lingerer *place = &lead->lingerer[0];

	for (unsigned i = 0; i < SCHED_LINGERERS; i++) {
		struct sched_lingerer *l = &lead->lingerer[i];

		if (l->weight && l->id == id)
			return l;
		if (place->weight && (!l->weight || before(place->time, l->time)))
			place = l;
	}
	return place;
}

uint64_t sched_lead_join(struct sched_lead *lead, uint32_t id, uint32_t weight)
{
	struct sched_lingerer *l = lead->lingering ? place_of(lead, id) : NULL;
	uint64_t time = lead->time;

	if (l && l->weight && l->id == id) {
		if (before(time, l->time))
			time = l->time;
		release(lead, l);
	}
	lead->awake += weight;
	lead->ahead += lead_of(lead, time, weight);
	return time;
}

void sched_lead_leave(struct sched_lead *lead, uint32_t id, uint32_t weight, uint64_t time)
{
	struct sched_lingerer *l;

	lead->awake -= weight;
	if (!before(lead->time, time)) {
		lead->ahead -= lead_of(lead, time, weight);
		return;
	}
	l = place_of(lead, id);
	if (l->weight) { /* more lead, and no more weight to work it off: later than it really is */
		l->time += (uint64_t)lead_of(lead, time, weight) / l->weight;
		return;
	}
	*l = (struct sched_lingerer) { .time = time, .weight = weight, .id = id };
	if (!lead->lingering || before(time, lead->next))
		lead->next = time;
	lead->lingering += weight;
}
