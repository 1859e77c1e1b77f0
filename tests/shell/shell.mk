# make shell-suite      types sessions at the shell of a booted Augur
.PHONY: shell-suite
shell-suite:
	@tests/shell/run

# Weight files, good and bad, for model.cfg.
$(BUILD)/weights/renamed.bin: tests/shell/weights.py ple/weights/default.bin
	@echo "  GEN     $@"
	$(Q)tests/shell/weights.py ple/weights/default.bin $(@D)

_all: $(BUILD)/weights/renamed.bin
