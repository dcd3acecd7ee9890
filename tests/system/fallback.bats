#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# fallback - a gateway that comes to nothing when the command has its device already

load common

setup_file()
{
	! grep -q __asan_init "$RUN" || skip "the sanitizer must be loaded first"
}

without_rules()
{
	run --separate-stderr env "LD_PRELOAD=$NETNS_BUILD/tests/system/no_nftables.so" "$RUN" "$@"
}

@test "--link=auto takes the tap link when the gateway's rules cannot be loaded" {
	without_rules --link=auto / env -u LD_PRELOAD ip -o route show default
	equal "$status" 0
	matches "$output" "^default via 10\.0\.2\.2 dev eth0"
	matches "$stderr" "^netns-run: link tap, not gateway: the kernel has no nf_tables"
	without_rules --link=auto / env -u LD_PRELOAD sh -c 'ip -o link show dev eth0; ping -c 1 -W 5 10.0.2.2'
	equal "$status" 0
	matches "$output" "1 received"
}

@test "--link=gateway is an error when the gateway's rules cannot be loaded" {
	without_rules --link=gateway / true
	equal "$status" 125
	matches "$stderr" "the kernel has no nf_tables"
	matches "$stderr" "hint: take --link=tap"
}
