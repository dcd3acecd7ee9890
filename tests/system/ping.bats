#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# ping - echo requests beyond the host, where it lets its users ping and where not

load common

setup_file()
{
	[[ -n ${WORLD_DOOR:-} ]]
	WORLD_PING=$(sysctl -n net.ipv4.ping_group_range)
	export WORLD_PING
	let_ping "0 2000"
}

teardown_file()
{
	let_ping "$WORLD_PING"
	as_neighbour ip route del 198.18.7.7 via "$HOST4"
	as_neighbour ip -6 route del 2001:db8:beef::7 via "$HOST6"
	as_neighbour sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
}

@test "ping: of both families is answered by the host's network" {
	netns_run / ping -c2 -i0.2 -W5 "$NEIGHBOUR4"
	netns_run / ping -c2 -i0.2 -W5 "$NEIGHBOUR6"
	netns_run / ping -c2 -i0.2 -W5 "$HOST4"
	# The payload comes back as it was.
	netns_run / ping -c1 -W5 -s 1000 -p c0ffee "$NEIGHBOUR4"
	netns_run / ping -c1 -W5 -s 1000 -p c0ffee "$NEIGHBOUR6"
}

@test "ping: two at once have their own answers" {
	run netns_run / sh -c "
		ping -c5 -i0.1 -W5 -s 100 $NEIGHBOUR4 & ping -c5 -i0.1 -W5 -s 200 $NEIGHBOUR4 &
		ping -c5 -i0.1 -W5 -s 300 $NEIGHBOUR6 & wait"
	equal "$(grep -c '^108 bytes from' <<<"$output")" 5
	equal "$(grep -c '^208 bytes from' <<<"$output")" 5
	equal "$(grep -c '^308 bytes from' <<<"$output")" 5
	equal "$(grep -c ' 0% packet loss' <<<"$output")" 3
}

@test "ping: an ordinary user inside may ping, too" {
	rootfs
	netns_run "$ROOTFS" sh -c "echo 0 65534 >/proc/sys/net/ipv4/ping_group_range 2>/dev/null
		ping -c1 -W5 $NEIGHBOUR4"
}

@test "ping: unreachable is told as the host is told" {
	run netns_run / ping -c1 -W5 203.0.113.5
	equal "$status" 1
	matches "$output" "Destination Host Unreachable"
	run netns_run / ping -c1 -W5 2001:db8:dead::5
	equal "$status" 1
	matches "$output" "Destination unreachable: (Address unreachable|No route)"
}

@test "ping: nobody is no answer" {
	run netns_run / ping -c1 -W1 198.18.7.7
	equal "$status" 1
	matches "$output" "100% packet loss"
}

@test "ping: the hop limit counts, and routers tell their names" {
	as_neighbour sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	as_neighbour ip route add 198.18.7.7 via "$HOST4"
	as_neighbour ip -6 route add 2001:db8:beef::7 via "$HOST6"
	run netns_run / ping -c1 -W5 -t1 198.18.7.7
	matches "$output" "From 10\.0\.2\.2 icmp_seq=1 Time to live exceeded"
	run netns_run / ping -c1 -W5 -t2 198.18.7.7
	matches "$output" "From ${NEIGHBOUR4//./\\.} icmp_seq=1 Time to live exceeded"
	run netns_run / ping -c1 -W5 -t1 2001:db8:beef::7
	matches "$output" "From fd00::2 icmp_seq=1 Time exceeded: Hop limit"
	run netns_run / ping -c1 -W5 -t2 2001:db8:beef::7
	matches "$output" "From $NEIGHBOUR6 icmp_seq=1 Time exceeded: Hop limit"
	as_neighbour sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
}

@test "ping: packets larger than the link's MTU, and as large as there are" {
	netns_run --mtu 1500 / ping -c1 -W5 -s 5000 "$NEIGHBOUR4"
	netns_run --mtu 1500 / ping -c1 -W5 -s 5000 "$NEIGHBOUR6"
	netns_run --mtu 1500 / ping -c1 -W5 -s 65000 "$NEIGHBOUR4"
}

@test "ping: it leaves by the interface of --outbound" {
	as_host_root ip link add out0 type veth peer name out1
	as_host_root ip link set out0 up
	run netns_run --outbound out0 / ping -c1 -W1 "$NEIGHBOUR4"
	as_host_root ip link del out0
	equal "$status" 1
	netns_run --outbound lan0 / ping -c1 -W5 "$NEIGHBOUR4"
}

@test "ping: where the host does not allow it one line says so, and nothing answers" {
	let_ping "1 0"
	run --separate-stderr netns_run / sh -c "ping -c2 -i0.2 -W5 $NEIGHBOUR4; ping -c1 -W5 $NEIGHBOUR6"
	let_ping "0 2000"
	equal "$status" 1
	matches "$output" "From ${NEIGHBOUR4//./\\.} icmp_seq=1 Packet filtered"
	matches "$output" "From $NEIGHBOUR6 icmp_seq=1 Destination unreachable: Administratively prohibited"
	lacks "$output" "bytes from"
	equal "${#stderr_lines[@]}" 1
	matches "$stderr" "^netns-run: ping is not allowed to users of this host: as root, sysctl -w net\.ipv4\.ping_group_range"
}

@test "ping: a refusal is an event" {
	local line

	let_ping "1 0"
	mkfifo "$T/events"
	exec {EVENTS}<>"$T/events"
	start_container --events-fd 7 / sleep infinity 7>"$T/events"
	"$CTL" "$NAME" exec ping -c1 -W5 "$NEIGHBOUR4" || true
	let_ping "0 2000"
	while read -r -t "$PATIENCE" line <&"$EVENTS"; do
		[[ $line != *flow-denied* ]] || break
	done
	equal "$(jq -r .reason <<<"$line")" ping
	equal "$("$CTL" "$NAME" inspect | jq .counters.ping_refused)" 1
	exec {EVENTS}>&-
}
