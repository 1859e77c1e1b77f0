/* Exponentially weighted mean: the same for every horizon, plus the tracked error quantile. */
#include "ple/models.h"
#include "ple/residual.h"

struct ewma {
	struct ple_residual residual; /* the first field: what learn() is given */
	int32_t mean;		      /* value << 8 */
};

static void init(void *state)
{
	struct ewma *e = state;

	ple_residual_init(&e->residual);
	e->mean = 0;
}

static void learn(void *state, const struct ple_lessons *lessons)
{
	ple_residual_learn(&((struct ewma *)state)->residual, lessons);
}

static void forecast(void *state, const struct ple_view *view, uint16_t *said)
{
	struct ewma *e = state;

	e->mean += (ple_history_value(view->history, 0) * 256 - e->mean) >> 1;
	for (unsigned h = 0; h < PLE_HORIZONS; h++)
		ple_residual_say(&e->residual, h, e->mean >> 8, said);
}

const struct ple_model_ops ple_ewma = {
	.name = "ewma",
	.state_size = sizeof(struct ewma),
	.init = init,
	.learn = learn,
	.forecast = forecast,
};
