/* What the engine does with a window. */
#include "ple/engine.h"
#include "ple/lstm_readout.h"

/* The window `ago` windows before the one in `now`. */
static inline unsigned slot(const struct ple_engine *e, unsigned ago)
{
	return e->now >= ago ? e->now - ago : e->now + PLE_PAST - ago;
}

static void learn_models(struct ple_engine *e, struct ple_lessons *lessons)
{
	for (unsigned s = PLE_MAX8 + 1; s < PLE_SEATS; s++) {
		if (e->seat[s].member == PLE_MEMBERS)
			continue;
		lessons->seat = s;
		ple_models[e->seat[s].member]->learn(e->states + e->seat[s].offset, lessons);
	}
}

static void judge(struct ple_engine *e, const struct ple_past *p, unsigned h, int32_t actual)
{
	unsigned target = h * PLE_LEVELS;
	const uint16_t naive[PLE_LEVELS] = {
		[PLE_POINT] = p->said[target + PLE_POINT][PLE_LAST],
		[PLE_HIGH] = p->said[target + PLE_HIGH][PLE_MAX8],
	};

	ple_judge_learn(&e->judge, h, p->mixed + target, naive, actual);
}

/* One of `count` in turn, by the golden ratio: falls into step with no period of the demand. */
static unsigned turn(const struct ple_engine *e, unsigned count)
{
	return (uint16_t)(e->history.windows * 40503u) * count >> 16;
}

/*
 * The horizons that end with the window just added. What need not be done for each of them in each
 * window is done for one in turn: judging, the mixture's shares; of the two longer ones, which
 * overlap from window to window, one is left out by some models.
 */
static void learn(struct ple_engine *e)
{
	struct ple_lessons lessons = { .kernels = e->kernels, .left_out = PLE_20MS + turn(e, 2) };
	unsigned judged = turn(e, PLE_HORIZONS);
	int32_t actuals[PLE_HORIZONS];

	ple_history_ends(&e->history, actuals);

	for (unsigned h = 0; h < PLE_HORIZONS; h++, lessons.count++) {
		unsigned windows = ple_horizon_windows(h), row = h * PLE_LEVELS;
		const struct ple_past *p = &e->past[slot(e, windows - 1)];
		int32_t actual;

		if (e->history.windows <= windows)
			break;
		actual = actuals[h];
		lessons.of[h] = (struct ple_lesson) { actual, &p->features, p->hidden, p->said };
		ple_mixture_learn(&e->mixture, p->features.situation, h, p->said + row,
				  p->mixed + row, actual, e->kernels);
		if (h != judged)
			continue;
		for (unsigned level = 0; level < PLE_LEVELS; level++)
			ple_mixture_renew(&e->mixture, p->features.situation, row + level, e->open,
					  e->kernels);
		judge(e, p, h, actual);
	}
	learn_models(e, &lessons);
}

static void ask_models(struct ple_engine *e, struct ple_past *p)
{
	const struct ple_view view = {
		.now = &p->features,
		.history = &e->history,
		.hidden = p->hidden,
		.kernels = e->kernels,
	};

	for (unsigned s = 0; s < PLE_SEATS; s++)
		if (e->seat[s].member != PLE_MEMBERS)
			ple_models[e->seat[s].member]->forecast(e->states + e->seat[s].offset,
								&view, &p->said[0][s]);
}

static uint16_t to_us(int32_t value)
{
	return (uint16_t)ple_clamp((value + 1) / PLE_VALUE_US, 0, PLE_AMOUNT_MAX);
}

static int32_t point_of(const struct ple_engine *e, const struct ple_past *now, unsigned h)
{
	unsigned target = h * PLE_LEVELS + PLE_POINT;

	if (ple_judge_stands_down(&e->judge, target))
		return now->said[target][PLE_LAST];
	return now->mixed[target];
}

static int32_t high_of(const struct ple_engine *e, const struct ple_past *now, unsigned h)
{
	unsigned target = h * PLE_LEVELS + PLE_HIGH;

	if (ple_judge_stands_down(&e->judge, target))
		return now->said[target][PLE_MAX8];
	return now->mixed[target] + (e->judge.offset[h] >> 8);
}

static void publish_cpu(struct ple_engine *e, const struct ple_past *now)
{
	for (unsigned h = 0; h < PLE_HORIZONS; h++) {
		struct ple_expectation *out = &e->demand.of[PLE_CPU][h];

		out->point = to_us(point_of(e, now, h));
		out->mean = to_us(now->mixed[h * PLE_LEVELS + PLE_POINT] + (e->judge.bias[h] >> 8));
		out->high = to_us(high_of(e, now, h));
		if (out->high < out->point)
			out->high = out->point;
	}
	e->trusted = e->history.windows > PLE_JUDGED &&
		     !ple_judge_stands_down(&e->judge, PLE_10MS * PLE_LEVELS + PLE_HIGH);
}

static void step_lstm(struct ple_engine *e, struct ple_past *now)
{
	if (!(e->members >> PLE_LSTM & 1))
		return;
	ple_lstm_inputs(&now->features, e->lstm.xh);
	e->kernels->lstm_step(&e->weights->lstm, &e->lstm);
	e->kernels->inputs(now->hidden, e->lstm.xh + PLE_LSTM_INPUTS);
}

void ple_engine_observe(struct ple_engine *e, const struct ple_window *window)
{
	unsigned horizon = turn(e, PLE_HORIZONS);
	struct ple_past *now;

	ple_history_add(&e->history, window, e->kernels);
	learn(e);
	e->now = (uint8_t)(e->now == PLE_PAST - 1 ? 0 : e->now + 1);
	now = &e->past[e->now];
	ple_features_make(&e->history, window, e->kernels, &now->features);
	step_lstm(e, now);
	ask_models(e, now);
	e->kernels->combine(now->mixed, e->mixture.share[now->features.situation], now->said);
	publish_cpu(e, now);
	ple_count_observe(&e->counts[0], window->pages, now->features.pages_band, horizon,
			  e->demand.of[PLE_MEMORY]);
	ple_count_observe(&e->counts[1], window->io_ops, now->features.io_band, horizon,
			  e->demand.of[PLE_IO]);
}
