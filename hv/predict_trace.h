/* Forecasts in the trace: what was said of each window, what came, and which models were heard. */
#ifndef HV_PREDICT_TRACE_H
#define HV_PREDICT_TRACE_H

#include <stdint.h>

struct vcpu;

/*
 * On the owning core, when advice after the last window was taken over: TRACE_FORECAST, with what
 * that window brought, what had been forecast for it, and the ticks that the new forecast took.
 */
void predict_trace_forecast(const struct vcpu *vcpu, uint64_t now);

/* By whoever has claimed the engine: TRACE_WEIGHTS. */
void predict_trace_weights(const struct vcpu *vcpu, uint64_t now);

#endif
