#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# fallback - a gateway that comes to nothing when the command has its device already

load common

# A libnftables that loads no rules.
without_rules()
{
	run --separate-stderr env "LD_LIBRARY_PATH=$NETNS_BUILD/tests/system" "$RUN" "$@"
}

@test "--link=auto takes the tap link when the gateway's rules cannot be loaded" {
	without_rules --link=auto / ip -o route show default
	equal "$status" 0
	matches "$output" "^default via 10\.0\.2\.2 dev eth0"
	matches "$stderr" "^netns-run: link tap, not gateway: the kernel has no nf_tables"
	without_rules --link=auto / sh -c 'ip -o link show dev eth0; ping -c 1 -W 5 10.0.2.2'
	equal "$status" 0
	matches "$output" "1 received"
}

@test "--link=gateway is an error when the gateway's rules cannot be loaded" {
	without_rules --link=gateway / true
	equal "$status" 125
	matches "$stderr" "the kernel has no nf_tables"
	matches "$stderr" "hint: take --link=tap"
}

@test "--link=auto takes the tap link where libnftables is not installed" {
	local place=$T/lib

	mkdir "$place"
	: >"$place/libnftables.so.1"
	run --separate-stderr env "LD_LIBRARY_PATH=$place" "$RUN" --link=auto / true
	equal "$status" 0
	matches "$stderr" "^netns-run: link tap, not gateway: load libnftables\.so\.1: .*too short"
}
