/* From the predictive engine (ple/engine.h) to advice for the scheduler. */
#ifndef SCHED_ENGINE_ADVICE_H
#define SCHED_ENGINE_ADVICE_H

#include "ple/engine.h"
#include "sched/advice.h"

/* After ple_engine_observe() of this window. */
void sched_advice_of_engine(struct sched_advice *advice, const struct ple_engine *engine,
			    const struct ple_window *window);

#endif
