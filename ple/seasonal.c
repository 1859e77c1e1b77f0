/* The next windows are as they were one period ago; the history finds the period. */
#include "ple/models.h"
#include "ple/residual.h"

static void init(void *state)
{
	ple_residual_init(state);
}

static void learn(void *state, const struct ple_lessons *lessons)
{
	if (!lessons->odd)
		ple_residual_learn(state, lessons);
}

static void forecast(void *state, const struct ple_view *view, uint16_t *said)
{
	unsigned period = view->history->period, ago = period, done = 0;
	int32_t sum = 0;

#pragma GCC unroll 3
	for (unsigned h = 0; h < PLE_HORIZONS; h++) {
#pragma GCC unroll 3
		for (; done < ple_horizon_windows(h); done++) {
			ago = ago == 0 ? period - 1 : ago - 1;
			sum += ple_history_value(view->history, ago);
		}
		ple_residual_say(state, h, sum / (int32_t)done, said);
	}
}

const struct ple_model_ops ple_seasonal = {
	.name = "seasonal",
	.state_size = sizeof(struct ple_residual),
	.init = init,
	.learn = learn,
	.forecast = forecast,
};
