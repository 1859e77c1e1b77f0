/*
 * The interface of a predictor. A model is an ops structure in its own file and a state of a fixed
 * size inside the engine of a vCPU; it never allocates and never touches floating point.
 *
 * Each window the engine calls, in this order:
 *   learn     from each horizon whose end has come: what was forecast then, what happened
 *   forecast  the six targets (three horizons, two levels) from the features of this window
 */
#ifndef PLE_MODEL_H
#define PLE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "ple/features.h"
#include "ple/fixed.h"
#include "ple/forecast.h"
#include "ple/kernels.h"

/* What all seats of the mixture forecast, target by target: values (half-microseconds). */
typedef uint16_t ple_said[PLE_TARGETS][PLE_SEATS];

/* Forecasts by themselves. */
struct ple_targets {
	uint16_t of[PLE_HORIZONS][PLE_LEVELS];
};

/* The end of a forecast: what a model learns from. */
struct ple_lesson {
	int32_t actual;			   /* value: the demand's mean over the horizon */
	const struct ple_features *then;   /* the features the forecast was made from */
	const int16_t *hidden;		   /* the LSTM's state then, as inputs of its last layer */
	const uint16_t (*said)[PLE_SEATS]; /* what was said then; for all targets */
};

/*
 * The lessons of a window, by horizon. Those of the longer horizons overlap from window to window:
 * tables and regressions, whose learning is dear, take one of the two in turn. Who learns slowly
 * enough to do with half of the windows takes those with a turn of one kind.
 */
struct ple_lessons {
	struct ple_lesson of[PLE_HORIZONS];
	unsigned ended; /* a bit for each horizon that has: in the beginning not all */
	unsigned dear;	/* those of them that tables and regressions take */
	bool odd;	/* every other window's turn, in step with no period of the demand */
	unsigned seat;	/* of the model that learns */
	const struct ple_kernels *kernels;
};

static inline bool ple_takes(unsigned horizons, unsigned horizon)
{
	return horizons >> horizon & 1;
}

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
	void (*learn)(void *state, const struct ple_lessons *lessons);
	/* `said`: this model's seat in the first row of a ple_said; to be set by ple_say(). */
	void (*forecast)(void *state, const struct ple_view *view, uint16_t *said);
};

static inline void ple_say(uint16_t *said, unsigned horizon, unsigned level, int32_t value)
{
	said[(horizon * PLE_LEVELS + level) * PLE_SEATS] = (uint16_t)value;
}

/* What the model that learns said then. */
static inline int32_t ple_was_said(const struct ple_lessons *lessons, unsigned horizon,
				   unsigned level)
{
	return lessons->of[horizon].said[horizon * PLE_LEVELS + level][lessons->seat];
}

/* Learns nothing. */
void ple_learn_nothing(void *state, const struct ple_lessons *lessons);

#endif
