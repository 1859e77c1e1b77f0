/*
 * Autoregression of order four, learnt by normalised least mean squares, iterated for the longer
 * horizons. Works on differences from the slow mean, so that it needs no constant.
 */
#include <string.h>

#include "ple/models.h"
#include "ple/residual.h"

#define ORDER	    4
#define COEFFICIENT (2 << 14) /* bound of a coefficient, Q14 */
#define RATE_SHIFT  5	      /* step of 1/32 */
#define AHEAD	    5

struct ar {
	struct ple_residual residual;
	int32_t coefficient[ORDER]; /* Q14 */
};

static void init(void *state)
{
	memset(state, 0, sizeof(struct ar));
}

static int32_t predict(const struct ar *s, const int32_t past[ORDER])
{
	int64_t sum = 0;

#pragma GCC unroll 4
	for (unsigned i = 0; i < ORDER; i++)
		sum += (int64_t)s->coefficient[i] * past[ORDER - 1 - i];
	return (int32_t)ple_clamp(sum >> 14, -PLE_VALUE_MAX, PLE_VALUE_MAX);
}

/*
 * One step of least mean squares: `past` should have led to past[ORDER]. The share of the error
 * over the energy has 32 bits of fraction: below 2^17 * 2^32 over the square of any of the past.
 */
static void adapt(struct ar *s, const int32_t past[ORDER + 1])
{
	int64_t energy = 1, share;

#pragma GCC unroll 4
	for (unsigned i = 0; i < ORDER; i++)
		energy += (int64_t)past[i] * past[i];
	share = (past[ORDER] - predict(s, past)) * (1ll << 32) / energy;
#pragma GCC unroll 4
	for (unsigned i = 0; i < ORDER; i++) {
		int64_t change = share * past[ORDER - 1 - i] >> (18 + RATE_SHIFT);

		s->coefficient[i] =
			(int32_t)ple_clamp(s->coefficient[i] + change, -COEFFICIENT, COEFFICIENT);
	}
}

static void learn(void *state, const struct ple_lessons *lessons)
{
	if (lessons->odd)
		ple_residual_learn(&((struct ar *)state)->residual, lessons);
}

/* The path: differences from the mean, the oldest first, and on into the future. */
static void forecast(void *state, const struct ple_view *view, uint16_t *said)
{
	struct ar *s = state;
	int32_t path[ORDER + 1 + AHEAD], mean = (int32_t)(view->history->level >> 8);
	int32_t sum = 0;
	unsigned done = 0;

#pragma GCC unroll 5
	for (unsigned i = 0; i <= ORDER; i++)
		path[i] = ple_history_value(view->history, ORDER - i) - mean;
	adapt(s, path);
#pragma GCC unroll 3
	for (unsigned h = 0; h < PLE_HORIZONS; h++) {
#pragma GCC unroll 3
		for (; done < ple_horizon_windows(h); done++) {
			path[ORDER + 1 + done] = predict(s, path + 1 + done);
			sum += ple_value(mean + path[ORDER + 1 + done]);
		}
		ple_residual_say(&s->residual, h, sum / (int32_t)done, said);
	}
}

const struct ple_model_ops ple_ar = {
	.name = "ar",
	.state_size = sizeof(struct ar),
	.init = init,
	.learn = learn,
	.forecast = forecast,
};
