/*
 * The LSTM's last layer: linear quantile regression on its hidden state, learnt online from where
 * training left it. The step itself is done by the engine, once a window.
 */
#include "ple/lstm_readout.h"

void ple_readout_inputs(const int16_t *hidden, int16_t x[PLE_LSTM_HIDDEN])
{
	for (unsigned i = 0; i < PLE_LSTM_HIDDEN; i++)
		x[i] = (int16_t)(hidden[i] * PLE_FEATURE_MAX >> 15);
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
	ple_readout_load(s, none);
}

static void learn(void *state, const struct ple_lesson *lesson)
{
	struct ple_readout *s = state;
	int32_t rates[PLE_LSTM_HIDDEN], rate = ple_rate(s->energy);

	for (unsigned i = 0; i < PLE_LSTM_HIDDEN; i++)
		rates[i] = rate;
	ple_regression_learn(&s->weight[0][0], rates, lesson->hidden, PLE_LSTM_HIDDEN, lesson);
}

static void forecast(void *state, const struct ple_view *view, struct ple_targets *out)
{
	struct ple_readout *s = state;
	const int16_t *x = view->hidden;
	uint32_t square = 0;

	for (unsigned i = 0; i < PLE_LSTM_HIDDEN; i++)
		square += (uint32_t)(x[i] * x[i]);
	s->energy = ple_energy_add(s->energy, square / (256 * PLE_LSTM_HIDDEN));
	ple_regression_forecast(&s->weight[0][0], x, PLE_LSTM_HIDDEN, view->now->shift,
				view->kernels, out);
}

const struct ple_model_ops ple_lstm_readout = {
	.name = "lstm",
	.state_size = sizeof(struct ple_readout),
	.init = init,
	.learn = learn,
	.forecast = forecast,
};
