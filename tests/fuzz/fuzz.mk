# Fuzzing with libFuzzer: every tests/fuzz/fuzz_X.c is one target, linked against all of the pure
# sources, compiled by clang with the address and undefined-behaviour sanitizers. Seeds are in
# tests/fuzz/corpus/fuzz_X/ (there need not be any).
#
# make fuzz-short       all targets, the same inputs every time, about a minute; part of the tests
# make fuzz             all targets, FUZZ_SECONDS each, the corpus is kept in $(BUILD)/fuzz/corpus
# make fuzz T=fuzz_x    one
#
# An input that fails is left in $(BUILD)/fuzz/artifacts/; run the target on it to see why.

FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SECONDS ?= 300
FUZZ_RUNS    ?= 30000
FUZZ_JOBS    ?= 2
FUZZ_CHECKS  := address,undefined
FUZZ_CFLAGS  := $(STD) $(WARN) -Wno-missing-field-initializers $(ZYDIS_DEFINES) $(ZYDIS_INCLUDES) -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all
FUZZ_OBJS    := $(PURE_SRCS:%.c=$(BUILD)/fuzz/%.o)
FUZZ_BINS    := $(if $(T),$(BUILD)/fuzz/$(T),$(FUZZ_TARGETS:%=$(BUILD)/fuzz/%))

$(BUILD)/fuzz/%.o: %.c | $(ZYDIS_READY)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link,$(FUZZ_CHECKS) -MMD -MP -c $< -o $@

$(BUILD)/fuzz/libpure.a: $(FUZZ_OBJS)
	@rm -f $@ && ar rcs $@ $^

$(BUILD)/fuzz/fuzz_%: $(BUILD)/fuzz/tests/fuzz/fuzz_%.o $(BUILD)/fuzz/libpure.a $(BUILD)/unit/libzydis.a
	$(Q)$(CLANG) $(FUZZ_CFLAGS) -fsanitize=fuzzer,$(FUZZ_CHECKS) $^ -o $@

.SECONDARY: $(FUZZ_TARGETS:%=$(BUILD)/fuzz/tests/fuzz/%.o)

.PHONY: fuzz fuzz-short
fuzz-short: $(FUZZ_BINS)	## fuzz every parser and device model briefly, repeatably
	@tests/fuzz/run.sh short $(BUILD)/fuzz $(FUZZ_JOBS) $(FUZZ_RUNS) $(notdir $^)

fuzz: $(FUZZ_BINS)	## fuzz for FUZZ_SECONDS=$(FUZZ_SECONDS) each, T=fuzz_x for one
	@tests/fuzz/run.sh long $(BUILD)/fuzz $(FUZZ_JOBS) $(FUZZ_SECONDS) $(notdir $^)

-include $(shell find $(BUILD)/fuzz -name '*.d' 2>/dev/null)
