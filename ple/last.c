/* The baselines: the last value, and the largest of the last eight. Neither has a state. */
#include "ple/models.h"

static void init_nothing(void *state)
{
	(void)state;
}

static void fill(struct ple_targets *out, int32_t value)
{
	for (unsigned h = 0; h < PLE_HORIZONS; h++)
		for (unsigned level = 0; level < PLE_LEVELS; level++)
			out->of[h][level] = (uint16_t)value;
}

static void forecast_last(void *state, const struct ple_view *view, struct ple_targets *out)
{
	(void)state;
	fill(out, ple_history_value(view->history, 0));
}

static void forecast_max8(void *state, const struct ple_view *view, struct ple_targets *out)
{
	int32_t max = 0;

	(void)state;
	for (unsigned i = 0; i < 8; i++)
		if (ple_history_value(view->history, i) > max)
			max = ple_history_value(view->history, i);
	fill(out, max);
}

const struct ple_model_ops ple_last = {
	.name = "last",
	.init = init_nothing,
	.learn = ple_learn_nothing,
	.forecast = forecast_last,
};

const struct ple_model_ops ple_max8 = {
	.name = "max8",
	.init = init_nothing,
	.learn = ple_learn_nothing,
	.forecast = forecast_max8,
};
