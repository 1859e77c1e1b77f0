# The scheduler on the host: `make sim` prints the standard scenarios under every policy,
# `make sim-properties` runs seeded random scenarios, `make sim-decision` counts instructions.

SIM_CFLAGS := $(STD) $(WARN) -O2 -g
SIM_LIB_SRCS := $(wildcard sched/*.c) $(addprefix tests/sim/,scenarios.c spike_scenarios.c sim.c sim_tasks.c samples.c workload.c fluid.c max_min.c trace_csv.c record.c options.c tsv.c)
SIM_LIB_OBJS := $(SIM_LIB_SRCS:%.c=$(BUILD)/sim/%.o)
SIM_ARGS ?=

$(BUILD)/sim/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(CC) $(SIM_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/sim/libsim.a: $(SIM_LIB_OBJS)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/sim/sim: $(BUILD)/sim/tests/sim/main.o $(BUILD)/sim/libsim.a
	@echo "  LD      $@"
	$(Q)$(CC) $(SIM_CFLAGS) $^ -lm -o $@

# make sim SIM_ARGS="--scenario s1 --policy credit"
.PHONY: sim
sim: $(BUILD)/sim/sim
	@$(BUILD)/sim/sim --tsv $(BUILD)/sim/figures.tsv $(SIM_ARGS)

$(BUILD)/sim/properties: $(addprefix $(BUILD)/sim/tests/sim/,properties.o random_scenario.o) $(BUILD)/sim/libsim.a
	@echo "  LD      $@"
	$(Q)$(CC) $(SIM_CFLAGS) $^ -lm -o $@

# make sim-properties SIM_ARGS="--first 4711 --count 1 --verbose"
.PHONY: sim-properties
sim-properties: $(BUILD)/sim/properties
	@$(BUILD)/sim/properties $(or $(SIM_ARGS),--mended)

# Compiled as in the hypervisor: no vector registers.
DECISION_SRCS := $(wildcard sched/*.c) tests/sim/decision.c
$(BUILD)/sim/decision: $(DECISION_SRCS:%.c=$(BUILD)/sim/scalar/%.o)
	@echo "  LD      $@"
	$(Q)$(CC) -no-pie $^ -o $@

$(BUILD)/sim/scalar/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(CC) $(SIM_CFLAGS) -mgeneral-regs-only -fno-pic -fno-pie -MMD -MP -c $< -o $@

_all: $(BUILD)/sim/decision

# make sim-decision POLICIES="credit compensated"
POLICIES ?= rr credit bvt edf table reactive compensated
.PHONY: sim-decision
sim-decision: $(BUILD)/sim/decision
	@tests/sim/decision.sh $< $(POLICIES)

-include $(shell find $(BUILD)/sim -name '*.d' 2>/dev/null)

# make sim-predict SIM_ARGS="--scenario p1 --faults"	prediction against its rivals
PREDICT_OBJS := $(patsubst %.c,$(BUILD)/sim/%.o,$(addprefix tests/sim/,predict_main.c predict.c) $(wildcard ple/*.c))
$(BUILD)/sim/sim-predict: $(PREDICT_OBJS) $(BUILD)/sim/libsim.a
	@echo "  LD      $@"
	$(Q)$(CC) $(SIM_CFLAGS) $^ -lm -o $@

.PHONY: sim-predict
sim-predict: $(BUILD)/sim/sim-predict
	@$< --tsv $(BUILD)/sim/predict.tsv $(SIM_ARGS)
