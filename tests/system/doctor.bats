#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# doctor - netns-ctl doctor: what is wrong with a machine, and the cure

load common

@test "doctor: this machine runs containers, and each link" {
	run --separate-stderr "$CTL" doctor
	# The private host grants its user the ids of its accounts: that one is right.
	equal "$(grep ^problem <<<"$output" | grep -v 'sub[ug]id: the range of .* holds')" ""
	matches "$output" 'ok +namespaces: a container starts'
	matches "$output" 'ok +link tap: works'
	matches "$output" 'ok +link gateway: works'
	matches "$output" 'ok +/dev/net/tun: can be opened'
}

@test "doctor: JSON has subject, level, text and cure" {
	run --separate-stderr "$CTL" doctor --json
	equal "$(jq -r '.[] | select(.subject == "namespaces") | .level' <<<"$output")" ok
	equal "$(jq '[.[] | select(.level == "problem" and .cure == null)] | length' <<<"$output")" 0
}

@test "doctor: a machine without user namespaces has a problem, and a cure" {
	run --separate-stderr unshare --user --map-root-user sh -c \
		"echo 0 >/proc/sys/user/max_user_namespaces && exec '$CTL' doctor"
	equal "$status" 1
	matches "$output" 'problem  user namespaces: user.max_user_namespaces is 0'
	matches "$output" 'cure: as root: sysctl -w user.max_user_namespaces=15000'
	matches "$output" 'problem  namespaces: '
	lacks "$output" 'link tap'
	matches "$stderr" 'problems were found'
}
