#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# network - the command's network: addresses, names, options, the first instruction

load common

# A host without addresses, routes and resolver.
on_empty_host()
{
	unshare --user --map-current-user --keep-caps --net --mount bash -c '
		mount --bind /dev/null "$(realpath /etc/resolv.conf)"
		exec setpriv --ambient-caps=-all --inh-caps=-all "$@"' -- "$@"
}

@test "network: addresses and routes of both families" {
	run netns_run / sh -c '
		ip -4 -br address show eth0; ip -6 -br address show eth0
		ip -4 route; ip -6 route; ip -br link show lo'
	equal "$status" 0
	matches "$output" "10\.0\.2\.100/24"
	matches "$output" "fd00::100/64"
	matches "$output" "default via 10\.0\.2\.2 dev eth0"
	matches "$output" "default via fd00::2 dev eth0"
	matches "$output" "lo +UNKNOWN"
}

@test "network: the addresses are valid at once" {
	lacks "$(netns_run / ip address show dev eth0)" tentative
}

@test "network: TCP to the host's LAN addresses and to the neighbour" {
	local port far

	serve port tcp whoami --address ::
	matches "$(netns_run / "$PYTHON" "$TOOLS/client.py" talk tcp "$HOST4" "$port")" "^$HOST4 "
	matches "$(netns_run / "$PYTHON" "$TOOLS/client.py" talk tcp "$HOST6" "$port")" "^$HOST6 "
	equal "$(netns_run / "$PYTHON" "$TOOLS/client.py" connect tcp "$NEIGHBOUR4" 53)" open
	equal "$(netns_run / "$PYTHON" "$TOOLS/client.py" connect tcp "$NEIGHBOUR6" 53)" open
}

@test "network: UDP to the host's LAN addresses" {
	local port

	serve port udp whoami --address ::
	matches "$(netns_run / "$PYTHON" "$TOOLS/client.py" talk udp "$HOST4" "$port")" "^$HOST4 "
	matches "$(netns_run / "$PYTHON" "$TOOLS/client.py" talk udp "$HOST6" "$port")" "^$HOST6 "
}

@test "network: a megabyte out and in, checksummed" {
	local port

	serve port tcp checksum --address ::
	netns_run / "$PYTHON" "$TOOLS/client.py" send tcp "$HOST4" "$port" --size 1000000
	netns_run / "$PYTHON" "$TOOLS/client.py" send tcp "$HOST6" "$port" --size 1000000
	serve port tcp produce --address :: --size 1000000
	netns_run / "$PYTHON" "$TOOLS/client.py" receive tcp "$HOST4" "$port" --size 1000000
	netns_run / "$PYTHON" "$TOOLS/client.py" receive tcp "$HOST6" "$port" --size 1000000
}

@test "network: names are resolved by the link's resolver, over UDP and TCP" {
	equal "$(netns_run / dig +short host.test A)" "$HOST4"
	equal "$(netns_run / dig +short host.test AAAA)" "$HOST6"
	equal "$(netns_run / dig +short +tcp host.test A)" "$HOST4"
	equal "$(netns_run / dig +short big.test TXT | wc -l)" 8
	matches "$(netns_run / dig nobody.test A)" "status: NXDOMAIN"
}

@test "network: the resolver's IPv6 alias answers, too" {
	equal "$(netns_run / dig +short @fd00::3 host.test AAAA)" "$HOST6"
}

@test "network: programs resolve, with the search list" {
	rootfs
	matches "$(netns_run / getent ahosts host.test)" "$HOST4"
	matches "$(netns_run / getent ahosts host)" "$HOST4"
	matches "$(netns_run "$ROOTFS" nslookup host.test)" "$HOST4"
}

@test "network: a resolver on the host's loopback is reached" {
	as_host_root unshare --mount bash -c "
		set -e; cd '$T'
		export XDG_RUNTIME_DIR=$T/root; mkdir root; mkfifo ready
		echo 'nameserver 127.0.0.53' >resolv.conf
		mount --bind resolv.conf \"\$(realpath /etc/resolv.conf)\"
		'$PYTHON' '$TOOLS/dns_server.py' --address 127.0.0.53 --ready ready >/dev/null &
		cat ready >/dev/null
		'$RUN' --link=$LINK / dig +short +tries=1 host.test || true
		kill -9 \$!; rm -r root" >"$T/answer"
	equal "$(cat "$T/answer")" "$HOST4"
}

@test "network: DHCP answers with the address that is set already" {
	rootfs
	printf '%s\n' '#!/bin/sh' 'echo "$1 $ip $router $dns"' >"$T/script"
	chmod +x "$T/script"
	cp -a "$ROOTFS" "$T/own"
	cp "$T/script" "$T/own/script"
	run --separate-stderr netns_run "$T/own" udhcpc -i eth0 -n -q -f -s /script
	equal "$status" 0
	matches "$output" "bound 10\.0\.2\.[0-9]+ 10\.0\.2\.2 10\.0\.2\.3"
}

