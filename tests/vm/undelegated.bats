#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# undelegated - a session as Debian makes it: some controllers are not the user's

load common

@test "undelegated: the session has neither cpuset nor io" {
	assert_controllers 'cpu memory pids'
}

@test "undelegated: a start without limits has nothing to say" {
	run --separate-stderr "$RUN" / true
	assert_quiet
}

@test "undelegated: --cpuset-cpus names the controller and the drop-in" {
	run --separate-stderr "$RUN" --cpuset-cpus 0 / true
	assert_failed 125 ".*'cpuset'"
	assert_hint 'Delegate=.*cpuset.*user@.service.d'
}

@test "undelegated: --io-weight names the controller and the drop-in" {
	run --separate-stderr "$RUN" --io-weight 50 / true
	assert_failed 125 ".*'io'"
	assert_hint 'Delegate=.*io.*user@.service.d'
}

@test "undelegated: what Debian delegates works" {
	run --separate-stderr "$RUN" --memory 64m --pids-limit 50 --cpus 1 / echo here
	assert_quiet
	equal "$output" here
}
