/*
 * The credit family: what its policies differ in, and the part of their state that other files
 * (compensation, dumps, tests) look at. The algorithm is described in sched/credit.c.
 */
#ifndef SCHED_CREDIT_H
#define SCHED_CREDIT_H

#include "sched/calendar.h"
#include "sched/compensation.h"
#include "sched/lead.h"
#include "sched/ops.h"
#include "sched/share.h"

/* Constants of one policy of the family, in its sched_ops.config. */
struct credit_config {
	bool boost;		   /* who wakes up with credit comes first for a while */
	bool by_share;		   /* the order of sched/compensated.c, else Xen's: boosted are only
				    * the latency-sensitive, all others run in order of virtual time, and
				    * who is preempted goes on with its slice and is compensated */
	bool own_slices;	   /* slices from the entity's parameters */
	uint32_t slice_us;	   /* default slice */
	uint32_t saved_us;	   /* running time that can be saved up by not running */
	uint32_t saved_latency_us; /* the same for the latency class: see saved_of() */
	uint32_t saved_most_us;	   /* ...and at most this */
	uint32_t lead_us;	   /* instead: by how much all of the latency class together may
				    * throw each of the others back; see sched/credit_lead.c */
	uint32_t notice_us; /* boosted ones are noticed once to twice this after waking, 0: at once
			     */
	uint32_t boost_us;  /* longest run before others */
	uint32_t later_us;  /* of several boosted by class the one that has waited longest goes
			     * first, but so much later for each boost_us it has had; 0: the one
			     * that has run least */
	uint32_t first_us;  /* with later_us = 0: ...counted in so much; of those that have not had
			     * it yet each may have it before any goes on. 0: to the tick */
	/* Another view of how much credit may be saved up and be spent before others; or NULL. */
	uint64_t (*saved)(struct sched_core *core, struct sched_entity *entity, uint64_t usual);
	bool (*may_boost)(struct sched_core *core, const struct sched_entity *entity);
	/* Another order of the boosted than credit_boost_key(); the least runs first. Or NULL. */
	uint64_t (*boost_key)(struct sched_core *core, const struct sched_entity *entity);
};

/* Where a waiting entity is, best first. */
enum credit_queue {
	CREDIT_NONE = 0, /* not waiting */
	CREDIT_BOOST = 1,
	CREDIT_TURN = 2,   /* its slice is not finished */
	CREDIT_UNDER = 3,  /* has had at most its share; by class: and is wanted by a sibling */
	CREDIT_OVER = 4,   /* has had more */
	CREDIT_PARKED = 5, /* at its cap */
	CREDIT_ASIDE = 6,  /* yielded: after everybody else, once */
};

struct credit_entity {
	struct sched_share share;
	uint64_t slice;	    /* ticks; of the parameters, while a member */
	uint64_t half;	    /* half of it in virtual time */
	uint64_t cap_until; /* tick before which its cap forbids it to run */
	uint64_t lead;	    /* its virtual time in the fluid schedule less that of its share */
	uint64_t arrived;   /* tick of its last wake-up */
	unsigned clock;	    /* id of the core whose clock its share is relative to */
	uint32_t counted;   /* its part of `sensitive` of that core */
	uint8_t queue;	    /* enum credit_queue */
	uint8_t magnitude;  /* log2 of the weight as a member, rounded up */
	bool boosted;
};

/* The config in ticks. */
struct credit_ticks {
	uint64_t grain; /* of the scheduler */
	uint64_t slice;
	uint64_t saved;
	uint64_t saved_latency;
	uint64_t saved_most;
	uint64_t lead;
	uint64_t notice;
	uint64_t boost;
	uint64_t later;
	uint64_t first;
	uint64_t cap_window;
};

