#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# check - all tests: static checks, unit suites and fuzzing corpora, the same under sanitizers,
# system suites
#
# How it works: every suite leaves its status and TAP or a log of meson in build-check/results,
# whatever becomes of it; what is no suite is a step, one line in steps.tap. At the end, also after
# a crash, tally.py sums them up in the last line: "N passed, N failed, N skipped". Exit status 1 if
# anything failed.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top"
readonly build=$top/build-check sanitized=$top/build-sanitize
readonly results=$build/results
readonly -a manuals=(doc/*.[1-9])
n_steps=0
stage=$top

headline() {
	printf '\n== %s ==\n' "$*"
}

step() { # NAME COMMAND...
	local name=$1 verdict=ok
	shift
	headline "$name"
	"$@" || verdict='not ok'
	n_steps=$((n_steps + 1))
	echo "$verdict $n_steps - $name" | tee -a "$results/steps.tap"
	[[ $verdict == ok ]]
}

suite() { # NAME COMMAND...
	local name=$1 status=0
	shift
	headline "$name"
	"$@" "$name" || status=$?
	echo "$status" >"$results/$name.status"
}

finish() {
	local status=0
	[[ $stage == "$top" ]] || rm -rf "$stage"
	echo "1..$n_steps" >>"$results/steps.tap"
	echo 0 >"$results/steps.status"
	headline 'Sum'
	tests/tally.py "$results" | tee "$results.txt" || status=1
	exit "$status"
}

check_format() {
	find src link launcher forwarder plugins tests \( -name '*.c' -o -name '*.h' \) -print0 |
		xargs -0 clang-format --dry-run --Werror
}

# HACKING.md, "Arrows".
check_arrows() {
	! grep -rn '^#include "launcher/' forwarder link src &&
		! grep -rnE '^#include "(forwarder|link)/' src &&
		! grep -rn '^#include "link/' forwarder &&
		! grep -rn '^#include "forwarder/' launcher link plugins &&
		! grep -rn '^#include "plugins/' src link launcher forwarder
}

check_scripts() {
	find tests -maxdepth 1 -name '*.sh' -print0 | xargs -0 shellcheck .ci/run tests/vm/{run,guest,image} &&
		shellcheck --shell=bash doc/completions/*.bash
}

unit_suites() { # BUILD NAME
	local status=0
	rm -f "$1/meson-logs/testlog.json"
	timeout 600 meson test -C "$1" --print-errorlogs || status=$?
	cp "$1/meson-logs/testlog.json" "$results/$2.json"
	return "$status"
}

# The system suites drop to an ordinary user, who may not be able to enter this directory.
choose_stage() {
	stage=$top
	((EUID == 0)) || return 0
	setpriv --reuid=65534 --regid=65534 --clear-groups test -r "$top/tests/system/run" && return
	stage=$(mktemp -d /tmp/netns-check.XXXXXX)
	chmod 0755 "$stage"
	mkdir "$stage/tests"
	cp -r tests/system "$stage/tests"
	cp -r "$build" "$stage"
	chmod -R go+rX "$stage"
}

# Debian 13 has the runtimes that are newer than this machine's.
make_trixie_root() {
	local packages
	packages=$(sed -n 's/^trixie: *//p' tests/packages)
	# shellcheck disable=SC2086
	tests/debian-root.sh "$build/trixie-root.tar" trixie $packages
}

system_suite() { # LINK NAME
	(cd "$stage" && NETNS_BUILD=$stage/${build##*/} NETNS_TEST_LINK=$1 \
		timeout --kill-after=10 1800 tests/system/run) | tee "$results/$2.tap"
}

rm -rf "$results" "$results.txt"
mkdir -p "$results"
trap finish EXIT

step 'packages' tests/install-packages.sh build check || exit 1
# It waits for the network most of the time.
make_trixie_root >"$results/trixie-root.log" 2>&1 &
trixie=$!
step 'clang-format' check_format || true
step 'arrows between folders' check_arrows || true
step 'shellcheck' check_scripts || true
step 'manual pages' mandoc -T lint -W warning "${manuals[@]}" || true
step 'build without warnings' tests/build.sh "$build" -Dwerror=true || exit 1
step 'completions' tests/completions.sh "$build" || true
suite unit unit_suites "$build"
if step 'build with sanitizers' tests/build.sh "$sanitized" \
	-Db_sanitize=address,undefined -Db_lundef=false; then
	suite unit-sanitized unit_suites "$sanitized"
fi
step 'Debian root for the system tests' tests/debian-root.sh "$build/debian-root.tar" || true
step 'Debian 13 root for the system tests' wait "$trixie" || true
cat "$results/trixie-root.log"
step 'newer RootlessKit for the system tests' tests/newer-package.sh "$build/rootlesskit2" rootlesskit || true
step 'newer netavark for the system tests' tests/newer-package.sh "$build/netavark" netavark libc6 || true
choose_stage
# Side by side: they wait more than they compute, and each has a world of its own.
suite system-gateway system_suite gateway >"$results/system-gateway.log" 2>&1 &
suite system-tap system_suite tap
wait
cat "$results/system-gateway.log"
