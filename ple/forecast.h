/*
 * What the engine says about the future of one vCPU.
 *
 * Every forecast is for the mean of a quantity over the next 1, 2 or 5 windows. `point` minimises
 * the absolute error (it estimates the median), `high` the pinball loss at 0.95: it is exceeded
 * in one case of twenty. `mean` estimates the expected value.
 */
#ifndef PLE_FORECAST_H
#define PLE_FORECAST_H

#include <stdint.h>

enum ple_horizon { PLE_10MS, PLE_20MS, PLE_50MS, PLE_HORIZONS };
enum ple_level { PLE_POINT, PLE_HIGH, PLE_LEVELS };
enum ple_resource { PLE_CPU, PLE_MEMORY, PLE_IO, PLE_RESOURCES };

/* What is forecast for one resource: each level of each horizon, at horizon * PLE_LEVELS + level.
 */
#define PLE_TARGETS (PLE_HORIZONS * PLE_LEVELS)

/* Per window: CPU in microseconds, memory in pages, I/O in operations; at most PLE_AMOUNT_MAX. */
struct ple_expectation {
	uint16_t mean;
	uint16_t point;
	uint16_t high; /* at least point */
};

#define PLE_AMOUNT_MAX 32767u

struct ple_demand {
	struct ple_expectation of[PLE_RESOURCES][PLE_HORIZONS];
};

#define PLE_HORIZON_MAX 5 /* windows in the longest horizon */

/* Windows in a horizon. */
static inline unsigned ple_horizon_windows(unsigned horizon)
{
	static const uint8_t windows[PLE_HORIZONS] = { 1, 2, PLE_HORIZON_MAX };

	return windows[horizon];
}

#endif
