/* The LSTM in double precision, from the same weights: what the integer one is compared with. */
#ifndef TESTS_BENCH_FLOAT_LSTM_H
#define TESTS_BENCH_FLOAT_LSTM_H

#include "ple/weights.h"

struct float_lstm {
	double h[PLE_LSTM_HIDDEN];
	double c[PLE_LSTM_HIDDEN];
};

/* One step on inputs in Q15. */
void float_lstm_step(const struct ple_lstm_model *model, struct float_lstm *state,
		     const int16_t input[PLE_LSTM_INPUTS]);

/* The trained last layer, not learning: 1.0 is PLE_FEATURE_MAX. */
double float_lstm_forecast(const struct ple_weights *weights, const double h[PLE_LSTM_HIDDEN],
			   unsigned target);

#endif