struct credit_core {
	const struct credit_config *config; /* of the policy */
	struct credit_ticks ticks;
	struct sched_share_clock clock;
	struct sched_lead lead;
	int64_t lead_most;     /* that it may come to, in its units */
	uint64_t lasting;      /* least weight of the others in the last LASTING_MS and since... */
	uint64_t lasting_next; /* ...and since this period of LASTING_MS began... */
	uint64_t lasting_from; /* ...at this running time of the core */
	struct sched_heap boost;  /* by boost_key(); if not by class: empty */
	struct sched_list boosts; /* in order of arrival; if by class: empty */
	struct sched_list under;  /* if by class: of them, those for whom siblings spin */
	unsigned members[17];	  /* those not latency-sensitive, by magnitude of weight */
	atomic_uint sensitive; /* weight of the latency-sensitive with this clock, asleep or not */
	uint32_t magnitudes;   /* bit k: members[k] is not zero */
	uint64_t latency_time; /* sum of the virtual times of the latency-sensitive members, each
				* times its weight, modulo 2^64 */
	struct sched_calendar over; /* by virtual time */
	struct sched_heap parked;   /* by tick of release */
	struct sched_entity *turn;
	struct sched_entity *aside;
	struct sched_book book;
	unsigned compared;	  /* the core it was compared with last, see credit_balance.c */
	uint64_t compared_at;	  /* tick */
	uint64_t idle_before;	  /* core->idle then */
	uint64_t switches_before; /* likewise */
	uint64_t shared_at;	  /* tick of the last comparison before which not only one ran */
};

void credit_core_init(struct sched_core *core, uint64_t now);
void credit_entity_init(struct sched_core *core, struct sched_entity *entity, uint64_t now);
void credit_enqueue(struct sched_core *core, struct sched_entity *entity, enum sched_enqueue how,
		    uint64_t now);
void credit_dequeue(struct sched_core *core, struct sched_entity *entity, uint64_t now);
struct sched_entity *credit_pick(struct sched_core *core, uint64_t now,
				 struct sched_decision *decision);
void credit_decide(struct sched_core *core, uint64_t now);
void credit_decide_by_share(struct sched_core *core, uint64_t now);
void credit_charge(struct sched_core *core, struct sched_entity *entity, uint64_t ran,
		   uint64_t now);
bool credit_preempts(struct sched_core *core, const struct sched_entity *entity, uint64_t now);
void credit_leave(struct sched_core *core, struct sched_entity *entity, uint64_t now);
void credit_forget(struct sched_core *core, struct sched_entity *entity);
uint64_t credit_next_event(struct sched_core *core, uint64_t now);
struct sched_entity *credit_surplus(struct sched_core *core, const struct sched_core *to,
				    uint64_t now);
struct sched_entity *credit_excess(struct sched_core *core, unsigned *to, uint64_t now);

/* The usual order of those boosted by class. */
uint64_t credit_boost_key(struct sched_core *core, const struct sched_entity *entity);

void credit_dump(struct sched_core *core, void (*print)(void *arg, const char *line), void *arg);

/*
 * What `compensated` and `predictive` have in common: two classes, and who saves up credit for
 * bursts may run for up to 100 ms as long as the others do not get too far behind.
 */
#define CREDIT_BY_CLASS                                                                            \
	.boost = true, .by_share = true, .own_slices = true, .saved_us = 1000,                     \
	.saved_most_us = 100000, .boost_us = 2000

/* The policies of the family differ in name, summary, config and `decide`, which goes by by_share.
 */
#define CREDIT_OPS                                                                                 \
	.caps = true, .entity_size = sizeof(struct credit_entity),                                 \
	.core_size = sizeof(struct credit_core), .core_init = credit_core_init,                    \
	.entity_init = credit_entity_init, .enqueue = credit_enqueue, .dequeue = credit_dequeue,   \
	.pick = credit_pick, .charge = credit_charge, .preempts = credit_preempts,                 \
	.leave = credit_leave, .forget = credit_forget, .next_event = credit_next_event,           \
	.surplus = credit_surplus, .excess = credit_excess, .dump = credit_dump

#endif
