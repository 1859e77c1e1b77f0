/*
 * Latency classes. An entity is latency-sensitive if it is marked so, or, with class_auto, if it
 * keeps to short bursts after wake-ups: each one counts up, each long one counts down faster, and
 * the class changes only at the far ends (hysteresis), so that a few odd bursts change nothing.
 * The mark in the parameters is where detection starts.
 */
#ifndef SCHED_CLASSIFY_H
#define SCHED_CLASSIFY_H

#include "sched/sched.h"

#define SCHED_SHORT_BURST_US 2000 /* at most this long is a short burst */
#define SCHED_HOG_MS	     10	  /* longer than this without blocking: certainly not sensitive */
#define SCHED_BURSTS_MAX     16
#define SCHED_BURSTS_UP	     12 /* sensitive from here on... */
#define SCHED_BURSTS_DOWN    4	/* ...until here */
#define SCHED_LONG_COUNTS    4	/* a long burst undoes so many short ones */

/* Starts over from the parameters. */
void sched_classify_reset(struct sched_entity *entity);

/* The current entity blocks after entity->burst ticks. True: its class has changed. */
bool sched_classify_block(struct sched_entity *entity);

/* For sched_classify_busy: it has run for too long to be latency-sensitive. */
bool sched_classify_hog(struct sched_entity *entity);

/* The current entity has run for entity->burst ticks and could go on. True: changed. */
static inline bool sched_classify_busy(struct sched_entity *entity)
{
	if (!entity->params.class_auto || entity->burst <= entity->sched->ms * SCHED_HOG_MS)
		return false;
	return sched_classify_hog(entity);
}

#endif
