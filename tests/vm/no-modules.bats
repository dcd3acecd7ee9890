#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# no-modules - a kernel without the module $MISSING, which the guest has made impossible to load

load common

@test "no-modules: the module is not there" {
	! is_loaded "$MISSING" || fail "$MISSING is loaded"
}

@test "no-modules: --link=auto falls back to tap, in one line" {
	run --separate-stderr "$RUN" / cat /sys/class/net/eth0/tun_flags
	equal "$status" 0
	matches "$output" '^0x'
	equal "${#stderr_lines[@]}" 1
	matches "$stderr" '^netns-run: link tap, not gateway: .'
	echo "# $stderr" >&3
}

@test "no-modules: --link=gateway says what is missing" {
	run --separate-stderr "$RUN" --link=gateway / true
	assert_failed 125 .
	assert_hint '(modprobe|--link=tap)'
}

@test "no-modules: --link=tap needs none" {
	run --separate-stderr "$RUN" --link=tap / cat /sys/class/net/eth0/tun_flags
	assert_quiet
}
