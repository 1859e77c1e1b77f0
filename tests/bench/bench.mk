# The standard scenarios in the emulator: `make bench BENCH=sched` and `make report`; SCENARIOS="s1 s2"
# and POLICIES="credit edf" choose some of them.

BENCH_TOOL := $(BUILD)/bench/scenario

$(BENCH_TOOL): $(BUILD)/sim/tests/bench/scenario.o $(BUILD)/sim/libsim.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(SIM_CFLAGS) $^ -lm -o $@

# The guest draws the same random numbers as the simulator.
$(GUEST_OUT)/obj/sim/scenarios.o: tests/sim/scenarios.c | $(NEWLIB_READY)
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(CC) $(GUEST_CFLAGS) -MMD -MP -c $< -o $@

$(GUEST_OUT)/bench_task.elf: $(GUEST_OUT)/obj/sim/scenarios.o

_all: $(BENCH_TOOL) $(BUILD)/sim/sim

.PHONY: sim-agreement
sim-agreement:	## how much the simulator's schedules differ from the emulator's
	$(AGAIN) _all
	@scripts/agreement

.PHONY: report
report:	## tables and pictures of the standard scenarios as one page, $(BUILD)/report.html
	$(AGAIN) _all
	@scripts/report