@test "network: ping of the gateway and of the resolver" {
	rootfs
	netns_run "$ROOTFS" ping -c1 -W5 10.0.2.2
	netns_run "$ROOTFS" ping -c1 -W5 fd00::2
	netns_run "$ROOTFS" ping -c1 -W5 10.0.2.3
}

@test "network: --cidr and --cidr6 move the link" {
	run netns_run --cidr 10.77.0.0/16 --cidr6 fd12:3456::/64 / sh -c '
		ip -br address show eth0; ip route; cat /etc/resolv.conf; dig +short host.test A'
	equal "$status" 0
	matches "$output" "10\.77\.0\.100/16"
	matches "$output" "fd12:3456::100/64"
	matches "$output" "default via 10\.77\.0\.2"
	matches "$output" "nameserver 10\.77\.0\.3"
	equal "${lines[-1]}" "$HOST4"
}

@test "network: --no-ipv6 leaves no IPv6 address" {
	equal "$(netns_run --no-ipv6 / ip -6 address show dev eth0)" ""
	equal "$(netns_run --no-ipv6 / dig +short host.test A)" "$HOST4"
	lacks "$(netns_run --no-ipv6 / cat /etc/hosts)" fd00
}

@test "network: --mtu is the interface's, and packets of that size pass" {
	local mtu port

	serve port tcp checksum --address ::
	for mtu in 1280 1500 9000 65520; do
		equal "$(netns_run --mtu "$mtu" / cat /sys/class/net/eth0/mtu)" "$mtu"
		netns_run --mtu "$mtu" / "$PYTHON" "$TOOLS/client.py" send tcp "$HOST4" "$port" \
			--size $((mtu * 3 + 1))
	done
	equal "$(netns_run --no-ipv6 --mtu 576 / cat /sys/class/net/eth0/mtu)" 576
}

@test "network: --mac is the interface's" {
	equal "$(netns_run --mac 02:AA:bb:00:11:22 / cat /sys/class/net/eth0/address)" 02:aa:bb:00:11:22
	equal "$(netns_run --mac 02:aa:bb:00:11:22 / dig +short host.test A)" "$HOST4"
}

@test "network: every start has another MAC" {
	[[ $(netns_run / cat /sys/class/net/eth0/address) != $(netns_run / cat /sys/class/net/eth0/address) ]]
}

@test "network: --ifname names the interface" {
	equal "$(netns_run --ifname fifteen-letters / cat /sys/class/net/fifteen-letters/operstate)" \
		"$(netns_run / cat /sys/class/net/eth0/operstate)"
	equal "$(netns_run --ifname net0 / dig +short host.test A)" "$HOST4"
}

@test "network: a route of the host makes the link take another range" {
	as_host_root ip route add 10.0.2.128/25 dev lan0
	as_host_root ip -6 route add fd00::/48 dev lan0
	run netns_run / sh -c 'ip -br address show eth0; dig +short host.test A'
	as_host_root ip route del 10.0.2.128/25 dev lan0
	as_host_root ip -6 route del fd00::/48 dev lan0
	equal "$status" 0
	lacks "$output" "10.0.2."
	matches "$output" "10\.0\.3\.100"
	lacks "$output" "fd00::100"
	equal "${lines[-1]}" "$HOST4"
}

@test "network: a default route is no reason for another range" {
	matches "$(netns_run / ip -br -4 address show eth0)" "10\.0\.2\.100"
}

@test "network: a host without address, route and resolver still starts" {
	run --separate-stderr on_empty_host "$RUN" --link="$LINK" / sh -c 'ip -br address show eth0'
	equal "$status" 0
	matches "$output" "10\.0\.2\.100"
	matches "$output" "fd00::100"
	equal "$stderr" ""
}

@test "network: what a vanished resolver says is an error at once, not a wait" {
	run --separate-stderr on_empty_host "$RUN" --link="$LINK" / dig +tries=1 +time=5 host.test
	((status != 0)) || matches "$output" "status: (SERVFAIL|REFUSED)"
}

# bats test_tags=load
@test "network: 200 starts whose first instruction connects, v4 and v6 by turns" {
	local port i address

	serve port tcp whoami --address ::
	for i in {1..100}; do
		for address in "$HOST4" "$HOST6"; do
			netns_run / bash -c "exec 5<>/dev/tcp/$address/$port" 2>>"$T/errors" ||
				fail "start $i, $address: $(cat "$T/errors")"
		done
	done
}

# bats test_tags=load
@test "network: 50 starts whose first instruction resolves" {
	local i

	for i in {1..50}; do
		equal "$(netns_run / dig +short +tries=1 +time=5 host.test A)" "$HOST4"
	done
}
