/*
 * Forecasts for vCPUs: one predictive engine (ple/engine.h) a vCPU. A core closes the windows of
 * its vCPUs on the tick and hands them over; some core, now or a little later, lets the engine
 * observe them (hv/engine.h); the core that owns the vCPU then passes the advice to the scheduler
 * (sched/advice.h). Never in the exit path: a decision finds the plan that the last advice left.
 *
 * The engine's inner loops use vector registers where the processor has them; those of the guest on
 * the core are saved meanwhile (vmx/vector_loan.h).
 */
#ifndef HV_PREDICT_H
#define HV_PREDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "hv/error.h"
#include "hv/handover.h"
#include "ple/engine.h"
#include "sched/advice.h"

#define PREDICT_PAST 32 /* forecasts kept for people, with what came of them */

struct vcpu;
struct weight_file;

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
	struct handover handover;

	/* Whoever has claimed the engine; for changes, with all cores stopped. */
	struct ple_engine engine;
	const struct weight_file *weights; /* what the engine uses */
	uint64_t pieces, cost;		   /* windows observed, ticks that it took */
	uint64_t last_cost; /* of the last one; the owner reads it once it has the advice */

	/* The owning core (vcpu->sched.core). */
	struct sched_fault_state fault;
	struct sched_advice advice;		 /* the last */
	struct predict_point past[PREDICT_PAST]; /* window n is at n % PREDICT_PAST */
	uint64_t windows;			 /* handed over */
	uint32_t peak_us;			 /* of demand: sched_worth_forecasting() */
};

extern enum predict_mode predict_mode;
extern enum sched_fault predict_fault;

/* Windows after which an engine is experienced; policy.learnt. Both constant after predict_init().
 */
extern uint32_t predict_learnt;
extern const struct ple_kernels *predict_kernels;

const char *predict_mode_name(enum predict_mode mode);

/* Loads the weights and takes policy.KEY settings from the configuration. Boot core, once. */
void predict_init(void);

/* What predict_init() takes from the configuration (hv/predict_config.c); mistakes are logged. */
void predict_configure(void);
const struct ple_kernels *predict_configured_kernels(void);

/* The same for one VM: its section counts first. Mistakes are logged, with line and VM. */
const struct weight_file *predict_configured_weights(uint32_t vm);
void predict_configure_models(struct ple_engine *engine, uint32_t vm);

enum error predict_create(struct vcpu *vcpu);
void predict_destroy(struct vcpu *vcpu);

/*
 * The VM is about to start: an engine without experience takes over what that of another vCPU has
 * learnt, of the same index in a VM with the same image.
 */
void predict_start(struct vcpu *vcpu);

/*
 * With all cores stopped (hv/rendezvous.h), or before the vCPU runs: other weights for its LSTM.
 * Between two windows, so nothing is torn, and nothing that was learnt is lost but the LSTM's last
 * layer. ple_engine_enable() changes models, under the same condition.
 */
void predict_use_weights(struct predict *predict, const struct weight_file *file);

/* Owning core: a window of this vCPU ended. Hands it over, if the vCPU is to be forecast. */
void predict_window(struct vcpu *vcpu, const struct ple_window *window, uint64_t now);

/* Any core: lets the engine observe one window. False: none waits, or another core is at it. */
bool predict_work(struct vcpu *vcpu);

/* Owning core: passes new advice, if there is any, to the scheduler. */
void predict_take(struct vcpu *vcpu, uint64_t now);

/* How much that model counts in the mixture for the next 10 ms: 0 to 100. */
static inline unsigned predict_percent(const struct ple_engine *engine, unsigned member,
				       unsigned level)
{
	return ple_engine_share(engine, member, PLE_10MS, level) * 100 / PLE_SHARE_ONE;
}

#endif
