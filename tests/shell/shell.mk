# make shell-suite      types sessions at the shell of a booted Augur
.PHONY: shell-suite
shell-suite:
	@tests/shell/run
