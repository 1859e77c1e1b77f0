/* The baselines: the last value, and the largest of the last eight. Neither has a state. */
#include "ple/models.h"

static void init_nothing(void *state)
{
	(void)state;
}

static void say_all(uint16_t *said, int32_t value)
{
	for (unsigned t = 0; t < PLE_TARGETS; t++)
		said[t * PLE_SEATS] = (uint16_t)value;
}

static void forecast_last(void *state, const struct ple_view *view, uint16_t *said)
{
	(void)state;
	say_all(said, ple_history_value(view->history, 0));
}

static void forecast_max8(void *state, const struct ple_view *view, uint16_t *said)
{
	(void)state;
	say_all(said, ple_history_max8(view->history));
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
