/*
 * Tables of quantiles: the last value's band and one other band choose a cell, and the cell follows
 * the quantiles of what came next. Catches what no linear model can: "after a burst of this size,
 * with that much memory activity, nothing follows".
 */
#include <string.h>

#include "ple/cell.h"
#include "ple/models.h"

#define CELLS (PLE_BANDS * PLE_BANDS)

struct table {
	struct ple_cell cell[CELLS];
	uint8_t seen[CELLS];
	uint16_t dither;
};

static void init(void *state)
{
	memset(state, 0, sizeof(struct table));
}

/* A visit is over when its last lesson was learnt. */
static inline void learn(struct table *t, unsigned at, unsigned h, int32_t actual)
{
	ple_cell_learn(&t->cell[at], t->seen[at], h, actual, &t->dither);
	if (h != PLE_10MS && t->seen[at] < PLE_CELL_SEEN)
		t->seen[at]++;
}

/* An empty cell forecasts the last value, and the largest of the last eight. */
static void forecast(const struct table *t, unsigned at, const struct ple_view *view,
		     uint16_t *said)
{
	const uint16_t naive[PLE_LEVELS] = {
		[PLE_POINT] = (uint16_t)ple_history_value(view->history, 0),
		[PLE_HIGH] = (uint16_t)ple_history_max8(view->history),
	};

	for (unsigned h = 0; h < PLE_HORIZONS; h++) {
		const uint16_t *cell = t->seen[at] > 0 ? t->cell[at].quantile[h] : naive;

		ple_say(said, h, PLE_POINT, cell[PLE_POINT]);
		ple_say(said, h, PLE_HIGH, cell[PLE_HIGH]);
	}
}

static unsigned season_cell(const struct ple_features *f)
{
	return f->band * PLE_BANDS + f->season_band;
}

static unsigned pages_cell(const struct ple_features *f)
{
	return f->band * PLE_BANDS + f->pages_band;
}

static void learn_season(void *state, const struct ple_lessons *lessons)
{
#pragma GCC unroll 3
	for (unsigned h = 0; h < PLE_HORIZONS; h++)
		if (ple_takes(lessons->dear, h))
			learn(state, season_cell(lessons->of[h].then), h, lessons->of[h].actual);
}

static void forecast_season(void *state, const struct ple_view *view, uint16_t *said)
{
	forecast(state, season_cell(view->now), view, said);
}

static void learn_pages(void *state, const struct ple_lessons *lessons)
{
#pragma GCC unroll 3
	for (unsigned h = 0; h < PLE_HORIZONS; h++)
		if (ple_takes(lessons->dear, h))
			learn(state, pages_cell(lessons->of[h].then), h, lessons->of[h].actual);
}

static void forecast_pages(void *state, const struct ple_view *view, uint16_t *said)
{
	forecast(state, pages_cell(view->now), view, said);
}

const struct ple_model_ops ple_table_season = {
	.name = "table-season",
	.state_size = sizeof(struct table),
	.init = init,
	.learn = learn_season,
	.forecast = forecast_season,
};

const struct ple_model_ops ple_table_pages = {
	.name = "table-pages",
	.state_size = sizeof(struct table),
	.init = init,
	.learn = learn_pages,
	.forecast = forecast_pages,
};
