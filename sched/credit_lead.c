/*
 * How far the latency class of a core may get ahead of all others (sched/lead.h). Saved credit says
 * who may run before others and how long; the lead of the whole class bounds what the others bear.
 * So one that needs much may have what the rest of its class does not need at the moment.
 *
 * When the others are as far behind as they may be, nobody is boosted; everybody has its share.
 */
#include "sched/credit_internal.h"

void credit_lead_advance(struct sched_core *core)
{
	struct credit_core *credit = credit_of(core);

	sched_lead_advance(&credit->lead, sched_share_weight(&credit->clock), core->run);
}

void credit_lead_join(struct sched_core *core, struct sched_entity *entity)
{
	struct credit_entity *state = credit_state(entity);

	state->lead = sched_lead_join(&credit_of(core)->lead, entity->id, state->counted) -
		      state->share.time;
}

void credit_lead_leave(struct sched_core *core, struct sched_entity *entity)
{
	struct credit_entity *state = credit_state(entity);

	sched_lead_leave(&credit_of(core)->lead, entity->id, state->counted,
			 state->share.time + state->lead);
}

/* Running time by which they may still get ahead; `others`: weight of all others, not 0. */
static uint64_t room_left(const struct credit_core *credit, uint64_t others)
{
	int64_t most = (int64_t)(credit->ticks.lead * others >> credit_largest_magnitude(credit));
	int64_t room = most - credit->lead.ahead / SCHED_SHARE_UNIT;

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
	return room_left(credit, others) * (all + credit->lead.lingering) / others;
}

static uint64_t weight_of_others(const struct credit_core *credit)
{
	return sched_share_weight(&credit->clock) - credit->lead.awake;
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
	sched_share_leave(clock, &state->share);
	sched_share_join(clock, &state->share, 0);
	state->lead += before - state->share.time;
}
