#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# no-tun - a kernel without TUN devices: no link works, and that is said

load common

@test "no-tun: the module is not there" {
	! is_loaded tun || fail "it is loaded"
}

@test "no-tun: the start fails with one line of cause and one of cure" {
	run --separate-stderr "$RUN" / true
	assert_failed 125 '.*/dev/net/tun'
	assert_hint 'modprobe tun'
}
