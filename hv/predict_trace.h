/* Forecasts in the trace: what was said of each window, what came, and which models were heard. */
#ifndef HV_PREDICT_TRACE_H
#define HV_PREDICT_TRACE_H

#include <stdint.h>

struct vcpu;

/*
 * On the owning core, after the last window of this vCPU was forecast: writes TRACE_FORECAST, and
 * every seventh time TRACE_WEIGHTS. cost: ticks that the forecast took; now: end of the window.
 */
void predict_trace(const struct vcpu *vcpu, uint64_t cost, uint64_t now);

#endif
