#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# autoload - nothing is loaded beforehand, and an ordinary user may load no module

load common

@test "autoload: the gateway link's modules are not there yet" {
	local module

	for module in nf_tables nft_fwd_netdev nft_socket nft_tproxy; do
		! is_loaded "$module" || fail "$module is loaded"
	done
}

@test "autoload: the user has no capability" {
	matches "$(grep CapEff /proc/self/status)" '0000000000000000$'
	run modprobe dummy
	((status != 0)) || fail "this user may load modules"
}

@test "autoload: --link=auto takes the gateway, and the kernel loads what it needs" {
	local module

	run --separate-stderr "$RUN" / bash -c 'test ! -e /sys/class/net/eth0/tun_flags'
	assert_quiet
	for module in tun veth nf_tables nft_fwd_netdev nft_socket nft_tproxy; do
		is_loaded "$module" || fail "$module is not loaded"
	done
}
