/*
 * The versioned file with a trained LSTM, and what is made of it.
 *
 * File, little-endian: struct ple_weights_file, nothing before or after it. The loader accepts
 * exactly this version and size, checks the sum and the range of every value, and touches the
 * model only if all is well: on any error the old model stays.
 */
#ifndef PLE_WEIGHTS_H
#define PLE_WEIGHTS_H

#include <stddef.h>
#include <stdint.h>

#include "ple/lstm.h"
#include "ple/model.h"

/* Raised when the layout changes or what inputs and targets mean. 2: relative to the last value. */
#define PLE_WEIGHTS_MAGIC   0x454c5055u /* "UPLE" */
#define PLE_WEIGHTS_VERSION 2u

struct ple_weights_file {
	uint32_t magic;
	uint32_t version;
	uint32_t size; /* of the file, bytes */
	uint32_t sum;  /* FNV-1a of everything behind this field */
	uint16_t inputs, hidden, targets, reserved;
	uint32_t seed;	 /* of the training */
	char origin[36]; /* text, zero-terminated: what it was trained on */
	int32_t bias[PLE_LSTM_ROWS];
	int16_t readout[PLE_TARGETS][PLE_LSTM_HIDDEN]; /* Q12 */
	int8_t weight[PLE_LSTM_ROWS][PLE_LSTM_COLUMNS];
};

_Static_assert(sizeof(struct ple_weights_file) == 64 + 512 + 384 + 6144, "file format");

/* A loaded model; shared, read-only, by all vCPUs that use it. */
struct ple_weights {
	struct ple_lstm_model lstm;
	int16_t readout[PLE_TARGETS][PLE_LSTM_HIDDEN];
	uint32_t seed;
	char origin[36];
};

/* What may be wrong with a weight file. */
enum ple_weights_error {
	PLE_WEIGHTS_OK,
	PLE_WEIGHTS_TRUNCATED,
	PLE_WEIGHTS_TOO_LONG,
	PLE_WEIGHTS_NOT_OURS,
	PLE_WEIGHTS_OTHER_VERSION,
	PLE_WEIGHTS_OTHER_SHAPE,
	PLE_WEIGHTS_DAMAGED,
	PLE_WEIGHTS_ABSURD,
	PLE_WEIGHTS_ERRORS
};

/* `bytes` need not be aligned. */
enum ple_weights_error ple_weights_load(struct ple_weights *weights, const void *bytes,
					size_t size);

/* A text for people; any value is accepted. */
const char *ple_weights_error_text(enum ple_weights_error error);

/* The sum as the file has it. */
uint32_t ple_weights_sum(const void *bytes, size_t size);

/* The model that comes with the code. */
extern const unsigned char ple_default_weights[];
extern const unsigned ple_default_weights_size;

#endif
