/*
 * The lead of a core's latency-sensitive entities: how much more running time they have had, all
 * together, than an ideal fair schedule would have given them by now. So much the others are
 * behind, and as long as it is bounded so is what any of them lacks of its share in any second.
 *
 * The ideal is a fluid (generalized processor sharing) that serves everybody with work at once, by
 * weight. Its virtual time advances by running time / weight of all whom it serves. Who was served
 * early and sleeps lingers: the fluid would still be at its work, so its weight counts, until the
 * fluid's time has reached where its own is. A few lingerers are kept apart, more than those are
 * merged so that the lead is never taken for less than it is.
 *
 * Units of lead: ticks * SCHED_SHARE_UNIT. Locks: none, a lead belongs to its core, and nothing in
 * it points to an entity. Cost: one division an update while somebody counts, none otherwise.
 *
 * A. Parekh, R. Gallager, "A generalized processor sharing approach to flow control", 1993. The
 * lingering is that of EEVDF in Linux 6.12 ("delayed dequeue").
 */
#ifndef SCHED_LEAD_H
#define SCHED_LEAD_H

#include <stdint.h>

#include "sched/share.h"

#define SCHED_LINGERERS 16

struct sched_lingerer {
	uint64_t time;	 /* its virtual time: it has been served up to here */
	uint32_t weight; /* 0: free */
	uint32_t id;
};

struct sched_lead {
	uint64_t time;	    /* of the fluid */
	uint64_t rest;	    /* of the division by weight, carried to the next one */
	uint64_t ran;	    /* running time of the core up to which that is */
	int64_t ahead;	    /* of those awake and lingering */
	uint64_t awake;	    /* weight of the latency-sensitive that run or wait */
	uint64_t lingering; /* weight of those kept below */
	uint64_t next;	    /* least time of a lingerer; anything if there is none */
	struct sched_lingerer lingerer[SCHED_LINGERERS];
};

/*
 * Brings the fluid up to the core's running time `ran`. `weight`: of all that run or wait. To be
 * called before any change of weight and before `ahead` is looked at.
 */
void sched_lead_advance(struct sched_lead *lead, uint64_t weight, uint64_t ran);

/* Nobody has run or waited for a moment: the fluid has served everybody, too. */
void sched_lead_begin(struct sched_lead *lead);

/* A latency-sensitive entity comes: returns its virtual time, not before that of the fluid. */
uint64_t sched_lead_join(struct sched_lead *lead, uint32_t id, uint32_t weight);

/* It goes, served up to `time`. */
void sched_lead_leave(struct sched_lead *lead, uint32_t id, uint32_t weight, uint64_t time);

/* It ran for so many ticks. */
static inline void sched_lead_charge(struct sched_lead *lead, uint64_t ran)
{
	lead->ahead += (int64_t)(ran * SCHED_SHARE_UNIT);
}

#endif
