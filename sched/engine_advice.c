#include "sched/engine_advice.h"

#define JUDGED_AFTER 1100 /* windows after which the engine's judgement of itself counts */

_Static_assert((int)SCHED_HORIZONS == (int)PLE_HORIZONS, "the same horizons");

void sched_advice_of_engine(struct sched_advice *advice, const struct ple_engine *engine,
			    const struct ple_window *window)
{
	*advice = (struct sched_advice) {
		.actual_us = window->run_us + window->wait_us,
		.wait_us = window->wait_us,
		.distrusted = engine->history.windows > JUDGED_AFTER && !engine->trusted,
	};
	for (unsigned h = 0; h < PLE_HORIZONS; h++) {
		const struct ple_expectation *e = &engine->demand.of[PLE_CPU][h];

		advice->cpu[h] = (struct sched_expectation) { e->mean, e->point, e->high };
	}
}

bool sched_worth_forecasting(uint32_t *peak_us, const struct ple_window *window, uint32_t spike_us)
{
	uint32_t wanted = window->run_us + window->wait_us;

	*peak_us -= (*peak_us + 255) >> 8;
	if (wanted > *peak_us)
		*peak_us = wanted;
	return *peak_us >= spike_us;
}
