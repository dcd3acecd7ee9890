#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# doctor - on a machine that has all, netns-ctl doctor finds nothing to cure

load common

setup_file()
{
	"$NETNS_BUILD/src/ctl/netns-ctl" --help | grep -qw doctor ||
		skip "this netns-ctl has no doctor"
}

@test "doctor: no problem, and nothing that could be better" {
	run --separate-stderr "$CTL" doctor --json
	assert_quiet
	equal "$(jq -c '.[] | select(.level != "ok")' <<<"$output")" ""
	equal "$(jq -r '.[] | select(.subject == "link gateway").level' <<<"$output")" ok
	equal "$(jq -r '.[] | select(.subject == "memory limit").level' <<<"$output")" ok
}
