#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# fuzz - builds the libFuzzer targets in ./build-fuzz with clang and runs each: fuzz.sh [SECONDS]
#
# What is found new goes to build-fuzz/corpus; an input that crashes is written to build-fuzz.
set -euo pipefail

cd "$(dirname "$0")/.."
seconds=${1:-60}

tests/install-packages.sh build fuzz
CC=clang tests/build.sh build-fuzz -Dfuzz=true
for corpus in tests/fuzz/corpus/*/; do
	name=$(basename "$corpus")
	mkdir -p "build-fuzz/corpus/$name"
	printf '\n== %s, %s seconds ==\n' "$name" "$seconds"
	"build-fuzz/tests/fuzz/fuzz_$name" -max_total_time="$seconds" -print_final_stats=1 \
		-artifact_prefix="build-fuzz/$name-" "build-fuzz/corpus/$name" "$corpus"
done
