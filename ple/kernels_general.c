/* The inner loops in plain C: what the vector kernels must reproduce. */
#include "ple/kernels.h"

int32_t ple_dot_general(const int32_t *weight, const int16_t *x, unsigned count)
{
	int32_t sum = 0;

	for (unsigned i = 0; i < count; i++)
		sum += x[i] * (weight[i] >> 8);
	return sum;
}

void ple_step_general(int32_t *weight, const int16_t *x, const int32_t *rate, int32_t gain,
		      unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		int32_t w = weight[i] + (((x[i] * rate[i] >> 12) * gain) >> 4);

		w = w < -PLE_WEIGHT_MAX ? -PLE_WEIGHT_MAX : w;
		weight[i] = w > PLE_WEIGHT_MAX ? PLE_WEIGHT_MAX : w;
	}
}

const struct ple_kernels ple_kernels_general = {
	.name = "general",
	.dot = ple_dot_general,
	.step = ple_step_general,
	.lstm_step = ple_lstm_step_general,
};
