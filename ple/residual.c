#include <string.h>

#include "ple/residual.h"

/* A sixteenth of the spread, times 0.95 up and 0.05 down; << 12. */
#define STEP_UP	  243
#define STEP_DOWN 13

void ple_residual_init(struct ple_residual *residual)
{
	memset(residual, 0, sizeof(*residual));
}

void ple_residual_learn(struct ple_residual *r, const struct ple_lesson *lesson)
{
	unsigned h = lesson->horizon;
	int32_t error = (lesson->actual - lesson->forecast->of[h][PLE_POINT]) * 256;
	int64_t spread = r->spread[h];

	spread += ((error < 0 ? -error : error) - spread) >> 5;
	r->spread[h] = (int32_t)spread;
	if (error > r->quantile[h])
		r->quantile[h] += (int32_t)(spread * STEP_UP >> 12);
	else
		r->quantile[h] -= (int32_t)(spread * STEP_DOWN >> 12);
	r->quantile[h] =
		(int32_t)ple_clamp(r->quantile[h], -PLE_VALUE_MAX * 256, PLE_VALUE_MAX * 256);
}

void ple_residual_apply(const struct ple_residual *r, unsigned horizon, int32_t point,
			struct ple_targets *out)
{
	point = ple_value(point);
	out->of[horizon][PLE_POINT] = (uint16_t)point;
	out->of[horizon][PLE_HIGH] = (uint16_t)ple_value(point + (r->quantile[horizon] >> 8));
}
