#include "hv/predict_trace.h"

#include "hv/predict.h"
#include "hv/trace.h"
#include "hv/vm.h"

_Static_assert(PLE_MEMBERS <= 16, "a byte each in a record's a and b");

static uint64_t pair(uint64_t low, uint64_t high)
{
	return (low & UINT32_MAX) | high << 32;
}

/* Of the 0.95 quantile of the next window. */
void predict_trace_weights(const struct vcpu *vcpu, uint64_t now)
{
	const struct ple_engine *engine = &vcpu->predict->engine;
	uint64_t packed[2] = { 0 };

	for (unsigned m = 0; m < PLE_MEMBERS; m++) {
		uint64_t share = ple_engine_share(engine, m, PLE_10MS, PLE_HIGH);

		packed[m / 8] |= (share * 255 + PLE_SHARE_ONE / 2) / PLE_SHARE_ONE << m % 8 * 8;
	}
	trace_put(TRACE_WEIGHTS, vcpu->sched.id, packed[0], packed[1], now);
}

void predict_trace_forecast(const struct vcpu *vcpu, uint64_t now)
{
	const struct predict *predict = vcpu->predict;
	const struct predict_point *said = &predict->past[(predict->windows - 1) % PREDICT_PAST];

	trace_put(TRACE_FORECAST, vcpu->sched.id, pair(said->actual, said->point),
		  pair(said->high, predict->last_cost), now);
}
