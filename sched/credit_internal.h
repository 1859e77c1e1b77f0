/*
 * Shared by the files that make up the credit family (sched/credit*.c); others need sched/credit.h
 * only.
 */
#ifndef SCHED_CREDIT_INTERNAL_H
#define SCHED_CREDIT_INTERNAL_H

#include "sched/arith.h"
#include "sched/credit.h"

static inline struct credit_core *credit_of(struct sched_core *core)
{
	return (struct credit_core *)core->data;
}

static inline const struct credit_core *credit_of_const(const struct sched_core *core)
{
	return (const struct credit_core *)core->data;
}

static inline struct credit_entity *credit_state(const struct sched_entity *entity)
{
	return (struct credit_entity *)entity->data;
}

static inline const struct credit_config *credit_config(const struct sched_core *core)
{
	return credit_of_const(core)->config;
}

static inline const struct credit_ticks *credit_ticks(const struct sched_core *core)
{
	return &credit_of_const(core)->ticks;
}

static inline uint64_t credit_us(const struct sched_core *core, uint64_t microseconds)
{
	return core->sched->ms * microseconds / 1000;
}

static inline uint64_t credit_slice(const struct sched_entity *entity)
{
	return credit_state(entity)->slice;
}

static inline bool credit_under(struct sched_core *core, const struct sched_entity *entity)
{
	return sched_share_lag(&credit_of(core)->clock, &credit_state(entity)->share) >= 0;
}

static inline struct sched_entity *credit_first_boosted(const struct credit_core *credit)
{
	struct sched_node *node = sched_heap_first(&credit->boost);

	if (node)
		return SCHED_ENTITY_OF(node, node);
	if (sched_list_empty(&credit->boosts))
		return NULL;
	return SCHED_ENTITY_OF(credit->boosts.next, link);
}

/* No member of any core, it takes part in sharing this one from now on. */
void credit_join(struct sched_core *core, struct sched_entity *entity, enum sched_enqueue how);

/*
 * Its cap, which held it back, allows it again, or it has a cap and has run. While it is behind the
 * members it is none itself: its cap is what limits it, not its share, so it comes before them, and
 * their clock is about themselves only. When it has caught up it shares like everybody. Not so
 * where classes UNDER and OVER tell who comes first.
 */
void credit_return(struct sched_core *core, struct sched_entity *entity);

/* It does so no longer; no effect on one that does not. */
void credit_part(struct sched_core *core, struct sched_entity *entity);

/* The largest weight of those that are not latency-sensitive, as a power of two, rounded up. */
static inline unsigned credit_largest_magnitude(const struct credit_core *credit)
{
	return credit->magnitudes ? 31u - (unsigned)__builtin_clz(credit->magnitudes) : 0;
}

/* ---- sched/credit_caps.c ---- */

#define CREDIT_CAP_WINDOW_US 30000 /* a capped entity runs at most cap percent of this at once */

/* True while its cap holds it back. */
static inline bool credit_capped(const struct sched_entity *entity, uint64_t now)
{
	return entity->params.cap && credit_state(entity)->cap_until > now;
}

/* A capped entity has run. */
void credit_cap_charge(struct sched_core *core, struct sched_entity *entity, uint64_t ran,
		       uint64_t now);

/* Its cap holds it back: it waits apart from the others and has no part in sharing. */
void credit_park(struct sched_core *core, struct sched_entity *entity);

/* Takes one whose cap allows it again, in the order of that, from those apart; NULL: none. */
struct sched_entity *credit_unpark(struct sched_core *core, uint64_t now);

/* When the next one may go on, SCHED_NEVER: nobody is held back. */
uint64_t credit_next_release(struct sched_core *core);

/* ---- sched/credit_lead.c ---- */

/* Keeps the lead of the latency-sensitive up to date; before every change of weight. */
void credit_lead_advance(struct sched_core *core);

/*
 * The virtual time by which one of all others that comes is measured: their average, or the clock's
 * if that is later. The clock is behind the average as long as the latency-sensitive have saved
 * credit which they need not spend.
 */
uint64_t credit_time_of_others(const struct credit_core *credit);

/* A latency-sensitive entity has become a member, stops being one. */
void credit_lead_join(struct sched_core *core, struct sched_entity *entity);
void credit_lead_leave(struct sched_core *core, struct sched_entity *entity);

/* One that counts ran for so many ticks. */
static inline void credit_lead_charge(struct credit_core *credit, uint64_t ran)
{
	sched_lead_charge(&credit->lead, ran);
	credit->latency_time += ran * SCHED_SHARE_UNIT;
}

/* Members have come or gone: what the lead is bounded by may have changed. */
void credit_lead_bound(struct sched_core *core);

/* How much one that comes may have saved up; its weight is `joining`. */
uint64_t credit_lead_savings(struct sched_core *core, uint32_t joining);

/* How long the latency-sensitive may run before others, at most `run`. */
uint64_t credit_lead_limited(struct sched_core *core, uint64_t run);

/*
 * The same in the usual case. The lead was brought up to date some time ago; until now it
 * can only have become less, so as long as it leaves enough there is nothing to calculate.
 */
static inline uint64_t credit_lead_limit(struct sched_core *core, uint64_t run)
{
	const struct credit_core *credit = credit_of_const(core);

	if (credit->lead.ahead + (int64_t)(run * SCHED_SHARE_UNIT) <= credit->lead_most)
		return run;
	return credit_lead_limited(core, run);
}

/* True if the others are as far behind as they may be. */
static inline bool credit_lead_spent(struct sched_core *core)
{
	uint64_t least_run = 2 * credit_ticks(core)->grain;

	return credit_lead_limit(core, least_run) < least_run;
}

/* Gives up what it has saved: from now on it has its share only. */
void credit_forfeit(struct sched_core *core, struct sched_entity *entity);

#endif
