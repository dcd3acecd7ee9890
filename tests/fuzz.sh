#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# fuzz - builds the libFuzzer targets in ./build-fuzz with clang and runs each: fuzz.sh [SECONDS [TARGET...]]
#
# FUZZ_JOBS of them run side by side. What is found new goes to build-fuzz/corpus, and what was said to
# build-fuzz/TARGET.log; an input that crashes, leaks or takes too long is written to build-fuzz.
set -euo pipefail

cd "$(dirname "$0")/.."
export SECONDS_EACH=${1:-60}
shift || true
targets=("$@")
((${#targets[@]})) || targets=(tests/fuzz/corpus/*/)

# The last lines tell the executions and, before them, the coverage.
run_target()
{
	local name=$1 quiet=0

	# Their complaints go to standard error, thousands of them each second.
	[[ $name == @(pasta|slirp4netns) ]] && quiet=3
	mkdir -p "build-fuzz/corpus/$name"
	if "build-fuzz/tests/fuzz/fuzz_$name" -max_total_time="$SECONDS_EACH" -print_final_stats=1 \
		-close_fd_mask=$quiet -rss_limit_mb=2048 -timeout=120 -artifact_prefix="build-fuzz/$name-" \
		"build-fuzz/corpus/$name" "tests/fuzz/corpus/$name" >"build-fuzz/$name.log" 2>&1; then
		printf '== %s, %s seconds: %s; %s\n' "$name" "$SECONDS_EACH" \
			"$(grep -o '^Done [0-9]* runs' "build-fuzz/$name.log")" \
			"$(grep -o 'cov: [0-9]*' "build-fuzz/$name.log" | tail -n 1)"
	else
		printf '== %s FAILED\n' "$name"
		tail -n 60 "build-fuzz/$name.log"
		return 1
	fi
}
export -f run_target

tests/install-packages.sh build fuzz
CC=clang tests/build.sh build-fuzz -Dfuzz=true -Dtests=false
printf '%s\n' "${targets[@]}" | sed 's|/$||; s|.*/||' |
	xargs -P "${FUZZ_JOBS:-1}" -I{} bash -euc 'run_target {}'
