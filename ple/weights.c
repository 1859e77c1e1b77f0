#include <string.h>

#include "ple/weights.h"

#define SUMMED_FROM offsetof(struct ple_weights_file, inputs)

uint32_t ple_weights_sum(const void *bytes, size_t size)
{
	const unsigned char *at = bytes;
	uint32_t sum = 2166136261u;

	for (size_t i = 0; i < size; i++)
		sum = (sum ^ at[i]) * 16777619u;
	return sum;
}

static enum ple_weights_error check_header(const struct ple_weights_file *f, size_t size)
{
	if (f->magic != PLE_WEIGHTS_MAGIC)
		return PLE_WEIGHTS_NOT_OURS;
	if (f->version != PLE_WEIGHTS_VERSION)
		return PLE_WEIGHTS_OTHER_VERSION;
	if (f->inputs != PLE_LSTM_INPUTS || f->hidden != PLE_LSTM_HIDDEN ||
	    f->targets != PLE_TARGETS || f->size != sizeof(*f))
		return PLE_WEIGHTS_OTHER_SHAPE;
	return size > sizeof(*f) ? PLE_WEIGHTS_TOO_LONG : PLE_WEIGHTS_OK;
}

static enum ple_weights_error check_values(const struct ple_weights_file *f)
{
	for (unsigned r = 0; r < PLE_LSTM_ROWS; r++)
		if (f->bias[r] < -PLE_LSTM_BIAS_MAX || f->bias[r] > PLE_LSTM_BIAS_MAX)
			return PLE_WEIGHTS_ABSURD;
	for (unsigned t = 0; t < PLE_TARGETS; t++)
		for (unsigned i = 0; i < PLE_LSTM_HIDDEN; i++)
			if (f->readout[t][i] < -(PLE_WEIGHT_MAX >> 8) ||
			    f->readout[t][i] > PLE_WEIGHT_MAX >> 8)
				return PLE_WEIGHTS_ABSURD;
	return memchr(f->origin, 0, sizeof(f->origin)) ? PLE_WEIGHTS_OK : PLE_WEIGHTS_ABSURD;
}

static void take(struct ple_weights *weights, const struct ple_weights_file *f)
{
	struct ple_lstm_weights lstm;

	memcpy(lstm.weight, f->weight, sizeof(lstm.weight));
	memcpy(lstm.bias, f->bias, sizeof(lstm.bias));
	ple_lstm_prepare(&weights->lstm, &lstm);
	memcpy(weights->readout, f->readout, sizeof(weights->readout));
	memcpy(weights->origin, f->origin, sizeof(weights->origin));
	weights->seed = f->seed;
}

enum ple_weights_error ple_weights_load(struct ple_weights *weights, const void *bytes, size_t size)
{
	struct ple_weights_file f;
	enum ple_weights_error error;

	if (size < sizeof(f))
		return PLE_WEIGHTS_TRUNCATED;
	memcpy(&f, bytes, sizeof(f));
	error = check_header(&f, size);
	if (error != PLE_WEIGHTS_OK)
		return error;
	if (f.sum != ple_weights_sum((const char *)&f + SUMMED_FROM, sizeof(f) - SUMMED_FROM))
		return PLE_WEIGHTS_DAMAGED;
	error = check_values(&f);
	if (error == PLE_WEIGHTS_OK)
		take(weights, &f);
	return error;
}

const char *ple_weights_error_text(enum ple_weights_error error)
{
	static const char *const texts[PLE_WEIGHTS_ERRORS] = {
		[PLE_WEIGHTS_OK] = "no error",
		[PLE_WEIGHTS_TRUNCATED] = "the weight file is too short",
		[PLE_WEIGHTS_TOO_LONG] = "the weight file is too long",
		[PLE_WEIGHTS_NOT_OURS] = "this is no weight file",
		[PLE_WEIGHTS_OTHER_VERSION] = "the weight file is of another version",
		[PLE_WEIGHTS_OTHER_SHAPE] = "the weight file is for a model of another shape",
		[PLE_WEIGHTS_DAMAGED] = "the weight file is damaged: its sum is wrong",
		[PLE_WEIGHTS_ABSURD] = "the weight file has values out of range",
	};

	return (unsigned)error < PLE_WEIGHTS_ERRORS ? texts[error] : "unknown error";
}
