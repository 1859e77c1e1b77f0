/*
 * The LSTM's last layer: linear quantile regression on its hidden state, learnt online from where
 * training left it. The step itself is done by the engine, once a window.
 */
#include "ple/lstm_readout.h"

#define SAMPLED 8 /* windows from one look at the energy to the next */

void ple_lstm_inputs(const struct ple_features *f, int16_t x[PLE_LSTM_INPUTS])
{
	static const uint8_t input[PLE_LSTM_INPUTS - 1] = {
		PLE_X_BEFORE,  PLE_X_BEFORE - 1,  PLE_X_BEFORE - 2, PLE_X_DEVIATION, PLE_X_MAX,
		PLE_X_MEAN,    PLE_X_LEVEL,	  PLE_X_MEAN16,	    PLE_X_MAX32,     PLE_X_SEASON,
		PLE_X_SEASON2, PLE_X_PAST_SEASON, PLE_X_PAGES,	    PLE_X_IO_OPS,    PLE_X_WAKEUPS,
	};

	x[0] = (int16_t)(f->last * 8);
#pragma GCC unroll 15
	for (unsigned i = 1; i < PLE_LSTM_INPUTS; i++)
		x[i] = (int16_t)(f->x[input[i - 1]] * 8);
}

void ple_readout_load(struct ple_readout *readout,
		      const int16_t trained[PLE_TARGETS][PLE_LSTM_HIDDEN])
{
	for (unsigned t = 0; t < PLE_TARGETS; t++)
		for (unsigned i = 0; i < PLE_LSTM_HIDDEN; i++)
			readout->weight[t][i] = (int32_t)ple_clamp(trained[t][i] * 256,
								   -PLE_WEIGHT_MAX, PLE_WEIGHT_MAX);
}

static void init(void *state)
{
	static const int16_t none[PLE_TARGETS][PLE_LSTM_HIDDEN];
	struct ple_readout *s = state;

	s->energy = PLE_ENERGY_FIRST;
	ple_gains_make(s->gains, ple_rate(s->energy));
	ple_readout_load(s, none);
}

static void learn(void *state, const struct ple_lessons *lessons)
{
	struct ple_readout *s = state;

	if (lessons->odd)
		return;
#pragma GCC unroll 3
	for (unsigned h = 0; h < PLE_HORIZONS; h++) {
		const int16_t *x = lessons->of[h].hidden;

		if (ple_takes(lessons->dear, h))
			ple_regression_learn(s->weight[h * PLE_LEVELS], x, x, s->gains,
					     PLE_LSTM_HIDDEN, lessons, h);
	}
}

/* The energy remembers about 4096 windows. */
static void follow_energy(struct ple_readout *s, const int16_t *x)
{
	uint32_t square = 0;

	for (unsigned i = 0; i < PLE_LSTM_HIDDEN; i++)
		square += (uint32_t)(x[i] * x[i]) >> 8;
	s->energy += SAMPLED * (square / PLE_LSTM_HIDDEN) - (s->energy >> 12) * SAMPLED;
	ple_gains_make(s->gains, ple_rate(s->energy));
}

static void forecast(void *state, const struct ple_view *view, uint16_t *said)
{
	struct ple_readout *s = state;

	if (view->history->windows % SAMPLED == 0)
		follow_energy(s, view->hidden);
	ple_regression_forecast(&s->weight[0][0], view->hidden, PLE_LSTM_HIDDEN, view, said);
}

const struct ple_model_ops ple_lstm_readout = {
	.name = "lstm",
	.state_size = sizeof(struct ple_readout),
	.init = init,
	.learn = learn,
	.forecast = forecast,
};
