/*
 * Who shares a core under the credit family, and with what: slices, weights, and how much an entity
 * may have saved up when it comes to the others.
 */
#include "sched/credit_internal.h"

#define INITIAL_CREDIT (1ull << 40)
#define CARRIED_US     100000 /* credit or debt that an entity takes along to another core, at most */

/* There are two classes only if the order is by shares. */
static bool is_sensitive(const struct sched_core *core, const struct sched_entity *entity)
{
	return credit_config(core)->by_share && entity->class == SCHED_LATENCY;
}

void credit_entity_init(struct sched_core *core, struct sched_entity *entity, uint64_t now)
{
	struct credit_entity *state = credit_state(entity);

	state->share.time = sched_share_time(&credit_of(core)->clock);
	if (is_sensitive(core, entity))
		state->share.time -= INITIAL_CREDIT; /* of which it may keep what it may save */
	state->clock = core->id;
	state->cap_until = now;
}

static uint64_t choose_slice(const struct sched_core *core, const struct sched_entity *entity)
{
	const struct credit_config *config = credit_config(core);
	const struct sched_params *p = &entity->params;
	uint64_t slice = credit_ticks(core)->slice;

	if (!config->own_slices)
		return slice;
	if (p->slice)
		return p->slice;
	if (p->slice_max && slice > p->slice_max)
		return p->slice_max;
	return slice < p->slice_min ? p->slice_min : slice;
}

/*
 * How much running time an entity may save up. When it is spent, others fall behind, each by its
 * part of all weights; all latency-sensitive entities together may save as much as throws none of
 * the others back by more than saved_latency_us, each its part of that, or draw on a common lead.
 */
static uint64_t saved_of(struct sched_core *core, const struct sched_entity *entity)
{
	const struct credit_config *config = credit_config(core);
	struct credit_core *credit = credit_of(core);
	uint64_t saved;

	if (!config->by_share || entity->class != SCHED_LATENCY)
		return credit_ticks(core)->saved;
	if (config->lead_us)
		return credit_lead_savings(core, entity->params.weight);
	saved = credit_ticks(core)->saved_latency * sched_share_weight(&credit->clock) >>
		credit_largest_magnitude(credit);
	saved = saved * entity->params.weight /
		atomic_load_explicit(&credit->sensitive, memory_order_relaxed);
	return least(saved, credit_ticks(core)->saved_most);
}

/* Keeps the weight of the latency-sensitive with each clock, as classes and clocks change. */
static void count_sensitive(struct sched_core *core, struct sched_entity *entity, uint32_t weight)
{
	struct credit_entity *state = credit_state(entity);

	if (state->counted == weight)
		return;
	atomic_fetch_add_explicit(&credit_of(core)->sensitive, weight - state->counted,
				  memory_order_relaxed);
	state->counted = weight;
}

static void count_member(struct credit_core *credit, struct credit_entity *state, int step)
{
	unsigned k = state->magnitude;

	if (state->counted)
		return;
	credit->members[k] += (unsigned)step;
	if (credit->members[k])
		credit->magnitudes |= 1u << k;
	else
		credit->magnitudes &= ~(1u << k);
}

/* The same, as the policy sees it. */
static uint64_t savings(struct sched_core *core, struct sched_entity *entity)
{
	uint64_t usual = saved_of(core, entity);

	return credit_config(core)->saved ? credit_config(core)->saved(core, entity, usual) : usual;
}

/* Its parameters and its virtual time become those of this core. */
static void settle(struct sched_core *core, struct sched_entity *entity)
{
	struct credit_entity *state = credit_state(entity);
	struct sched_core *from = core->sched->core[state->clock];

	state->slice = choose_slice(core, entity);
	state->half = state->slice * SCHED_SHARE_UNIT / 2 / entity->params.weight;
	state->share.weight = entity->params.weight;
	if (from != core) {
		count_sensitive(from, entity, 0);
		sched_share_move(&credit_of(from)->clock, &credit_of(core)->clock, &state->share,
				 credit_us(core, CARRIED_US));
	}
	state->clock = core->id;
	count_sensitive(core, entity, is_sensitive(core, entity) ? entity->params.weight : 0);
}

static void join(struct sched_core *core, struct sched_entity *entity, uint64_t saved)
{
	struct credit_entity *state = credit_state(entity);

	credit_lead_advance(core);
	if (!state->counted)
		sched_share_limit(&state->share, credit_time_of_others(credit_of(core)), saved);
	sched_share_join(&credit_of(core)->clock, &state->share, saved);
	if (state->counted)
		credit_lead_join(core, entity);
	state->magnitude = (uint8_t)(31 - __builtin_clz(2 * entity->params.weight - 1));
	count_member(credit_of(core), state, 1);
	credit_lead_bound(core);
}

/* Credit of the latency class is for its bursts only, that of all others may have been earned. */
static uint64_t carried(struct sched_core *core, struct sched_entity *entity)
{
	uint64_t saved = savings(core, entity), most = credit_us(core, CARRIED_US);

	return entity->class == SCHED_LATENCY || saved > most ? saved : most;
}

/*
 * It has slept. If nobody wanted the core when it wakes up, nobody has had less than others for a
 * reason that still counts, in the fluid schedule either: what has been used before, to start up
 * for instance, is owed to nobody. Credit from before that moment is for bursts only.
 */
static void settle_past(struct sched_core *core, struct sched_entity *entity)
{
	struct credit_core *credit = credit_of(core);

	if (!sched_share_weight(&credit->clock) && !sched_heap_first(&credit->parked)) {
		sched_share_begin(&credit->clock);
		sched_lead_begin(&credit->lead);
	}
	if (entity->class != SCHED_LATENCY)
		sched_share_limit_to_start(&credit->clock, &credit_state(entity)->share);
}

void credit_join(struct sched_core *core, struct sched_entity *entity, enum sched_enqueue how)
{
	bool arrives = how == SCHED_ENQUEUE_ARRIVE;

	settle(core, entity);
	if (how == SCHED_ENQUEUE_WAKE && credit_config(core)->by_share)
		settle_past(core, entity);
	join(core, entity, arrives ? carried(core, entity) : savings(core, entity));
}

/* Where there are no members, or classes UNDER and OVER decide, everybody has to be one. */
static bool may_stay_apart(struct sched_core *core, const struct sched_entity *entity)
{
	return credit_config(core)->by_share && entity->class != SCHED_LATENCY &&
	       sched_share_weight(&credit_of(core)->clock) && credit_under(core, entity);
}

void credit_return(struct sched_core *core, struct sched_entity *entity)
{
	uint64_t most;

	settle(core, entity);
	most = carried(core, entity);
	sched_share_limit(&credit_state(entity)->share, sched_share_time(&credit_of(core)->clock),
			  most);
	if (!may_stay_apart(core, entity))
		join(core, entity, most);
}

void credit_part(struct sched_core *core, struct sched_entity *entity)
{
	struct credit_entity *state = credit_state(entity);

	if (!state->share.member)
		return;
	credit_lead_advance(core);
	if (state->counted)
		credit_lead_leave(core, entity);
	sched_share_leave(&credit_of(core)->clock, &state->share);
	count_member(credit_of(core), state, -1);
	credit_lead_bound(core);
}

void credit_forget(struct sched_core *core, struct sched_entity *entity)
{
	if (!entity->fresh && credit_state(entity)->clock == core->id)
		count_sensitive(core, entity, 0);
}
