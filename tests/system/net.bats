#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# net - --net: without a network, with the host's, with ours

load common

# The names of the devices inside, in one line.
devices()
{
	netns_run "$@" / sh -c 'cd /sys/class/net && echo *'
}

@test "--net=none has loopback and nothing else" {
	equal "$(devices --net=none)" lo
	run --separate-stderr netns_run --net=none / sh -c \
		'ip -4 -o addr show up; ip route; ip -6 route show default; ping -c1 127.0.0.1 >/dev/null && echo up'
	matches "$output" "^1: lo +inet 127\.0\.0\.1/8"
	matches "$output" "up$"
	lacks "$output" default
}

@test "--net=host is the host's own network namespace" {
	local own port

	own=$(readlink /proc/self/ns/net)
	equal "$(netns_run --net=host / readlink /proc/self/ns/net)" "$own"
	equal "$(netns_run --net=host / cat /etc/resolv.conf)" "$(cat /etc/resolv.conf)"
	serve port tcp hold
	run netns_run --net=host / "$PYTHON" "$TOOLS/client.py" connect tcp 127.0.0.1 "$port"
	equal "$output" open
	run netns_run --net=none / "$PYTHON" "$TOOLS/client.py" connect tcp 127.0.0.1 "$port"
	equal "$output" ECONNREFUSED
}

@test "--info-fd and state tell the kind of network" {
	start_container --net none / sleep 100
	equal "$(jq -r '.net, .link' "$INFO" | xargs)" "none null"
	stop "$LAUNCHER"
	start_container --network=user / sleep 100
	equal "$(jq -r '.net, .link' "$INFO" | xargs)" "user $LINK"
}

@test "options of our network are refused with another" {
	local option

	for option in --publish=8080:80 --host-port=80 --ifname=lan0 --mtu=1400 --cidr=10.9.0.0/24 \
		--mac=02:00:00:00:00:05 --cidr6=fd12::/64 --no-ipv6 --udp-timeout=60; do
		run --separate-stderr "$RUN" --net=none "$option" / true
		assert_failed 125 "${option%%=*} has no meaning with --net=none"
		run --separate-stderr "$RUN" --net=host "$option" / true
		assert_failed 125 "${option%%=*} has no meaning with --net=host"
	done
	run --separate-stderr "$RUN" --net=host --host-loopback / true
	assert_failed 125 '--host-loopback has no meaning with --net=host'
	run --separate-stderr "$RUN" --net=bridge / true
	assert_failed 125 "unknown kind of network 'bridge'"
	assert_hint 'none, host or user'
}

@test "the launcher's death takes a container without a network along" {
	start_container --net none / sleep 1000
	kill -KILL "$LAUNCHER"
	wait "$LAUNCHER" || true
	LAUNCHERS=()
	assert_nothing_left
}
