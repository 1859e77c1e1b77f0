#include <assert.h>
#include <string.h>

#include "ple/engine.h"
#include "ple/lstm_readout.h"

#define SLACK	    (20 * 256 / 2) /* a loss of a quarter of a microsecond is none */
#define TRUST_SHIFT 10		   /* losses are compared over about 1024 windows */

static unsigned state_offset(unsigned member)
{
	unsigned offset = 0;

	for (unsigned m = 0; m < member; m++)
		offset += (ple_models[m]->state_size + 31) & ~31u;
	return offset;
}

static void *state_of(struct ple_engine *e, unsigned member)
{
	return e->states + state_offset(member);
}

void ple_engine_init(struct ple_engine *e, const struct ple_kernels *kernels)
{
	memset(e, 0, sizeof(*e));
	assert(state_offset(PLE_MEMBERS) <= sizeof(e->states));
	for (unsigned m = 0; m < PLE_MEMBERS; m++)
		ple_models[m]->init(state_of(e, m));
	for (unsigned h = 0; h < PLE_HORIZONS; h++)
		for (unsigned level = 0; level < PLE_LEVELS; level++)
			ple_mixture_init(&e->mixture[h][level]);
	for (unsigned i = 0; i < PLE_RESOURCES - 1; i++)
		ple_count_init(&e->counts[i]);
	ple_history_init(&e->history);
	ple_lstm_reset(&e->lstm);
	e->kernels = kernels;
	e->members = PLE_ALL_MEMBERS & ~(1u << PLE_LSTM);
}

void ple_engine_use_weights(struct ple_engine *e, const struct ple_weights *weights)
{
	e->weights = weights;
	ple_lstm_reset(&e->lstm);
	if (weights) {
		ple_readout_load(state_of(e, PLE_LSTM), weights->readout);
		e->members |= 1u << PLE_LSTM;
	} else {
		e->members &= ~(1u << PLE_LSTM);
	}
}

bool ple_engine_enable(struct ple_engine *e, uint32_t members)
{
	members &= PLE_ALL_MEMBERS;
	if (!e->weights)
		members &= ~(1u << PLE_LSTM);
	if (members)
		e->members = members;
	return members != 0;
}

void ple_engine_inherit(struct ple_engine *e, const struct ple_engine *from)
{
	memcpy(e->states, from->states, sizeof(e->states));
	memcpy(e->mixture, from->mixture, sizeof(e->mixture));
	if (e->weights != from->weights && e->weights)
		ple_readout_load(state_of(e, PLE_LSTM), e->weights->readout);
}

static struct ple_past *past_of(struct ple_engine *e, unsigned ago)
{
	return &e->past[(e->history.windows + PLE_PAST - 1 - ago) % PLE_PAST];
}

const struct ple_targets *ple_engine_said(const struct ple_engine *e, unsigned member)
{
	return &e->past[(e->history.windows + PLE_PAST - 1) % PLE_PAST].said[member];
}

const struct ple_targets *ple_engine_mixed(const struct ple_engine *e)
{
	return &e->past[(e->history.windows + PLE_PAST - 1) % PLE_PAST].mixed;
}

static void learn_models(struct ple_engine *e, const struct ple_past *p, unsigned h, int32_t actual)
{
	struct ple_lesson lesson = {
		.horizon = h,
		.actual = actual,
		.then = &p->features,
		.hidden = p->hidden,
		.kernels = e->kernels,
	};
	unsigned char *state = e->states;

	for (unsigned m = 0; m < PLE_MEMBERS; m++) {
		lesson.forecast = &p->said[m];
		if (e->members >> m & 1)
			ple_models[m]->learn(state, &lesson);
		state += (ple_models[m]->state_size + 31) & ~31u;
	}
}

static void learn_weights(struct ple_engine *e, const struct ple_past *p, unsigned h,
			  int32_t actual)
{
	for (unsigned level = 0; level < PLE_LEVELS; level++)
		ple_mixture_learn(&e->mixture[h][level], p->features.situation, level, e->members,
				  &p->said[0].of[h][level], p->mixed.of[h][level], actual);
}

/* Twenty times the pinball loss. */
static int32_t loss_of(unsigned level, int32_t said, int32_t actual)
{
	static const int8_t slope[PLE_LEVELS][2] = {
		[PLE_POINT] = { 10, 10 }, [PLE_HIGH] = { 1, 19 }
	};

	return slope[level][actual > said] * ple_distance(actual, said);
}

static void follow_loss(uint32_t *mean, int32_t loss)
{
	*mean += (uint32_t)((loss * 256 - (int32_t)*mean) >> TRUST_SHIFT);
}

static const struct ple_targets *rival_of(const struct ple_past *p, unsigned level)
{
	return &p->said[level == PLE_HIGH ? PLE_MAX8 : PLE_LAST];
}

static void judge(struct ple_engine *e, const struct ple_past *p, unsigned h, int32_t actual)
{
	for (unsigned level = 0; level < PLE_LEVELS; level++) {
		follow_loss(&e->loss[h][level], loss_of(level, p->mixed.of[h][level], actual));
		follow_loss(&e->rival_loss[h][level],
			    loss_of(level, rival_of(p, level)->of[h][level], actual));
	}
}

