/*
 * Between a vCPU and its predictive engine, which may run on another core: windows one way, advice
 * the other. Lock-free and bounded; nobody ever waits. Pure.
 *
 * Three roles:
 *   owner    the core that the vCPU belongs to: handover_put(), handover_take(). When the vCPU
 *            changes the core its move orders the old owner's accesses before the new one's.
 *   engine   whoever has claimed it, one at a time, any core: handover_next(), handover_publish()
 *            between handover_claim() and handover_release()
 *   anybody  handover_waiting()
 *
 * Windows are a ring of HANDOVER_WINDOWS: if the engine falls so far behind, the newest is refused
 * and counted, and the engine sees a shorter past.
 *
 * Advice is a ring of HANDOVER_ADVICE of which the owner reads the newest. No slot is written while
 * the owner reads it: meanwhile the owner puts no window, so at most HANDOVER_WINDOWS more can be
 * published, and they go to other slots.
 */
#ifndef HV_HANDOVER_H
#define HV_HANDOVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "ple/window.h"
#include "sched/advice.h"

#define HANDOVER_WINDOWS 2
#define HANDOVER_ADVICE	 4

_Static_assert(HANDOVER_ADVICE > HANDOVER_WINDOWS, "the slot being read is never written");
_Static_assert((HANDOVER_ADVICE & (HANDOVER_ADVICE - 1)) == 0, "counters may wrap");

/* Fields are private; zero is empty. */
struct handover {
	struct ple_window windows[HANDOVER_WINDOWS];
	struct sched_advice advice[HANDOVER_ADVICE];
	_Alignas(64) atomic_uint put; /* windows ever; written by the owner */
	uint32_t taken;		      /* the owner's: `published` when it last took */
	uint32_t lost;		      /* the owner's: windows refused */
	_Alignas(64) atomic_uint got; /* windows ever; written by the engine */
	atomic_uint published;	      /* advice ever; written by the engine */
	atomic_bool claimed;
};

/* Owner. False: the engine is too far behind, the window is lost. */
bool handover_put(struct handover *handover, const struct ple_window *window);

/* Owner. Copies the newest advice; false if there is none that was not taken before. */
bool handover_take(struct handover *handover, struct sched_advice *advice);

/* Anybody: there are windows that the engine has not got yet. */
bool handover_waiting(const struct handover *handover);

/* Owner: there is advice after every window. */
bool handover_served(const struct handover *handover);

/* True: the engine is the caller's until handover_release(). False: another core is in it. */
bool handover_claim(struct handover *handover);
void handover_release(struct handover *handover);

/* Engine. The oldest waiting window; false if there is none. */
bool handover_next(struct handover *handover, struct ple_window *window);

/* Engine. Advice after the last window got: exactly one for each window. */
void handover_publish(struct handover *handover, const struct sched_advice *advice);

#endif
