/*
 * What a person may set of dynamic resource partitioning: `policy.KEY = value` in the [augur]
 * section, or `drp set KEY VALUE` in the shell. One set for the machine; each value is read once a
 * window, so a change counts from the next one on.
 */
#ifndef SCHED_DRP_KNOBS_H
#define SCHED_DRP_KNOBS_H

#include <stddef.h>
#include <stdint.h>

#include "hv/error.h"

struct drp_knobs {
	uint32_t scale;	       /* percent of the forecast demand that a slice grows by */
	uint32_t min_slice_us; /* nobody's slice becomes shorter... */
	uint32_t max_slice_us; /* ...or longer, unless its own parameters say so */
	uint32_t horizon_ms;   /* forecast that is acted on: 10, 20 or 50 */
	uint32_t grace_ms;     /* how long a reservation waits for its spike */
	uint32_t spike_us;     /* demand in a window of 10 ms from which on it is a spike */
	uint32_t floor;	       /* percent of its burst budget that a vCPU keeps in any case */
	uint32_t trust_on;     /* trusted at this error, in percent of the last value's */
	uint32_t trust_off;    /* and not any more at that */
	uint32_t quiet_ms;     /* forecasts rest when nobody fell short for so long, 0: never */
	uint32_t wait_us;      /* waiting-time guard: a wait this long in a window counts, 0: off */
};

extern struct drp_knobs drp_knobs;

struct drp_knob {
	const char *key;
	size_t offset; /* of a uint32_t in struct drp_knobs */
	uint32_t low, high;
	const char *help; /* with the unit */
};

const struct drp_knob *drp_knob_list(unsigned *count);
uint32_t drp_knob_value(const struct drp_knob *knob);

/* NULL: there is none of that key. */
const struct drp_knob *drp_knob_find(const char *key);

/*
 * OK, or ERR_RANGE with nothing changed and in `why`, as text of at most `size` bytes, what is
 * wrong with the value ("is not within 0..1000"): also if it does not go with that of another knob.
 */
enum error drp_knob_set(const struct drp_knob *knob, uint64_t value, char *why, size_t size);

#endif
