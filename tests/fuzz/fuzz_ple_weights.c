/*
 * Any bytes as a weight file: refused without a trace, or a model that every input can be run
 * through. The sum is made right first, or nothing would get past it.
 */
#include <string.h>

#include "ple/kernels.h"
#include "ple/weights.h"
#include "tests/fuzz/fuzz_input.h"

static void run(const struct ple_weights *weights)
{
	struct ple_lstm_state general, sse2;

	memset(&general, 0x7f, sizeof(general));
	sse2 = general;
	for (unsigned i = 0; i < 4; i++) {
		ple_lstm_step_general(&weights->lstm, &general);
		ple_lstm_step_sse2(&weights->lstm, &sse2);
	}
	require(memcmp(general.xh, sse2.xh, sizeof(sse2.xh)) == 0);
}

/* The fuzzer's bytes laid over the default file, so that short inputs matter. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned char bytes[2 * sizeof(struct ple_weights_file)];
	static struct ple_weights weights, before;
	struct fuzz_input in = { data, size };
	size_t from = offsetof(struct ple_weights_file, inputs);
	size_t length = sizeof(struct ple_weights_file), at = take(&in, 2) % length;
	uint32_t sum;

	memcpy(bytes, ple_default_weights, length);
	if (in.size > sizeof(bytes) - at)
		in.size = sizeof(bytes) - at;
	memcpy(bytes + at, in.data, in.size);
	sum = ple_weights_sum(bytes + from, length - from);
	memcpy(bytes + offsetof(struct ple_weights_file, sum), &sum, sizeof(sum));
	before = weights;
	if (ple_weights_load(&weights, bytes, length) == PLE_WEIGHTS_OK)
		run(&weights);
	else
		require(memcmp(&weights, &before, sizeof(weights)) == 0);
	require(ple_weights_load(&before, data, size) != PLE_WEIGHTS_OK ||
		size == sizeof(struct ple_weights_file));
	return 0;
}
