#!/bin/sh
# Runs fuzz targets and ends with one line `N passed, N failed`.
#
#   run.sh short BUILD/fuzz JOBS RUNS TARGET...      RUNS inputs each, always the same ones
#   run.sh long  BUILD/fuzz JOBS SECONDS TARGET...   SECONDS each, keeps what it learns
#
# A short run starts from the seeds alone, from a fixed random seed and with fixed addresses (what
# libFuzzer keeps depends on them), so that it repeats; it is also ended after 20 seconds, should a
# target be much slower than it ought to be.
set -u

mode=$1 dir=$2 jobs=$3 amount=$4
shift 4
seeds=$(dirname "$0")/corpus
fixed=
[ "$mode" = short ] && setarch -R true 2>/dev/null && fixed='setarch -R'

run_one()
{
	target=$1
	corpus=$dir/corpus/$target
	options="-timeout=10 -rss_limit_mb=2048 -artifact_prefix=$dir/artifacts/$target-"
	if [ "$mode" = short ]; then
		corpus=$dir/short/$target
		rm -rf "$corpus"
		options="$options -seed=1 -runs=$amount -max_total_time=20"
	else
		options="$options -max_total_time=$amount"
	fi
	mkdir -p "$corpus" "$dir/artifacts" "$dir/logs"
	set -- "$corpus"
	[ -d "$seeds/$target" ] && set -- "$corpus" "$seeds/$target"
	log=$dir/logs/$target.log
	# shellcheck disable=SC2086 # several words
	if $fixed "$dir/$target" $options "$@" >"$log" 2>&1; then
		echo "passed: $target: $(grep '^Done' "$log" | tail -n 1)"
	else
		echo "failed: $target: $(grep -m 1 -E 'SUMMARY|ERROR|runtime error' "$log")"
		tail -n 30 "$log" | sed "s/^/    /"
	fi
}

if [ "${FUZZ_ONE:-}" ]; then
	run_one "$1"
	exit 0
fi

verdicts=$(printf '%s\n' "$@" |
	FUZZ_ONE=1 xargs -P "$jobs" -I{} "$0" "$mode" "$dir" "$jobs" "$amount" {})
echo "$verdicts"
passed=$(echo "$verdicts" | grep -c '^passed: ')
failed=$(($# - passed))
echo "fuzz: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
