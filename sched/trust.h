/*
 * Is the forecast of one vCPU worth acting on? Its median for the next window is held against the
 * simplest rival, the last value: both errors are averaged over about 64 windows, and the forecast
 * is trusted while its error is at most trust_on percent of the rival's, until it exceeds trust_off
 * percent. With both errors near zero there is nothing to lose and it is trusted.
 *
 * The waiting-time guard: a vCPU that in one window of twenty or more waits for longer than
 * wait_bound and wants more than the 0.95 quantile that was forecast, is taken out for
 * SCHED_GUARD_WINDOWS: its forecasts are too low where it hurts.
 */
#ifndef SCHED_TRUST_H
#define SCHED_TRUST_H

#include "sched/advice.h"

#define SCHED_TRUST_AFTER   32	/* windows before a forecast can be trusted */
#define SCHED_GUARD_WINDOWS 100 /* how long the guard stands */

enum sched_trust_reason {
	SCHED_TRUST_NEW,      /* not enough windows seen */
	SCHED_TRUST_BEATS,    /* it beats the last value */
	SCHED_TRUST_LOSES,    /* it does not */
	SCHED_TRUST_GUARD,    /* the vCPU waited too long too often */
	SCHED_TRUST_DECLINED, /* the forecaster stood down itself */
	SCHED_TRUST_REASONS
};

struct sched_trust {
	uint32_t forecast_error; /* us << 6, decaying mean */
	uint32_t last_error;
	uint32_t said_us; /* for the window that runs now */
	uint32_t high_us; /* likewise, its 0.95 quantile */
	uint32_t last_us; /* the last window's demand */
	uint16_t windows; /* seen, at most 65535 */
	uint16_t waits;	  /* score of long waits */
	uint16_t guard;	  /* windows that the guard still stands */
	bool trusted;
	uint8_t reason; /* enum sched_trust_reason */
};

struct sched_trust_rules {
	uint32_t on_percent;
	uint32_t off_percent;
	uint32_t wait_bound_us;
};

/* One window ended. True if `trusted` has changed. */
bool sched_trust_observe(struct sched_trust *trust, const struct sched_advice *advice,
			 const struct sched_trust_rules *rules);

/* Error of the forecast in percent of that of the last value; 100 if both are nothing. */
uint32_t sched_trust_ratio(const struct sched_trust *trust);

const char *sched_trust_reason_name(enum sched_trust_reason reason);

#endif
