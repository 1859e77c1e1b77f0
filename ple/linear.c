/*
 * Linear quantile regression on the features. Starts as the naive forecast: the last value as the
 * point, the largest of the last eight as the quantile.
 */
#include <string.h>

#include "ple/models.h"
#include "ple/regression.h"

struct linear {
	_Alignas(32) int32_t weight[PLE_HORIZONS][PLE_LEVELS][PLE_FEATURES];
	struct ple_rates rates;
};

static void init(void *state)
{
	struct linear *s = state;

	memset(s, 0, sizeof(*s));
	ple_rates_init(&s->rates);
	for (unsigned h = 0; h < PLE_HORIZONS; h++)
		s->weight[h][PLE_HIGH][PLE_X_MAX] = 1 << 20;
}

static void learn(void *state, const struct ple_lessons *lessons)
{
	struct linear *s = state;
	int16_t change[PLE_FEATURES];

#pragma GCC unroll 3
	for (unsigned h = 0; h < PLE_HORIZONS; h++) {
		const int16_t *x;

		if (!ple_takes(lessons->dear, h))
			continue;
		x = lessons->of[h].then->x;
		lessons->kernels->changes(change, x, s->rates.rate);
		ple_regression_learn(s->weight[h][0], x, change, ple_unit_gains, PLE_FEATURES,
				     lessons, h);
	}
}

static void forecast(void *state, const struct ple_view *view, uint16_t *said)
{
	struct linear *s = state;

	if (view->history->windows % 2 == 0)
		ple_rates_follow(&s->rates, view->now->x, view->kernels);
	ple_regression_forecast(&s->weight[0][0][0], view->now->x, PLE_FEATURES, view, said);
}

const struct ple_model_ops ple_linear = {
	.name = "linear",
	.state_size = sizeof(struct linear),
	.init = init,
	.learn = learn,
	.forecast = forecast,
};
