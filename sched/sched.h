/*
 * The scheduler: who runs on which core, and until when. Pure C: no hardware, no allocation, no
 * clock of its own. The same objects run in the hypervisor, in the unit tests and in the simulator.
 *
 * Three parts. The core (sched.c, inbox.c, placement.c) keeps the states of entities, moves them
 * between cores and keeps the books of time. A policy (struct sched_ops, sched/ops.h) orders the
 * entities that wait on one core. The user (the hypervisor's loop on each core) runs what
 * sched_pick() returns.
 *
 * The loop on each core, with interrupts off:
 *
 *	for (;;) {
 *		struct sched_decision d = sched_pick(core, now());
 *		if (!d.next) {
 *			if (sched_idle_ok(core))
 *				halt until a kick, a device, or d.until;
 *			continue;
 *		}
 *		switch to d.next if it is not loaded already;
 *		sched_overhead(core, now());        optional: what was spent since the last stamp
 *		do {
 *			run the guest, with the preemption timer set to end at d.until;
 *			sched_charge(core, now());
 *			handle the exit: sched_wake, sched_block and others are called here;
 *		} while (now() < d.until && !sched_must_pick(core));
 *	}
 *
 * Time is TSC ticks, the same on all cores, and never runs backwards on one core.
 *
 * Concurrency. Functions with a `core` or `here` parameter must be called on that very core and
 * are not reentrant; handlers of host interrupts or NMIs must not call them (set a flag, let the
 * loop call). Each core owns its run queue: no lock is taken in any of pick, charge, block, wake,
 * yield. Work for another core goes into that core's inbox, a lock-free list with many producers
 * and one consumer, and the core is kicked only if the inbox was empty.
 * Lock order: the registry lock (sched_add, sched_forget, sched_for_each, sched_set_policy) is the
 * only lock and is never held while any other lock is taken.
 */
#ifndef SCHED_SCHED_H
#define SCHED_SCHED_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hv/error.h"
#include "sched/heap.h"
#include "sched/list.h"
#include "sched/mask.h"

#define SCHED_NEVER	     UINT64_MAX /* a tick that does not come */
#define SCHED_ENTITY_DATA    128	/* bytes a policy may keep in an entity */
#define SCHED_CORE_DATA	     8448	/* bytes a policy may keep in a core */
#define SCHED_WEIGHT_MAX     65535
#define SCHED_WEIGHT_DEFAULT 256

struct sched;
struct sched_core;
struct sched_entity;
struct sched_ops;

enum sched_class {
	SCHED_THROUGHPUT = 0,
	SCHED_LATENCY = 1, /* marked latency-sensitive */
};

/* What a person or the partitioner may set for an entity. Times in ticks; 0 means the default. */
struct sched_params {
	uint32_t weight;    /* 1..SCHED_WEIGHT_MAX, share relative to others */
	uint32_t cap;	    /* percent of one core, 0: none */
	uint64_t slice;	    /* base time slice */
	uint64_t slice_min; /* slice_min <= slice <= slice_max */
	uint64_t slice_max;
	uint64_t budget; /* edf, table: budget in every period; 0: best effort */
	uint64_t period;
	enum sched_class class;
	bool gang;	 /* hint: run at the same time as the other vCPUs of its VM */
	bool class_auto; /* let observation change the class */
	struct sched_mask affinity;
};

/*
 * States. BLOCKED -> WAKING -> RUNNABLE <-> RUNNING -> BLOCKED. HELD: its owner is changing a
 * blocked entity. GONE: not known to the scheduler (before sched_add, after its removal).
 */
enum sched_state {
	SCHED_GONE = 0,
	SCHED_BLOCKED = 1,
	SCHED_WAKING = 2,
	SCHED_RUNNABLE = 3,
	SCHED_RUNNING = 4,
	SCHED_HELD = 5,
};

