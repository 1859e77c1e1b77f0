#!/bin/sh
# Instructions per scheduling decision, by valgrind's counter: deterministic, the same everywhere.
# Prints name, value, unit; $1 is the program tests/sim/decision.c, the rest are policies. What a
# decision is, and what is counted, is said there.
set -eu
program=$1
shift
command -v valgrind >/dev/null || { echo "decision.sh: valgrind is not installed" >&2; exit 1; }
rounds=2000
for policy in "$@"; do
	for vcpus in 2 8 64 512; do
		out=$(mktemp)
		valgrind --tool=callgrind --callgrind-out-file="$out" --toggle-collect=measured_decision \
			"$program" "$policy" "$vcpus" "$rounds" >/dev/null 2>"$out.err" ||
			{ grep -v '^==' "$out.err" >&2; exit 1; }
		rm -f "$out.err"
		total=$(awk '/^(summary|totals):/ { print $2; exit }' "$out")
		rm -f "$out"
		# two decisions a round
		printf 'decision.%s.vcpus_%s\t%s\tinstructions\n' "$policy" "$vcpus" $((total / (2 * rounds)))
	done
done
