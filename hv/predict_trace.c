#include "hv/predict_trace.h"

#include "hv/predict.h"
#include "hv/trace.h"
#include "hv/vm.h"

_Static_assert(PLE_MEMBERS <= 16, "a byte each in a record's a and b");

static uint64_t pair(uint64_t low, uint64_t high)
{
	return (low & UINT32_MAX) | high << 32;
}

/* Of the 0.95 quantile of the next window, as the mixture weighed them last. */
static void take_weights(const struct ple_engine *engine, uint32_t weight[PLE_MEMBERS])
{
	unsigned last = (engine->history.windows + PLE_PAST - 1) % PLE_PAST;

	ple_mixture_weights(&engine->mixture[PLE_10MS][PLE_HIGH],
			    engine->past[last].features.situation, engine->members, weight);
}

void predict_trace_weights(const struct vcpu *vcpu, uint64_t now)
{
	uint32_t weight[PLE_MEMBERS];
	uint64_t sum = 0, packed[2] = { 0 };

	take_weights(&vcpu->predict->engine, weight);
	for (unsigned m = 0; m < PLE_MEMBERS; m++)
		sum += weight[m];
	for (unsigned m = 0; m < PLE_MEMBERS; m++)
		packed[m / 8] |= (weight[m] * 255 + sum / 2) / sum << m % 8 * 8;
	trace_put(TRACE_WEIGHTS, vcpu->sched.id, packed[0], packed[1], now);
}

void predict_trace_forecast(const struct vcpu *vcpu, uint64_t now)
{
	const struct predict *predict = vcpu->predict;
	const struct predict_point *said = &predict->past[(predict->windows - 1) % PREDICT_PAST];

	trace_put(TRACE_FORECAST, vcpu->sched.id, pair(said->actual, said->point),
		  pair(said->high, predict->last_cost), now);
}
