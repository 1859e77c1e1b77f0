/* SSE2 has no 32-bit multiplication: the regressions stay as they are, the LSTM gains. */
#include "ple/kernels.h"

const struct ple_kernels ple_kernels_sse2 = {
	.name = "sse2",
	.dot = ple_dot_general,
	.step = ple_step_general,
	.lstm_step = ple_lstm_step_sse2,
};
