/*
 * Advice about the future of one entity: the narrow port by which whoever forecasts (the
 * hypervisor's predict.c, the simulator, a test) tells a policy what it expects. A policy without
 * use for advice has no `advise` function, and everything here does nothing.
 *
 * Order of calls, on the core that owns the entities: sched_advise() for each entity whose window
 * of 10 ms has ended, then sched_replan() once. Neither is in the path of a decision: they cost
 * O(entities of this core), once a window.
 */
#ifndef SCHED_ADVICE_H
#define SCHED_ADVICE_H

#include "sched/sched.h"

enum sched_horizon { SCHED_10MS, SCHED_20MS, SCHED_50MS, SCHED_HORIZONS };

/* CPU time wanted, microseconds a window of 10 ms, averaged over the horizon. */
struct sched_expectation {
	uint32_t mean;
	uint32_t point; /* the median */
	uint32_t high;	/* exceeded in one case of twenty */
};

struct sched_advice {
	uint32_t actual_us; /* what it wanted in the window that ended: run + wait */
	uint32_t wait_us;   /* how much of that it waited */
	bool distrusted;    /* the forecaster itself says that its forecast is no good */
	struct sched_expectation cpu[SCHED_HORIZONS];
};

/* Fault injection: what becomes of a forecast before it is passed on. */
enum sched_fault {
	SCHED_FAULT_NONE,
	SCHED_FAULT_STUCK,    /* the first one for ever */
	SCHED_FAULT_RANDOM,   /* uniform in 0..10 ms */
	SCHED_FAULT_INVERTED, /* a window's length less what was forecast */
	SCHED_FAULT_LATE,     /* as it was SCHED_LATE_WINDOWS before */
	SCHED_FAULTS
};

#define SCHED_LATE_WINDOWS 8

/* What fault injection remembers of one entity; zero to begin with. */
struct sched_fault_state {
	enum sched_fault fault; /* what it was; another one begins anew */
	uint64_t random;
	uint32_t count;
	struct sched_expectation past[SCHED_LATE_WINDOWS][SCHED_HORIZONS];
};

/* Breaks the forecast; what was observed (actual_us, wait_us) stays true. */
void sched_break_advice(struct sched_advice *advice, enum sched_fault fault,
			struct sched_fault_state *state);

/* "none", "stuck"...; "?" for other values. */
const char *sched_fault_name(enum sched_fault fault);

/* True if the running policy makes use of advice. */
bool sched_wants_advice(const struct sched *sched);

/* ...and could do better with it on this core at the moment. A forecast costs time; else save it.
 */
bool sched_needs_advice(const struct sched_core *core, uint64_t now);

/* `entity` belongs to `core` (entity->core) at the moment; if it has just left, nothing happens. */
void sched_advise(struct sched_core *core, struct sched_entity *entity,
		  const struct sched_advice *advice, uint64_t now);
void sched_replan(struct sched_core *core, uint64_t now);

#endif
