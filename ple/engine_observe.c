/* What the engine does with a window. */
#include "ple/engine.h"
#include "ple/lstm_readout.h"

/* The forecast made `windows` before the new one; there is none of where the engine rested. */
static inline const struct ple_past *made(const struct ple_engine *e, unsigned windows)
{
	unsigned before = windows - 1, rests = ~e->steady.made & ((1u << before) - 1);

	for (; rests; rests &= rests - 1)
		before--;
	return &e->past[e->now >= before ? e->now - before : e->now + PLE_HORIZON_MAX - before];
}

static void learn_models(struct ple_engine *e, struct ple_lessons *lessons)
{
#pragma GCC unroll 6
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

	ple_judge_learn(&e->judge, h, p->mixed + target, naive, actual, e->steady.resting);
}

/* One of `count` in turn, by the golden ratio: falls into step with no period of the demand. */
static unsigned turn(uint32_t windows, unsigned count)
{
	return (uint16_t)(windows * 40503u) * count >> 16;
}

/*
 * The horizons that end with the window just added. What need not be done for each of them in each
 * window is done for one in turn: judging, the mixture's shares; of the two longer ones, which
 * overlap from window to window, one is left out by some models.
 */
static void learn(struct ple_engine *e)
{
	unsigned judged = turn(e->history.windows, PLE_HORIZONS);
	unsigned quarter = turn(e->history.windows, 4), left_out = PLE_20MS + quarter / 2;
	struct ple_lessons lessons;
	int32_t actual[PLE_HORIZONS];

	lessons.kernels = e->kernels;
	lessons.odd = quarter % 2;
	lessons.ended = 0;
	ple_history_ends(&e->history, actual);
#pragma GCC unroll 3
	for (unsigned h = 0; h < PLE_HORIZONS; h++) {
		unsigned windows = ple_horizon_windows(h), row = h * PLE_LEVELS;
		unsigned ago = ple_steady_lesson(&e->steady, windows);
		const struct ple_past *p = &e->past[e->now];

		if (ago == 0)
			continue;
		if (ago > windows)
			actual[h] = ple_history_value(&e->history, 1);
		else
			p = made(e, windows);
		lessons.ended |= 1u << h;
		lessons.of[h] = (struct ple_lesson) { actual[h], &p->features, p->hidden, p->said };
		ple_mixture_learn(&e->mixture, p->features.situation, h, p->said + row,
				  p->mixed + row, actual[h], e->kernels);
		if (h != judged)
			continue;
		ple_mixture_renew(&e->mixture, p->features.situation, h, e->open, e->kernels);
		judge(e, p, h, actual[h]);
	}
	lessons.dear = lessons.ended & ~(1u << left_out);
	learn_models(e, &lessons);
}

/* The two that the engine is judged by have the first seats and no state: no need to call them. */
static void ask_rivals(const struct ple_history *history, ple_said said)
{
	int32_t last = ple_history_value(history, 0), max8 = ple_history_max8(history);

#pragma GCC unroll 6
	for (unsigned t = 0; t < PLE_TARGETS; t++) {
		said[t][PLE_LAST] = (uint16_t)last;
		said[t][PLE_MAX8] = (uint16_t)max8;
	}
}

static void ask_models(struct ple_engine *e, struct ple_past *p)
{
	const struct ple_view view = {
		.now = &p->features,
		.history = &e->history,
		.hidden = p->hidden,
		.kernels = e->kernels,
	};

	ask_rivals(&e->history, p->said);
#pragma GCC unroll 6
	for (unsigned s = PLE_MAX8 + 1; s < PLE_SEATS; s++)
		if (e->seat[s].member != PLE_MEMBERS)
			ple_models[e->seat[s].member]->forecast(e->states + e->seat[s].offset,
								&view, &p->said[0][s]);
}

static inline uint16_t to_us(int32_t value)
{
	uint32_t us = (uint32_t)(value + 1) / PLE_VALUE_US;

	return (uint16_t)(value < 0 ? 0 : us < PLE_AMOUNT_MAX ? us : PLE_AMOUNT_MAX);
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
#pragma GCC unroll 3
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

static void observe_counts(struct ple_engine *e, const struct ple_window *window,
			   const struct ple_features *features)
{
	unsigned horizon = turn(e->history.windows - 1, PLE_HORIZONS);
	unsigned ago = ple_steady_lesson(&e->steady, ple_horizon_windows(horizon));

	ple_count_observe(&e->counts[0], window->pages, features->pages_band, horizon, ago,
			  e->demand.of[PLE_MEMORY]);
	ple_count_observe(&e->counts[1], window->io_ops, features->io_band, horizon, ago,
			  e->demand.of[PLE_IO]);
}

/* A full step, after the history has taken the window in. */
static void step(struct ple_engine *e, const struct ple_window *window)
{
	struct ple_past *now;

	learn(e);
	e->now = (uint8_t)(e->now == PLE_HORIZON_MAX - 1 ? 0 : e->now + 1);
	now = &e->past[e->now];
	ple_features_make(&e->history, window, e->kernels, &now->features);
	step_lstm(e, now);
	ask_models(e, now);
	e->kernels->combine(now->mixed, e->mixture.share[now->features.situation], now->said);
	publish_cpu(e, now);
	observe_counts(e, window, &now->features);
	ple_steady_step(&e->steady, &e->history, &e->demand);
}

/* A longer rest is learnt from like one as long as the longest horizon. */
static void rest(struct ple_engine *e)
{
	for (unsigned i = 0; e->steady.resting <= PLE_HORIZON_MAX && i < PLE_RESOURCES - 1; i++)
		ple_count_rest(&e->counts[i]);
}

void ple_engine_observe(struct ple_engine *e, const struct ple_window *window)
{
	ple_steady_note(&e->steady, &e->history, window);
	ple_history_add(&e->history, window, e->kernels);
	if (ple_steady_rests(&e->steady, &e->history))
		rest(e);
	else
		step(e, window);
}
