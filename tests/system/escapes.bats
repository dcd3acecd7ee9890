#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# escapes - ways around a policy that an attacker found

load common
load target

@test "escapes: who is in the network itself cannot command it, whatever PIDs it sees" {
	local words

	start_target
	mkfifo "$T/ready"
	"$NETNS_BUILD/plugins/netns-attach" --link="$LINK" --name guest --egress deny --ready-fd 8 "$TARGET" \
		8>"$T/ready" 3>&- &
	LAUNCHERS+=("$!")
	read -rN1 -t "$PATIENCE" _ <"$T/ready"
	for words in "" "unshare --net" "unshare --user --net"; do
		# shellcheck disable=SC2086
		run --separate-stderr within $words "$CTL" guest egress allow '*'
		assert_failed 1 "(receive the reply of container 'guest'|container 'guest' broke off its reply)"
	done
	equal "$("$CTL" guest egress ls --json | jq -c '[.default, .rules]')" '["deny",[]]'
}