/* Why a decision fell as it did; goes into the trace. */
enum sched_reason {
	SCHED_WHY_IDLE = 0,	/* nothing is runnable here */
	SCHED_WHY_TURN = 1,	/* its turn */
	SCHED_WHY_CONTINUE = 2, /* the same as before goes on */
	SCHED_WHY_WAKE = 3,	/* woke up and comes first (BOOST, latency class) */
	SCHED_WHY_SHARE = 4,	/* furthest behind its share */
	SCHED_WHY_DEADLINE = 5, /* earliest deadline */
	SCHED_WHY_TABLE = 6,	/* its slot in the table */
	SCHED_WHY_REPAY = 7,	/* is owed time */
	SCHED_WHY_LEFTOVER = 8, /* nobody with a better claim wants the core */
	SCHED_WHY_DIRECTED = 9, /* another vCPU of its VM yielded to it */
	SCHED_WHY_GANG = 10,	/* other vCPUs of its VM are running */
	SCHED_REASONS
};

/* Totals since sched_add, in ticks or counts. Written by the owning core only. */
struct sched_stats {
	uint64_t run;		/* ticks running */
	uint64_t wait;		/* ticks runnable but not running */
	uint64_t wakeups;	/* blocked to runnable */
	uint64_t switches;	/* times it was switched to from something else */
	uint64_t preemptions;	/* times it lost the core while it could have gone on */
	uint64_t migrations;	/* times it changed the core */
	uint64_t wake_wait;	/* ticks from wake-up to running, sum */
	uint64_t wake_wait_max; /* the longest */
};

/* What is to be looked at when an entity starts; there may be nothing after all. */
enum sched_note {
	SCHED_NOTE_WOKEN = 1,  /* how long it waited since it was woken */
	SCHED_NOTE_MOVED = 2,  /* whether it comes from another core */
	SCHED_NOTE_GANG = 4,   /* whether to call its gang */
	SCHED_NOTE_CALLED = 8, /* that a sibling called it */
};

/* Embedded in a vCPU (hypervisor) or a task (simulator). Zero it before sched_add. */
struct sched_entity {
	/* Set by sched_add, constant. */
	struct sched *sched;
	unsigned id; /* unique among entities, for the trace */
	unsigned vm;
	struct sched_list registry; /* registry lock */
	struct sched_list siblings; /* ring of the vCPUs of a VM, without a head; registry lock */

	/* Any core. */
	atomic_uint state;    /* enum sched_state, and a bit for a wake-up while not blocked */
	atomic_uint requests; /* posted to the owner's inbox, not yet handled */
	atomic_uint core;     /* id of the owning core: where it runs, waits, or ran last */
	struct sched_entity *inbox_next; /* belongs to the inbox while requests != 0 */

	/* The owning core only; while WAKING, whoever moves it. */
	struct sched_params params;
	struct sched_params next_params; /* registry lock */
	struct sched_stats stats;
	bool many_cores;	/* may run on more than one core */
	bool fresh;		/* the policy has not seen it yet */
	bool moving;		/* WAKING because it changes the core, not because it was blocked */
	uint8_t called;		/* enum sched_reason of a call by a sibling, 0: none since it ran */
	unsigned last_core;	/* where it ran last */
	uint8_t notes;		/* enum sched_note */
	uint64_t since;		/* tick since which it waits or is blocked */
	uint64_t woken_at;	/* tick of the wake-up not yet served, SCHED_NEVER: none */
	uint64_t slice_used;	/* ticks run since the slice was given */
	uint64_t gathered;	/* tick at which it last called its gang */
	uint64_t ran_last;	/* tick it last left a core: cache warmth */
	uint64_t burst;		/* ticks run since the last wake-up */
	enum sched_class class; /* as marked or detected, see sched/classify.h */
	uint32_t short_bursts;	/* sched/classify.h */
	struct sched_list link; /* free for the policy while the entity waits */
	struct sched_node node; /* likewise */
	_Alignas(16) unsigned char data[SCHED_ENTITY_DATA]; /* the policy's */
};

