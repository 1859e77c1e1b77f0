/*
 * The interface of a predictor. A model is an ops structure in its own file and a state of a fixed
 * size inside the engine of a vCPU; it never allocates and never touches floating point.
 *
 * Each window the engine calls, in this order:
 *   learn     once for each horizon whose end has come: what was forecast then, what happened
 *   forecast  the six targets (three horizons, two levels) from the features of this window
 */
#ifndef PLE_MODEL_H
#define PLE_MODEL_H

#include <stdint.h>

#include "ple/features.h"
#include "ple/fixed.h"
#include "ple/forecast.h"
#include "ple/kernels.h"

#define PLE_TARGETS (PLE_HORIZONS * PLE_LEVELS)

/* Forecasts of one model: values (half-microseconds). */
struct ple_targets {
	uint16_t of[PLE_HORIZONS][PLE_LEVELS];
};

/* What a model learns from: the end of a forecast made `windows` windows ago. */
struct ple_lesson {
	unsigned horizon;
	int32_t actual;			 /* value: the demand's mean over those windows */
	const struct ple_features *then; /* the features the forecast was made from */
	const int16_t *hidden; /* the LSTM's state then, as ple_readout_inputs() makes it */
	const struct ple_targets *forecast; /* what this model said then */
	const struct ple_kernels *kernels;
};

/* What a model forecasts from. */
struct ple_view {
	const struct ple_features *now;
	const struct ple_history *history;
	const int16_t *hidden; /* the LSTM's state after this window, likewise */
	const struct ple_kernels *kernels;
};

struct ple_model_ops {
	const char *name;
	uint32_t state_size; /* bytes */
	void (*init)(void *state);
	void (*learn)(void *state, const struct ple_lesson *lesson);
	void (*forecast)(void *state, const struct ple_view *view, struct ple_targets *out);
};

/* Learns nothing. */
void ple_learn_nothing(void *state, const struct ple_lesson *lesson);

#endif
