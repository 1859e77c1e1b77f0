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

/* Differences from the mean, the newest last, at most 2^16. */
static void fill_past(const struct ple_history *h, unsigned skip, int32_t past[ORDER])
{
	int32_t mean = (int32_t)(h->level >> 8);

	for (unsigned i = 0; i < ORDER; i++)
		past[ORDER - 1 - i] = ple_history_value(h, skip + i) - mean;
}

static int32_t predict(const struct ar *s, const int32_t *past)
{
	int64_t sum = 0;

	for (unsigned i = 0; i < ORDER; i++)
		sum += (int64_t)s->coefficient[i] * past[ORDER - 1 - i];
	return (int32_t)ple_clamp(sum >> 14, -PLE_VALUE_MAX, PLE_VALUE_MAX);
}

/* One step of least mean squares on the window that has just ended. */
static void adapt(struct ar *s, const struct ple_history *h)
{
	int32_t past[ORDER];
	int64_t energy = 1, error;

	fill_past(h, 1, past);
	for (unsigned i = 0; i < ORDER; i++)
		energy += (int64_t)past[i] * past[i];
	error = ple_history_value(h, 0) - (int32_t)(h->level >> 8) - predict(s, past);
	for (unsigned i = 0; i < ORDER; i++) {
		int64_t change = error * past[ORDER - 1 - i] * (1 << (14 - RATE_SHIFT)) / energy;

		s->coefficient[i] =
			(int32_t)ple_clamp(s->coefficient[i] + change, -COEFFICIENT, COEFFICIENT);
	}
}

static void learn(void *state, const struct ple_lesson *lesson)
{
	ple_residual_learn(&((struct ar *)state)->residual, lesson);
}

static void forecast(void *state, const struct ple_view *view, struct ple_targets *out)
{
	struct ar *s = state;
	int32_t path[ORDER + AHEAD], mean = (int32_t)(view->history->level >> 8);
	int32_t sum = 0;
	unsigned done = 0;

	adapt(s, view->history);
	fill_past(view->history, 0, path);
	for (unsigned h = 0; h < PLE_HORIZONS; h++) {
		for (; done < ple_horizon_windows(h); done++) {
			path[ORDER + done] = predict(s, path + done);
			sum += ple_value(mean + path[ORDER + done]);
		}
		ple_residual_apply(&s->residual, h, sum / (int32_t)done, out);
	}
}

const struct ple_model_ops ple_ar = {
	.name = "ar",
	.state_size = sizeof(struct ar),
	.init = init,
	.learn = learn,
	.forecast = forecast,
};
