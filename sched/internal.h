/*
 * Shared by the files that make up the core of the scheduler; policies and users do not need it.
 */
#ifndef SCHED_INTERNAL_H
#define SCHED_INTERNAL_H

#include "sched/ops.h"

/* In entity->state beside the enum: a wake-up came while it was running or held. */
#define SCHED_WOKEN 0x100u

/* Bits of entity->requests. */
enum sched_request {
	SCHED_REQUEST_ARRIVE = 1, /* it is yours now: let it wait */
	SCHED_REQUEST_REMOVE = 2,
	SCHED_REQUEST_UPDATE = 4,
	SCHED_REQUEST_DIRECT = 8,  /* a sibling yields to it */
	SCHED_REQUEST_GATHER = 16, /* a sibling has started to run, and its gang is to do so too */
};

static inline void sched_trace(const struct sched_core *core, enum sched_trace_kind kind,
			       const struct sched_entity *entity, uint64_t a, uint64_t b,
			       uint64_t now)
{
	core->sched->port->trace(core, kind, entity, a, b, now);
}

void sched_lock_registry(struct sched *sched);
bool sched_try_lock_registry(struct sched *sched);
void sched_unlock_registry(struct sched *sched);

/* Queue bookkeeping around the policy's functions. The entity is owned by this core. */
void sched_enqueue(struct sched_core *core, struct sched_entity *entity, enum sched_enqueue how,
		   uint64_t now);
void sched_dequeue(struct sched_core *core, struct sched_entity *entity, uint64_t now);

/* A decision by the policy's functions: what `decide` does unless the policy has its own. */
void sched_decide(struct sched_core *core, uint64_t now);

static inline void sched_forget_here(struct sched_core *core, struct sched_entity *entity)
{
	if (core->sched->ops->forget)
		core->sched->ops->forget(core, entity);
}

/* Posts requests to the owner of the entity. */
void sched_post(struct sched_core *here, struct sched_entity *entity, unsigned requests);
/* Handles what others posted. No entity may be current. */
void sched_drain(struct sched_core *core, uint64_t now);

/*
 * Makes a blocked entity exclusively ours / lets it go again, waking it if somebody tried to
 * meanwhile.
 */
bool sched_hold(struct sched_entity *entity);
void sched_release(struct sched_core *here, struct sched_entity *entity, uint64_t now);

/* For the owner, with the entity waiting or held: ends its life, takes its new parameters. */
void sched_bury(struct sched_core *core, struct sched_entity *entity, uint64_t now);
void sched_take_params(struct sched_core *core, struct sched_entity *entity);

/* Placing a waking entity, which the caller holds in state WAKING. */
unsigned sched_place(struct sched_core *here, struct sched_entity *entity);
/* Sends an entity in state WAKING to another core. */
void sched_send(struct sched_core *here, struct sched_entity *entity, unsigned to);
/* Somebody from another core comes first: who ran here, and waits now, may be better off there. */
void sched_even_out_soon(struct sched_core *core, uint64_t now);
/* Between cores: gives surplus away or asks for work. */
void sched_balance_cores(struct sched_core *core, uint64_t now);

/* After every change of the queue. */
static inline void sched_balance(struct sched_core *core, uint64_t now)
{
	const struct sched *sched = core->sched;

	if (sched->cores > 1 && sched->ops->surplus)
		sched_balance_cores(core, now);
}

/* Calls the siblings of a gang whose member starts to run here. */
void sched_gather(struct sched_core *core, struct sched_entity *entity, uint64_t now);

/* True if the entity may run on more than one of the cores there are. */
bool sched_may_move(const struct sched_entity *entity);

#endif