static bool stands_down(const struct ple_engine *e, unsigned h, unsigned level)
{
	uint32_t rival = e->rival_loss[h][level];

	return e->loss[h][level] > rival + rival / 16 + SLACK;
}

static void follow_bias(struct ple_engine *e, const struct ple_past *p, unsigned h, int32_t actual)
{
	int32_t error = (actual - p->mixed.of[h][PLE_POINT]) * 256;

	e->bias[h] += (error - e->bias[h]) >> 6;
}

/* The horizons that end with the window just added. */
static void learn(struct ple_engine *e)
{
	for (unsigned h = 0; h < PLE_HORIZONS; h++) {
		unsigned windows = ple_horizon_windows(h);
		const struct ple_past *p = past_of(e, windows);
		int32_t actual = ple_history_mean(&e->history, windows);

		if (e->history.windows <= windows)
			return;
		learn_models(e, p, h, actual);
		learn_weights(e, p, h, actual);
		follow_bias(e, p, h, actual);
		judge(e, p, h, actual);
	}
}

/* The LSTM's inputs: the features it was trained on, as Q15. */
static void set_lstm_inputs(struct ple_engine *e, const struct ple_features *f)
{
	static const uint8_t input[PLE_LSTM_INPUTS] = {
		PLE_X_LAST,   PLE_X_LAST + 1,  PLE_X_LAST + 2, PLE_X_MAX,
		PLE_X_MEAN,   PLE_X_DEVIATION, PLE_X_LEVEL,    PLE_X_PAGES,
		PLE_X_IO_OPS, PLE_X_IO_BYTES,  PLE_X_WAKEUPS,  PLE_X_MEAN16,
		PLE_X_SEASON, PLE_X_SEASON2,   PLE_X_MAX32,    PLE_X_PAST_SEASON,
	};

	for (unsigned i = 0; i < PLE_LSTM_INPUTS; i++)
		e->lstm.xh[i] = (int16_t)(f->x[input[i]] * 8);
}

static void ask_models(struct ple_engine *e, struct ple_past *p)
{
	const struct ple_view view = {
		.now = &p->features,
		.history = &e->history,
		.hidden = p->hidden,
		.kernels = e->kernels,
	};
	unsigned char *state = e->states;
	uint32_t members = e->members | 1u << PLE_LAST | 1u << PLE_MAX8; /* the rivals always */

	for (unsigned m = 0; m < PLE_MEMBERS; m++) {
		if (members >> m & 1)
			ple_models[m]->forecast(state, &view, &p->said[m]);
		state += (ple_models[m]->state_size + 31) & ~31u;
	}
}

static void mix(struct ple_engine *e, struct ple_past *p)
{
	uint32_t weight[PLE_MEMBERS];

	for (unsigned h = 0; h < PLE_HORIZONS; h++) {
		for (unsigned level = 0; level < PLE_LEVELS; level++) {
			ple_mixture_weights(&e->mixture[h][level], p->features.situation,
					    e->members, weight);
			p->mixed.of[h][level] =
				(uint16_t)ple_mixture_combine(weight, &p->said[0].of[h][level]);
		}
	}
}

static uint16_t to_us(int32_t value)
{
	return (uint16_t)ple_clamp((value + 1) / PLE_VALUE_US, 0, PLE_AMOUNT_MAX);
}

static int32_t advice(const struct ple_engine *e, const struct ple_past *now, unsigned h,
		      unsigned level)
{
	if (stands_down(e, h, level))
		return rival_of(now, level)->of[h][level];
	return now->mixed.of[h][level];
}

static void publish_cpu(struct ple_engine *e, const struct ple_past *now)
{
	for (unsigned h = 0; h < PLE_HORIZONS; h++) {
		struct ple_expectation *out = &e->demand.of[PLE_CPU][h];

		out->point = to_us(advice(e, now, h, PLE_POINT));
		out->mean = to_us(now->mixed.of[h][PLE_POINT] + (e->bias[h] >> 8));
		out->high = to_us(advice(e, now, h, PLE_HIGH));
		if (out->high < out->point)
			out->high = out->point;
	}
	e->trusted = e->history.windows > 1u << TRUST_SHIFT && !stands_down(e, PLE_10MS, PLE_HIGH);
}

void ple_engine_observe(struct ple_engine *e, const struct ple_window *window)
{
	struct ple_past *now;

	ple_history_add(&e->history, window);
	learn(e);
	now = past_of(e, 0);
	ple_features_make(&e->history, window, &now->features);
	set_lstm_inputs(e, &now->features);
	if (e->weights)
		e->kernels->lstm_step(&e->weights->lstm, &e->lstm);
	ple_readout_inputs(e->lstm.xh + PLE_LSTM_INPUTS, now->hidden);
	ask_models(e, now);
	mix(e, now);
	publish_cpu(e, now);
	ple_count_observe(&e->counts[0], window->pages, e->demand.of[PLE_MEMORY]);
	ple_count_observe(&e->counts[1], window->io_ops, e->demand.of[PLE_IO]);
}