/* The entity that holds a link: SCHED_ENTITY_OF(node, node), SCHED_ENTITY_OF(l, link). */
#define SCHED_ENTITY_OF(pointer, member)                                                           \
	((struct sched_entity *)((char *)(pointer)-offsetof(struct sched_entity, member)))

struct sched_decision {
	struct sched_entity *next; /* NULL: idle */
	uint64_t until;		   /* tick at which to call sched_pick again, SCHED_NEVER: none */
	enum sched_reason reason;
};

/* One per pCPU. Zero it before sched_core_init. */
struct sched_core {
	struct sched *sched;
	unsigned id;
	unsigned node; /* NUMA */

	/* Any core. */
	_Alignas(64) _Atomic(struct sched_entity *) inbox;
	atomic_uint thief; /* 1 + id of an idle core that asks for work, 0: none */
	atomic_uint load;  /* entities waiting or running here */

	/* This core only. */
	_Alignas(64) struct sched_entity *current; /* RUNNING here, or NULL */
	struct sched_entity *previous;		   /* the one before the last decision */
	struct sched_entity *put;	/* while the inbox is emptied: who has just been put back */
	struct sched_decision decision; /* the last one */
	bool resched;			/* pick again as soon as possible */
	bool yielding;			/* the current entity gave way */
	unsigned waiting;		/* entities in the policy's queues */
	unsigned movable;		/* of those that wait or run: may run on another core */
	uint64_t start;			/* tick of sched_core_init */
	uint64_t stamp;	   /* all time before it is in exactly one of the three sums below */
	uint64_t run;	   /* ticks given to entities */
	uint64_t idle;	   /* ticks with nothing to run */
	uint64_t overhead; /* ticks of sched_overhead() */
	uint64_t decisions;
	uint64_t switches;
	uint64_t arrivals;	/* waiting entities that other cores gave to this one */
	uint64_t even_out_at;	/* tick before which busy cores are not compared with */
	uint64_t hurried_until; /* tick before which an arrival does not change that */
	unsigned asks;		/* cores asked for work since this one went idle */
	unsigned asked;		/* the last one of them */
	_Alignas(16) unsigned char data[SCHED_CORE_DATA]; /* the policy's */
};

/* Why a plan gives an entity another slice or burst budget than it had. */
enum sched_plan_why {
	SCHED_PLAN_OWN,	  /* nobody's forecast changes it any more */
	SCHED_PLAN_GIVES, /* somebody else is forecast to need more */
	SCHED_PLAN_GROWS, /* it is forecast to need more */
	SCHED_PLAN_WHYS
};

/* A record for the trace. The meaning of a and b is that of the kind. */
enum sched_trace_kind {
	SCHED_TRACE_PICK = 1,  /* entity or NULL (idle); a: slice end tick, b: enum sched_reason */
	SCHED_TRACE_WAKE = 2,  /* a: target core, b: 1 if it will preempt */
	SCHED_TRACE_BLOCK = 3, /* a: ticks of the burst */
	SCHED_TRACE_MIGRATE = 4,  /* a: from core, b: to core */
	SCHED_TRACE_DEBT = 5,	  /* entity is owed; a: ticks (signed), b: debtor's id */
	SCHED_TRACE_CLASS = 6,	  /* a: new enum sched_class */
	SCHED_TRACE_SLICE = 7,	  /* a: new slice + enum sched_plan_why << 32, b: old one + forecast
				     demand of a window << 32 */
	SCHED_TRACE_POLICY = 8,	  /* a: index of the policy in sched_policies */
	SCHED_TRACE_RESERVE = 9,  /* a: ticks forecast for 50 ms + for a window << 32, b: burst
				     budget before + mean demand of a window << 32 */
	SCHED_TRACE_RELEASE = 10, /* a: ticks it stood, b: enum drp_end */
	SCHED_TRACE_SWAP = 11,	  /* it gets burst budget; a: ticks + forecast need << 32, b: id of
				     who loses it */
	SCHED_TRACE_CREDIT = 12,  /* burst budget: as SLICE, with the forecast need of 50 ms */
	/* a: 1 trusted, 0 not; b: enum sched_trust_reason, and << 8 the error in percent of the
	 * last value's */
	SCHED_TRACE_TRUST = 13,
};

