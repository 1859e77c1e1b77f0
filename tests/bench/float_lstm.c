#include "tests/bench/float_lstm.h"

#include <math.h>
#include <string.h>

static double sigmoid(double x)
{
	return 1 / (1 + exp(-x));
}

static double gate(const struct ple_lstm_model *model, const double *xh, unsigned row)
{
	double sum = model->bias[row] / (double)(1 << 21);

	for (unsigned k = 0; k < PLE_LSTM_COLUMNS; k++)
		sum += model->pairs[k / 2][row][k % 2] / 64.0 * xh[k];
	return sum;
}

void float_lstm_step(const struct ple_lstm_model *model, struct float_lstm *s,
		     const int16_t input[PLE_LSTM_INPUTS])
{
	double xh[PLE_LSTM_COLUMNS];

	for (unsigned i = 0; i < PLE_LSTM_INPUTS; i++)
		xh[i] = input[i] / 32768.0;
	memcpy(xh + PLE_LSTM_INPUTS, s->h, sizeof(s->h));
	for (unsigned u = 0; u < PLE_LSTM_HIDDEN; u++) {
		double in = sigmoid(gate(model, xh, u));
		double forget = sigmoid(gate(model, xh, PLE_LSTM_HIDDEN + u));
		double cell = tanh(gate(model, xh, 2 * PLE_LSTM_HIDDEN + u));
		double out = sigmoid(gate(model, xh, 3 * PLE_LSTM_HIDDEN + u));

		s->c[u] = forget * s->c[u] + in * cell;
		s->h[u] = out * tanh(s->c[u]);
	}
}

double float_lstm_forecast(const struct ple_weights *weights, const double h[PLE_LSTM_HIDDEN],
			   unsigned target)
{
	double sum = 0;

	for (unsigned i = 0; i < PLE_LSTM_HIDDEN; i++)
		sum += weights->readout[target][i] / 4096.0 * h[i];
	return sum;
}
