/* Holt's linear method: a level and a trend, the level followed by halves, the trend by tenths. */
#include "ple/models.h"
#include "ple/residual.h"

struct holt {
	struct ple_residual residual;
	int32_t level; /* value << 8 */
	int32_t trend; /* value << 8, a window */
};

static void init(void *state)
{
	struct holt *s = state;

	ple_residual_init(&s->residual);
	s->level = s->trend = 0;
}

static void learn(void *state, const struct ple_lessons *lessons)
{
	ple_residual_learn(&((struct holt *)state)->residual, lessons);
}

static void update(struct holt *s, int32_t value)
{
	int32_t before = s->level;
	int32_t expected = before + s->trend;

	s->level = (int32_t)ple_clamp(expected + ((value * 256 - expected) >> 1), 0,
				      PLE_VALUE_MAX * 256);
	s->trend += (s->level - before - s->trend) * 13 / 128;
}

/* The mean of the next n windows lies (n + 1) / 2 trends ahead. */
static void forecast(void *state, const struct ple_view *view, uint16_t *said)
{
	struct holt *s = state;

	update(s, ple_history_value(view->history, 0));
	for (unsigned h = 0; h < PLE_HORIZONS; h++) {
		int64_t ahead = (int64_t)s->trend * (ple_horizon_windows(h) + 1) / 2;

		ple_residual_say(&s->residual, h, ple_value((s->level + ahead) >> 8), said);
	}
}

const struct ple_model_ops ple_holt = {
	.name = "holt",
	.state_size = sizeof(struct holt),
	.init = init,
	.learn = learn,
	.forecast = forecast,
};
