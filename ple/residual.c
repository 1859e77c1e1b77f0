#include <string.h>

#include "ple/quantile.h"
#include "ple/residual.h"

/* 4096ths of the spread: a sixteenth of it, times 0.95 up and 0.05 down. */
#define STEP_UP	  243
#define STEP_DOWN 13

void ple_residual_init(struct ple_residual *residual)
{
	memset(residual, 0, sizeof(*residual));
}

void ple_residual_learn(struct ple_residual *r, const struct ple_lessons *lessons)
{
#pragma GCC unroll 3
	for (unsigned h = 0; h < PLE_HORIZONS; h++) {
		if (!ple_takes(lessons->ended, h))
			continue;

		int32_t said = ple_was_said(lessons, h, PLE_POINT);
		int32_t error = (lessons->of[h].actual - said) * 256, part;

		r->spread[h] = ple_spread(r->spread[h], error);
		part = (error > r->quantile[h] ? STEP_UP : -STEP_DOWN) * ple_overlap(h) >> 4;
		r->quantile[h] += ple_part(r->spread[h], part);
	}
}
