/*
 * How far the latency class of a core may get ahead of all others (sched/lead.h). Saved credit says
 * who may run before others and how long; the lead of the whole class bounds what the others bear.
 * So one that needs much may have what the rest of its class does not need at the moment.
 *
 * When the others are as far behind as they may be, nobody is boosted; everybody has its share.
 */
#include "sched/credit_internal.h"

#define LASTING_MS 20 /* of running time of the core, to twice that */

void credit_lead_advance(struct sched_core *core)
{
	struct credit_core *credit = credit_of(core);

	sched_lead_advance(&credit->lead, sched_share_weight(&credit->clock), core->run);
}

/* Its virtual time, weighted, exactly: what it ran for adds to this without any division. */
static uint64_t weighted_time(const struct sched_share *share)
{
	return share->time * share->weight + share->rest;
}

void credit_lead_join(struct sched_core *core, struct sched_entity *entity)
{
	struct credit_entity *state = credit_state(entity);

	credit_of(core)->latency_time += weighted_time(&state->share);
	state->lead = sched_lead_join(&credit_of(core)->lead, entity->id, state->counted) -
		      state->share.time;
}

void credit_lead_leave(struct sched_core *core, struct sched_entity *entity)
{
	struct credit_entity *state = credit_state(entity);

	credit_of(core)->latency_time -= weighted_time(&state->share);
	sched_lead_leave(&credit_of(core)->lead, entity->id, state->counted,
			 state->share.time + state->lead);
}

static uint64_t weight_of_others(const struct credit_core *credit)
{
	return sched_share_weight(&credit->clock) - credit->lead.awake;
}

/*
 * The weight of those others that have been there for LASTING_MS at least, of all if there are
 * none: who blocks when its work is done leaves the part of the lead that it bore to the rest.
 */
static uint64_t lasting_weight(struct sched_core *core)
{
	struct credit_core *credit = credit_of(core);
	uint64_t others = weight_of_others(credit);

	if (core->run - credit->lasting_from > core->sched->ms * LASTING_MS) {
		credit->lasting = credit->lasting_next;
		credit->lasting_next = others;
		credit->lasting_from = core->run;
	}
	credit->lasting = least(credit->lasting, others);
	credit->lasting_next = least(credit->lasting_next, others);
	return credit->lasting ? credit->lasting : others;
}

/* Turns cost a heavy one most, so where weights differ less is left for the lead. */
static uint64_t lead_of_each(const struct credit_core *credit)
{
	bool differ = credit->magnitudes & (credit->magnitudes - 1);

	return differ ? credit->ticks.lead * 3 / 4 : credit->ticks.lead;
}

void credit_lead_bound(struct sched_core *core)
{
	struct credit_core *credit = credit_of(core);
	uint64_t lasting;

	if (!credit->ticks.lead)
		return;
	lasting = lasting_weight(core);
	if (lasting)
		credit->lead_most = (int64_t)((lead_of_each(credit) * lasting >>
					       credit_largest_magnitude(credit)) *
					      SCHED_SHARE_UNIT);
	else
		credit->lead_most = INT64_MAX;
}

/* Running time by which they may still get ahead. */
static uint64_t room_left(const struct credit_core *credit)
{
	int64_t room = (credit->lead_most - credit->lead.ahead) / SCHED_SHARE_UNIT;

	return room > 0 ? (uint64_t)room : 0;
}

/*
 * How long those of the class that are awake, and `joining` more by weight, may run before others.
 * While they do they get ahead by the part of it that is due to the others.
 */
static uint64_t lead_left(struct sched_core *core, uint64_t others, uint32_t joining)
{
	struct credit_core *credit = credit_of(core);
	uint64_t all = sched_share_weight(&credit->clock) + joining;

	credit_lead_advance(core);
	return room_left(credit) * (all + credit->lead.lingering) / others;
}

uint64_t credit_time_of_others(const struct credit_core *credit)
{
	uint64_t now = sched_share_time(&credit->clock), others = weight_of_others(credit);
	int64_t saved = (int64_t)(now * credit->lead.awake - credit->latency_time);

	return others && saved > 0 ? now + (uint64_t)saved / others : now;
}

uint64_t credit_lead_savings(struct sched_core *core, uint32_t joining)
{
	const struct credit_ticks *ticks = credit_ticks(core);
	uint64_t others = weight_of_others(credit_of(core));

	/* of its own class it asks no more than anybody */
	return others ? least(lead_left(core, others, joining), ticks->saved_most) : ticks->saved;
}

uint64_t credit_lead_limited(struct sched_core *core, uint64_t run)
{
	uint64_t others = weight_of_others(credit_of(core));

	if (!others || !credit_config(core)->lead_us)
		return run;
	return least(run, lead_left(core, others, 0));
}

void credit_forfeit(struct sched_core *core, struct sched_entity *entity)
{
	struct credit_entity *state = credit_state(entity);
	struct sched_share_clock *clock = &credit_of(core)->clock;
	uint64_t before = state->share.time;

	if (!credit_config(core)->lead_us || !state->share.member)
		return;
	credit_of(core)->latency_time -= weighted_time(&state->share);
	sched_share_leave(clock, &state->share);
	sched_share_join(clock, &state->share, 0);
	credit_of(core)->latency_time += weighted_time(&state->share);
	state->lead += before - state->share.time;
}