/* What the scheduler needs from below. No function may call back into the scheduler. */
struct sched_port {
	/* Make that core leave its guest or its halt soon and call sched_pick. Any core. */
	void (*kick)(unsigned core);
	/*
	 * The entity may run on another core from now on: save what is loaded of it on this core
	 * (VMCLEAR). Called on the core where it ran last, before any other core can pick it: when
	 * it is handed to another core, when it is removed, and when it blocks unless it can run
	 * nowhere else. There may be nothing to save.
	 */
	void (*leave)(struct sched_entity *entity);
	void (*trace)(const struct sched_core *core, enum sched_trace_kind kind,
		      const struct sched_entity *entity, uint64_t a, uint64_t b, uint64_t now);
	/* NUMA distance as in the ACPI SLIT: 10 is local. */
	unsigned (*distance)(unsigned node_from, unsigned node_to);
};

/* One per machine. Zero it before sched_init. */
struct sched {
	const struct sched_port *port;
	const struct sched_ops *ops; /* changes only while all cores are stopped, and with it: */
	void (*decide)(struct sched_core *core, uint64_t now);
	uint64_t ms;		 /* ticks in a millisecond */
	uint64_t migration_cost; /* ticks of cache warmth: not moved again sooner than this */
	uint64_t grain; /* ticks: the rest of a slice that is shorter is not worth an entry */
	unsigned cores;
	struct sched_core *core[SCHED_MAX_CORES];
	struct sched_mask online;
	_Alignas(64) struct sched_shared_mask idle; /* cores with nothing to run */
	struct sched_shared_mask crowded;	    /* cores where somebody waits who could move */
	_Alignas(64) atomic_flag registry_lock;
	struct sched_list registry; /* all entities */
	unsigned entities;
};

enum sched_wake_result {
	SCHED_WAKE_IGNORED = 0, /* it was not blocked: it sees its event before it blocks */
	SCHED_WAKE_QUEUED = 1,	/* waits here or was sent to another core (kicked if needed) */
	SCHED_WAKE_PREEMPT = 2, /* waits here and should preempt: call sched_pick soon */
};

/* ---- Set-up: before other cores run, or with all cores stopped ---- */

/* ticks_per_ms > 0. ERR_NOT_FOUND: no such policy. */
enum error sched_init(struct sched *sched, const struct sched_port *port, uint64_t ticks_per_ms,
		      const char *policy);

/* Adds a core; ids are 0, 1, 2... in the order of calls. ERR_LIMIT: more than SCHED_MAX_CORES. */
enum error sched_core_init(struct sched *sched, struct sched_core *core, unsigned node,
			   uint64_t now);

/*
 * Gives all entities to another policy. All cores must be out of their guests and none may be
 * inside the scheduler (the caller stops them). Afterwards no core has a current entity and every
 * core must call sched_pick before anything else. ERR_NOT_FOUND: no such policy, nothing changed.
 * An entity that the new policy does not admit (edf: utilisation over 1) becomes best effort there;
 * none is lost.
 */
enum error sched_set_policy(struct sched *sched, const char *name, uint64_t now);

/* ---- Entities ---- */

/* Weight 256, no cap, 0 for all times, throughput with automatic class, all cores. */
void sched_default_params(struct sched_params *params);

/* OK, or the reason as a constant text in *why: weight, cap, slices, budget, affinity. */
enum error sched_check_params(const struct sched *sched, const struct sched_params *params,
			      const char **why);

/*
 * Makes a zeroed entity known; it starts blocked, sched_wake starts it. Any core. Errors as
 * sched_check_params, ERR_STATE: already added.
 */
enum error sched_add(struct sched *sched, struct sched_entity *entity, unsigned id, unsigned vm,
		     const struct sched_params *params, uint64_t now);

