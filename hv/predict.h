/*
 * Forecasts for vCPUs: one predictive engine (ple/engine.h) a vCPU, run on the tick that closes the
 * window of its shadow, and its advice passed to the scheduler (sched/advice.h). Never in the exit
 * path: a decision finds the plan that the last tick left.
 *
 * The engine's inner loops use vector registers where the processor has them; those of the guest on
 * the core are saved meanwhile (vmx/vector_loan.h).
 *
 * Everything of a vCPU belongs to the core that owns it (vcpu->sched.core), as its shadow does.
 */
#ifndef HV_PREDICT_H
#define HV_PREDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "hv/error.h"
#include "ple/engine.h"
#include "sched/advice.h"

#define PREDICT_PAST 32 /* forecasts kept for people, with what came of them */

struct vcpu;
struct core;

/* Whose demand is forecast. */
enum predict_mode {
	/* the latency-sensitive that have spikes, while the policy makes use of advice */
	PREDICT_AUTO,
	PREDICT_ALL,
	PREDICT_OFF,
	PREDICT_MODES
};

/* One window: what had been forecast for it, after any fault injection, and what it was. In us. */
struct predict_point {
	uint64_t when;
	uint32_t point, high, actual;
};

struct predict {
	struct ple_engine engine;
	struct sched_fault_state fault;
	struct sched_advice advice;		 /* the last */
	struct predict_point past[PREDICT_PAST]; /* window n is at n % PREDICT_PAST */
	uint64_t windows;
	uint32_t peak_us; /* of demand: sched_worth_forecasting() */
	uint64_t cost;	  /* ticks spent on forecasting */
};

extern enum predict_mode predict_mode;
extern enum sched_fault predict_fault;

/* Constant after predict_init(). */
extern const struct ple_kernels *predict_kernels;

const char *predict_mode_name(enum predict_mode mode);

/* Loads the weights and takes policy.KEY settings from the configuration. Boot core, once. */
void predict_init(void);

/* Also takes over what the engine of another vCPU of a VM with the same image has learnt. */
enum error predict_create(struct vcpu *vcpu);
void predict_destroy(struct vcpu *vcpu);

/* On the owning core: a window of this vCPU ended. */
void predict_window(struct vcpu *vcpu, const struct ple_window *window, uint64_t now);

#endif
