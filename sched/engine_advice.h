/* From the predictive engine (ple/engine.h) to advice for the scheduler. */
#ifndef SCHED_ENGINE_ADVICE_H
#define SCHED_ENGINE_ADVICE_H

#include "ple/engine.h"
#include "sched/advice.h"

/*
 * Is demand like this worth forecasting? A vCPU that has not wanted `spike_us` in any recent window
 * cannot be helped by a plan, so its engine may rest. *peak_us: what the caller keeps of it, 0 to
 * begin with; it decays by half in about 180 windows.
 */
bool sched_worth_forecasting(uint32_t *peak_us, const struct ple_window *window, uint32_t spike_us);

/* After ple_engine_observe() of this window. */
void sched_advice_of_engine(struct sched_advice *advice, const struct ple_engine *engine,
			    const struct ple_window *window);

#endif
