#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# doctor - on a machine that has all, netns-ctl doctor finds no problem

load common

setup_file()
{
	"$NETNS_BUILD/src/ctl/netns-ctl" --help | grep -qw doctor ||
		skip "this netns-ctl has no doctor"
}

@test "doctor: no problem, and no more to better than what Debian leaves to root" {
	run --separate-stderr "$CTL" doctor --json
	assert_quiet
	equal "$(jq -r '.[] | select(.level != "ok").subject' <<<"$output" | sort | paste -sd,)" \
		'low ports,ping'
	equal "$(jq -r '.[] | select(.subject == "link gateway").level' <<<"$output")" ok
	equal "$(jq -r '.[] | select(.subject == "memory limit").level' <<<"$output")" ok
}