/*
 * Takes an entity out of scheduling, whatever it does. True: done. False: its owner was asked (and
 * kicked) and will do it; wait until sched_is_gone(), and let this core go on picking meanwhile.
 * Wake-ups of an entity that is gone are ignored. Then sched_forget, before memory is reused.
 */
bool sched_remove(struct sched_core *here, struct sched_entity *entity, uint64_t now);
bool sched_is_gone(const struct sched_entity *entity);
void sched_forget(struct sched_entity *entity);

/* Changes parameters now, or asks the owner to. Errors as sched_check_params; then no change. */
enum error sched_update(struct sched_core *here, struct sched_entity *entity,
			const struct sched_params *params, const char **why, uint64_t now);

/* Calls visit for every entity, under the registry lock: visit may read, not call in here. */
void sched_for_each(struct sched *sched, void (*visit)(struct sched_entity *entity, void *arg),
		    void *arg);

/* ---- The loop ---- */

/*
 * Takes in the inbox, charges the current entity, and decides; core->decision is the same. Never
 * fails. Inline, so that a caller that looks at a part of the result copies no more.
 */
static inline struct sched_decision sched_pick(struct sched_core *core, uint64_t now)
{
	core->sched->decide(core, now);
	return core->decision;
}

/* True if sched_pick should be called before the end of the slice. Cheap. */
static inline bool sched_must_pick(const struct sched_core *core)
{
	return core->resched || atomic_load_explicit(&core->inbox, memory_order_relaxed) ||
	       atomic_load_explicit(&core->thief, memory_order_relaxed);
}

/*
 * Attributes the time since the last stamp: sched_charge to the current entity (to idle time if
 * there is none), sched_overhead to the core's overhead. run + idle + overhead == stamp - start
 * holds at every moment.
 */
void sched_charge(struct sched_core *core, uint64_t now);
static inline void sched_overhead(struct sched_core *core, uint64_t now)
{
	assert(now >= core->stamp);
	core->overhead += now - core->stamp;
	core->stamp = now;
}

/*
 * The current entity has nothing to do (HLT). True: it is blocked, call sched_pick. False: somebody
 * woke it since it was picked; look for its events again, and call again if there is none. Also
 * true, without blocking anything, if a change of policy has left no current entity: it is picked
 * again.
 */
bool sched_block(struct sched_core *core, uint64_t now);

/* Wakes an entity, from any core. Set what it is woken for before the call. */
enum sched_wake_result sched_wake(struct sched_core *here, struct sched_entity *entity,
				  uint64_t now);

/* The current entity gives the rest of its slice away. Call sched_pick afterwards. */
static inline void sched_yield_current(struct sched_core *core)
{
	core->yielding = true;
	core->resched = true;
}

/*
 * The current entity spins (pause-loop exit): as sched_yield_current, in favour of a preempted
 * entity of the same VM, here or on another core. Call sched_pick afterwards.
 */
void sched_yield_spinning(struct sched_core *core);

/* False if work has arrived: do not halt. Check with interrupts off, just before halting. */
bool sched_idle_ok(const struct sched_core *core);

/* The tick at which the policy wants a decision even if nothing happens, SCHED_NEVER: none. */
uint64_t sched_next_event(struct sched_core *core, uint64_t now);

/* ---- For people and tests ---- */

/* All policies, `count` of them; the order is that of the documentation. */
const struct sched_ops *const *sched_policies(unsigned *count);
const char *sched_policy_name(const struct sched_ops *ops);
const char *sched_policy_summary(const struct sched_ops *ops); /* one line */
/* Whether the policy observes caps. */
bool sched_keeps_caps(const struct sched *sched);
const char *sched_reason_name(enum sched_reason reason);
const char *sched_state_name(enum sched_state state);
enum sched_state sched_state_of(const struct sched_entity *entity);

/* Describes the run queue of a core, a line a call of print. On that core, or with it stopped. */
void sched_dump(struct sched_core *core, void (*print)(void *arg, const char *line), void *arg);

#endif
