/*
 * What a scheduling policy is: a const table of functions in a file of its own, listed in
 * sched/policies.c. sched/example_60.c is a complete one to start from.
 *
 * All functions run on the core they are given, one at a time; they own core->data and the
 * data, link and node of entities that wait or run there. The core of the scheduler keeps states,
 * statistics, load and migration; a policy only orders. The functions must not loop over more
 * than O(log n) entities, except core_init and dump.
 */
#ifndef SCHED_OPS_H
#define SCHED_OPS_H

#include "sched/advice.h"
#include "sched/sched.h"

#define SCHED_ANYWHERE	  UINT32_MAX
#define SCHED_EVEN_OUT_US 1000 /* of time between two comparisons of a core with others */

enum sched_enqueue {
	SCHED_ENQUEUE_WAKE,	/* it was blocked */
	SCHED_ENQUEUE_PUT,	/* it was running and could go on */
	SCHED_ENQUEUE_YIELD,	/* it was running and gives way */
	SCHED_ENQUEUE_ARRIVE,	/* it waited on another core */
	SCHED_ENQUEUE_RESTORE,	/* its parameters or the policy changed while it waited */
	SCHED_ENQUEUE_DIRECTED, /* it waited, and a sibling yields to it */
};

struct sched_ops {
	const char *name;
	const char *summary; /* one line */
	const void *config;  /* constants, for policies that share functions */
	bool caps;	     /* keeps params.cap; else caps are ignored */
	size_t entity_size;  /* of what is kept in entity->data, <= SCHED_ENTITY_DATA */
	size_t core_size;    /* of what is kept in core->data, <= SCHED_CORE_DATA */

	/* core->data is zero. */
	void (*core_init)(struct sched_core *core, uint64_t now);

	/* The entity is new to this policy and is enqueued next; entity->data is zero. Optional. */
	void (*entity_init)(struct sched_core *core, struct sched_entity *entity, uint64_t now);

	/* The entity waits here from now on. */
	void (*enqueue)(struct sched_core *core, struct sched_entity *entity,
			enum sched_enqueue how, uint64_t now);

	/* The entity, which waits here, does so no longer. */
	void (*dequeue)(struct sched_core *core, struct sched_entity *entity, uint64_t now);

	/*
	 * Chooses one that waits, removes it from the queue, and sets until and reason. NULL: none
	 * may run now; until is then the tick at which one may. A current entity has been
	 * enqueued before.
	 */
	struct sched_entity *(*pick)(struct sched_core *core, uint64_t now,
				     struct sched_decision *decision);

	/*
	 * A whole decision, in place of the core's: charge, enqueue and pick compiled into one
	 * function (sched/decide.h). It must do what they do. Optional.
	 */
	void (*decide)(struct sched_core *core, uint64_t now);

	/* The current entity ran for `ran` ticks up to now. Optional. */
	void (*charge)(struct sched_core *core, struct sched_entity *entity, uint64_t ran,
		       uint64_t now);

	/* Should the entity, which waits here, preempt core->current (not NULL) at once? */
	bool (*preempts)(struct sched_core *core, const struct sched_entity *entity, uint64_t now);

	/* The current entity, which has been charged, blocks or is removed. Optional. */
	void (*leave)(struct sched_core *core, struct sched_entity *entity, uint64_t now);

	/* The entity, in no queue, is removed or goes to another core. Optional. */
	void (*forget)(struct sched_core *core, struct sched_entity *entity);

	/* See sched_next_event. Optional. */
	uint64_t (*next_event)(struct sched_core *core, uint64_t now);

	/*
	 * The waiting entity that could best be given to core `to`, or NULL. Stays in the queue;
	 * look at a bounded number only. Optional: NULL means that nothing is ever given away.
	 */
	struct sched_entity *(*surplus)(struct sched_core *core, const struct sched_core *to,
					uint64_t now);

	/*
	 * The waiting entity that should go to another core, which is busy too, because its members
	 * fare better, and that core in *to; NULL: none. Called at most once in
	 * SCHED_EVEN_OUT_US. Optional.
	 */
	struct sched_entity *(*excess)(struct sched_core *core, unsigned *to, uint64_t now);

	/*
	 * The core on which a waking entity has to run, SCHED_ANYWHERE: no matter. Any core may
	 * ask. Optional.
	 */
	unsigned (*place)(struct sched *sched, const struct sched_entity *entity);

	/* Advice could change something on this core at the moment. Optional: always. */
	bool (*needs_advice)(const struct sched_core *core, uint64_t now);

	/* What is forecast of an entity of this core; see sched/advice.h. Optional. */
	void (*advise)(struct sched_core *core, struct sched_entity *entity,
		       const struct sched_advice *advice, uint64_t now);

	/* All advice of this window is in: may look at all entities of the core. Optional. */
	void (*replan)(struct sched_core *core, uint64_t now);

	/* Describes the queue for people. Optional. */
	void (*dump)(struct sched_core *core, void (*print)(void *arg, const char *line),
		     void *arg);
};

/*
 * What is left of a slice, 0 if it is less than the grain. The entry to the guest takes part of the
 * slice, so without the grain an entity could be given the rest of its slice for ever.
 */
static inline uint64_t sched_slice_left(const struct sched_core *core,
					const struct sched_entity *entity, uint64_t slice)
{
	return entity->slice_used + core->sched->grain < slice ? slice - entity->slice_used : 0;
}

/* For `surplus` and `excess`: the entity itself if it may leave for core `to`, or NULL. */
struct sched_entity *sched_allowed(struct sched_entity *entity, const struct sched_core *to);

/* The first entity of a queue (by `link`) that may, among the first `looks`, or NULL. */
struct sched_entity *sched_list_allowed(struct sched_list *queue, const struct sched_core *to,
					unsigned looks);

/* One of the first few of a heap (by `node`), not quite in order, or NULL. */
struct sched_entity *sched_heap_allowed(const struct sched_heap *heap, const struct sched_core *to);

#endif
