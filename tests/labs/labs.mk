# The labs of tests/labs: `make lab LAB=n` checks a solution. Guests of the labs are
#   tests/labs/guests/X.c -> $(BUILD)/guests/lab_X.elf

LAB_GUESTS := $(patsubst tests/labs/guests/%.c,$(GUEST_OUT)/lab_%.elf,$(wildcard tests/labs/guests/*.c))

$(GUEST_OUT)/obj/labs/%.c.o: tests/labs/guests/%.c | $(NEWLIB_READY)
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(CC) $(GUEST_CFLAGS) -MMD -MP -c $< -o $@

$(GUEST_OUT)/lab_%.elf: $(GUEST_OUT)/obj/labs/%.c.o $(GUEST_LINK_DEPS)
	$(GUEST_LINK)

.SECONDARY: $(LAB_GUESTS:$(GUEST_OUT)/lab_%.elf=$(GUEST_OUT)/obj/labs/%.c.o)
_all: $(LAB_GUESTS)

# make lab-suite        the labs begin where their texts say, and can be passed
.PHONY: lab-suite
lab-suite: $(BUILD)/sim/properties $(BUILD)/bench/forecast
	@tests/labs/rehearse

# Status 1 of the check: something is missing, which is no failure of make.
.PHONY: lab
lab:	## check your solution of LAB=1, 2... (tests/labs/README.md)
	$(AGAIN) _all $(BUILD)/sim/properties $(BUILD)/bench/forecast
	@tests/labs/check $(LAB) || test $$? = 1
