/*
 * Turns a point forecast into one at a quantile: a tracker of the 0.95 quantile of its error, for
 * each horizon. The step is in proportion to the mean error, so that no scale is assumed.
 */
#ifndef PLE_RESIDUAL_H
#define PLE_RESIDUAL_H

#include "ple/model.h"

struct ple_residual {
	int32_t quantile[PLE_HORIZONS]; /* value << 8 */
	int32_t spread[PLE_HORIZONS];	/* mean |error|, value << 8 */
};

void ple_residual_init(struct ple_residual *residual);

/* The forecasts at PLE_POINT turned out as they did. */
void ple_residual_learn(struct ple_residual *residual, const struct ple_lessons *lessons);

/* Says both levels of one horizon from a point forecast; any `point` is accepted. */
static inline void ple_residual_say(const struct ple_residual *residual, unsigned horizon,
				    int32_t point, uint16_t *said)
{
	point = ple_value(point);
	ple_say(said, horizon, PLE_POINT, point);
	ple_say(said, horizon, PLE_HIGH, ple_value(point + (residual->quantile[horizon] >> 8)));
}

#endif
