/*
 * Tables of quantiles: the last value's band and one other band choose a cell, and the cell follows
 * the quantiles of what came next. Catches what no linear model can: "after a burst of this size,
 * with that much memory activity, nothing follows".
 */
#include <stdbool.h>
#include <string.h>

#include "ple/models.h"

#define CELLS (PLE_BANDS * PLE_BANDS)
#define SEEN  31 /* visits are counted so far */

struct cell {
	uint16_t quantile[PLE_HORIZONS][PLE_LEVELS]; /* values */
	uint16_t spread[2]
		       [PLE_LEVELS]; /* mean |error| at 10 ms; at the others, from 50 ms; value */
};

struct table {
	struct cell cell[CELLS];
	uint8_t seen[CELLS];
	uint16_t dither; /* rounds steps below a value up in the right share of cases */
};

static void init(void *state)
{
	memset(state, 0, sizeof(struct table));
}

/*
 * The step, in 1/65536 of the spread: 2 (0.05 + 1 / (visits + 1)) times 0.95 or 0.05 at the
 * quantile, and times a half at the median.
 */
static int64_t step_of(unsigned seen, unsigned level, bool above)
{
	static const uint16_t share[PLE_LEVELS][2] = {
		[PLE_POINT] = { 500, 500 }, [PLE_HIGH] = { 50, 950 }
	};
	int64_t rate = 6554 + 131072 / (seen + 1);

	return (above ? 1 : -1) * rate * share[level][above] / 1000;
}

static uint16_t follow_spread(uint16_t spread, unsigned seen, int32_t distance)
{
	int32_t memory = seen < 15 ? (int32_t)seen + 1 : 16;
	int32_t error = distance - spread;

	return (uint16_t)(spread + (error + (error > 0 ? memory - 1 : 0)) / memory);
}

static void follow(struct table *t, struct cell *c, unsigned h, unsigned seen, int32_t actual)
{
	for (unsigned level = 0; level < PLE_LEVELS; level++) {
		uint16_t *quantile = &c->quantile[h][level];
		uint16_t *spread = &c->spread[h > PLE_10MS][level];
		int64_t change;

		if (h != PLE_20MS)
			*spread = follow_spread(*spread, seen, ple_distance(actual, *quantile));
		t->dither += 40503; /* 2^16 / golden ratio: spreads evenly */
		change = *spread * step_of(seen, level, actual > *quantile);
		*quantile = (uint16_t)ple_value(*quantile + ((change + t->dither) >> 16));
	}
}

static void learn(struct table *t, unsigned at, const struct ple_lesson *lesson)
{
	unsigned h = lesson->horizon;
	struct cell *cell = &t->cell[at];

	if (t->seen[at] > 0)
		follow(t, cell, h, t->seen[at] - 1u, lesson->actual);
	else
		cell->quantile[h][PLE_POINT] = cell->quantile[h][PLE_HIGH] =
			(uint16_t)lesson->actual;
	/* The longest horizon ends last. */
	if (h == PLE_HORIZONS - 1 && t->seen[at] < SEEN)
		t->seen[at]++;
}

/* An empty cell forecasts the last value, and the largest of the last eight. */
static void forecast(const struct table *t, unsigned at, const struct ple_view *view,
		     struct ple_targets *out)
{
	const struct ple_features *now = view->now;

	for (unsigned h = 0; h < PLE_HORIZONS; h++) {
		if (t->seen[at] > 0) {
			out->of[h][PLE_POINT] = t->cell[at].quantile[h][PLE_POINT];
			out->of[h][PLE_HIGH] = t->cell[at].quantile[h][PLE_HIGH];
			continue;
		}
		out->of[h][PLE_POINT] = (uint16_t)ple_history_value(view->history, 0);
		out->of[h][PLE_HIGH] =
			(uint16_t)ple_value(((int64_t)now->x[PLE_X_MAX] << now->shift) >> 4);
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

static void learn_season(void *state, const struct ple_lesson *lesson)
{
	learn(state, season_cell(lesson->then), lesson);
}

static void forecast_season(void *state, const struct ple_view *view, struct ple_targets *out)
{
	forecast(state, season_cell(view->now), view, out);
}

static void learn_pages(void *state, const struct ple_lesson *lesson)
{
	learn(state, pages_cell(lesson->then), lesson);
}

static void forecast_pages(void *state, const struct ple_view *view, struct ple_targets *out)
{
	forecast(state, pages_cell(view->now), view, out);
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
