/* The next windows are as they were one period ago; the history finds the period. */
#include "ple/models.h"
#include "ple/residual.h"

static void init(void *state)
{
	ple_residual_init(state);
}

static void learn(void *state, const struct ple_lesson *lesson)
{
	ple_residual_learn(state, lesson);
}

static void forecast(void *state, const struct ple_view *view, struct ple_targets *out)
{
	unsigned period = view->history->period, ago = period, done = 0;
	int32_t sum = 0;

	for (unsigned h = 0; h < PLE_HORIZONS; h++) {
		for (; done < ple_horizon_windows(h); done++) {
			ago = ago == 0 ? period - 1 : ago - 1;
			sum += ple_history_value(view->history, ago);
		}
		ple_residual_apply(state, h, sum / (int32_t)done, out);
	}
}

const struct ple_model_ops ple_seasonal = {
	.name = "seasonal",
	.state_size = sizeof(struct ple_residual),
	.init = init,
	.learn = learn,
	.forecast = forecast,
};
