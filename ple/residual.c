#include <string.h>

#include "ple/residual.h"

/* A sixteenth of the spread, times 0.95 up and 0.05 down; << 12. */
#define STEP_UP	  243
#define STEP_DOWN 13

void ple_residual_init(struct ple_residual *residual)
{
	memset(residual, 0, sizeof(*residual));
}

/* The spread is below 2^24: a fraction of four bits fewer leaves room for the product. */
void ple_residual_learn(struct ple_residual *r, const struct ple_lessons *lessons)
{
#pragma GCC unroll 3
	for (unsigned h = 0; h < PLE_HORIZONS; h++) {
		if (!ple_takes(lessons->ended, h))
			continue;

		int32_t said = ple_was_said(lessons, h, PLE_POINT);
		int32_t error = (lessons->of[h].actual - said) * 256;
		int32_t spread = r->spread[h], quantile = r->quantile[h];

		spread += ((error < 0 ? -error : error) - spread) >> 5;
		quantile += (spread >> 4) * (error > quantile ? STEP_UP : -STEP_DOWN) >> 8;
		r->spread[h] = spread;
		r->quantile[h] = quantile;
	}
}
