# The predictive engine on recorded traces, and its training. A bench that is a host program adds its name to
# HOST_BENCHES and a target bench-NAME (Makefile).
#
# make bench BENCH=forecast TRACES=dir    the predictive engine on recorded traces
# make train TRACES=dir SEED=n            its LSTM's weights, with PyTorch
# make train TRACES=dir FOLDS=k           no weights, but scores of k-fold cross-validation

HOST_BENCHES += forecast
TRACES ?= tests/traces
SEED   ?= 1

BENCH_CFLAGS  := $(STD) $(WARN) -O2 -g
FORECAST_OBJS := $(patsubst %.c,$(BUILD)/bench/%.o,tests/bench/forecast.c tests/bench/trace_windows.c tests/bench/float_lstm.c $(wildcard ple/*.c))
STEP_OBJS     := $(patsubst %.c,$(BUILD)/bench/%.o,tests/bench/steps.c $(wildcard ple/*.c))

# The default weights are assembled in; see ple/weights_default.c.
$(foreach d,hv unit fuzz bench sim,$(BUILD)/$d/ple/weights_default.o): ple/weights/default.bin

$(BUILD)/bench/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(BENCH_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/bench/forecast: $(FORECAST_OBJS)
	$(Q)$(CC) $(BENCH_CFLAGS) $^ -lm -o $@

$(BUILD)/bench/steps: $(STEP_OBJS)
	$(Q)$(CC) $(BENCH_CFLAGS) $^ -o $@

.PHONY: bench-forecast train
bench-forecast: $(BUILD)/bench/forecast $(BUILD)/bench/steps
	@scripts/bench-forecast $(BUILD)/bench $(TRACES)

# The default folder need not be there; what somebody names must be.
train: $(BUILD)/bench/forecast	## train the LSTM on synthetic demand and on TRACES=dir
	@EXTRA=python3-torch scripts/deps $(BUILD)
	@nice -n 10 /usr/bin/python3 scripts/train.py --forecast $< --seed $(SEED) \
		$(if $(filter file,$(origin TRACES)),$(wildcard $(TRACES)),$(TRACES))

check-scripts: $(BUILD)/bench/forecast

-include $(shell find $(BUILD)/bench -name '*.d' 2>/dev/null)
