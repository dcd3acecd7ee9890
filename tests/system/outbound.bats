#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# outbound - the interface and the address that traffic leaves the host by
#
# How it works
#
# The host gets a second interface, wan0, to the neighbour, who has the addresses FAR4 and FAR6 that
# the host reaches through either: through lan0 by its default route, through wan0 where a socket
# asks for that. What the server there says of its client tells the way that was taken.

load common

FAR4=100.64.7.7
FAR6=2001:db8:7::7
WAN4=198.51.100.77
WAN6=2001:db8:6::77

make_wan()
{
	as_host_root bash -euc "
		ip link add wan0 type veth peer name wan1 netns $WORLD_NEIGHBOUR
		ip address add $WAN4/24 dev wan0
		ip address add $WAN6/64 dev wan0 nodad
		ip link set wan0 up"
	as_neighbour bash -euc "
		ip address add 198.51.100.1/24 dev wan1
		ip address add 2001:db8:6::1/64 dev wan1 nodad
		ip link set wan1 up"
	as_host_root bash -euc "
		ip route add default via 198.51.100.1 dev wan0 metric 5000
		ip -6 route add default via 2001:db8:6::1 dev wan0 metric 5000"
}

setup_file()
{
	as_neighbour bash -euc "
		ip address add $FAR4/32 dev lo
		ip address add $FAR6/128 dev lo"
	make_wan
}

teardown_file()
{
	as_host_root ip link del wan0 2>/dev/null || true
	as_neighbour bash -c "
		ip address del $FAR4/32 dev lo
		ip address del $FAR6/128 dev lo"
}

# A server at the neighbour, whose clients are in $T/far. serve_far VARIABLE PROTOCOL MODE [ADDRESS]
serve_far()
{
	start_server_log "$T/far" "$1" "$PYTHON" "$TOOLS/door.py" call "$WORLD_DOOR" \
		nsenter --net="/proc/$WORLD_NEIGHBOUR/ns/net" \
		"$PYTHON" "$TOOLS/serve.py" "$2" "$3" --address "${4:-::}"
}

# whose ADDRESS PROTOCOL PORT [OPTION...]: the address that the server sees.
whose()
{
	local address=$1 protocol=$2 port=$3

	shift 3
	netns_run "$@" / "$PYTHON" "$TOOLS/client.py" talk "$protocol" "$address" "$port" --timeout 3 |
		cut -d' ' -f1
}

@test "outbound: TCP and UDP leave by the interface" {
	local tcp udp4 udp6

	serve_far tcp tcp whoami
	serve_far udp4 udp whoami $FAR4
	serve_far udp6 udp whoami $FAR6
	equal "$(whose $FAR4 tcp "$tcp")" "$HOST4"
	equal "$(whose $FAR6 udp "$udp6")" "$HOST6"
	equal "$(whose $FAR4 tcp "$tcp" --outbound wan0)" $WAN4
	equal "$(whose $FAR6 tcp "$tcp" --outbound wan0)" $WAN6
	equal "$(whose $FAR4 udp "$udp4" --outbound wan0)" $WAN4
	equal "$(whose $FAR6 udp "$udp6" --outbound wan0)" $WAN6
}

@test "outbound: TCP and UDP leave from the address" {
	local tcp udp4 udp6

	serve_far tcp tcp whoami
	serve_far udp4 udp whoami $FAR4
	serve_far udp6 udp whoami $FAR6
	as_host_root ip address add 192.0.2.90/24 dev lan0
	as_host_root ip address add 2001:db8::90/64 dev lan0 nodad
	equal "$(whose $FAR4 tcp "$tcp" --outbound 192.0.2.90 --outbound 2001:db8::90)" 192.0.2.90
	equal "$(whose $FAR6 tcp "$tcp" --outbound 192.0.2.90 --outbound 2001:db8::90)" 2001:db8::90
	equal "$(whose $FAR4 udp "$udp4" --outbound 192.0.2.90)" 192.0.2.90
	equal "$(whose $FAR6 udp "$udp6" --outbound 2001:db8::90)" 2001:db8::90
	as_host_root ip address del 192.0.2.90/24 dev lan0
	as_host_root ip address del 2001:db8::90/64 dev lan0
}

@test "outbound: an address of one family is no way out for the other" {
	local tcp udp

	serve_far tcp tcp whoami
	serve_far udp udp whoami $FAR6
	as_host_root ip address add 192.0.2.90/24 dev lan0
	start_container --outbound 192.0.2.90 / sleep infinity
	equal "$(in_container "$PYTHON" "$TOOLS/client.py" talk tcp $FAR4 "$tcp" | cut -d' ' -f1)" 192.0.2.90
	matches "$(try $FAR6 tcp "$tcp")" "^E[A-Z]+\$"
	matches "$(try $FAR6 udp "$udp")" "^(timeout|E[A-Z]+)\$"
	run in_container ping -c1 -W1 $FAR6
	equal "$status" 1
	as_host_root ip address del 192.0.2.90/24 dev lan0
	equal "$(wc -l <"$T/far")" 1
}

@test "outbound: the interface's own services, and the host's loopback, are reached" {
	local port

	serve port tcp whoami --address ::
	equal "$(whose 10.0.2.2 tcp "$port" --outbound wan0 --host-port "$port")" 127.0.0.1
	equal "$(whose fd00::2 tcp "$port" --outbound wan0 --host-port "$port")" ::1
	equal "$(whose $WAN4 tcp "$port" --outbound wan0)" $WAN4
}

@test "outbound: published ports are reached as before" {
	start_container_server --outbound wan0 --publish 0:7000 -- tcp whoami --port 7000 --address ::
	matches "$(client talk tcp "$HOST4" "$(published)")" "^$HOST4 "
	matches "$(client talk tcp 127.0.0.1 "$(published)")" "^10\.0\.2\.2 "
}

in_container()
{
	"$CTL" "$NAME" exec "$@"
}

# try ADDRESS PROTOCOL PORT: what a new client sees.
try()
{
	in_container "$PYTHON" "$TOOLS/client.py" connect "$2" "$1" "$3" --timeout 5
}

# The open socket behind $ASK and new ones get an error, and the server hears of none of them.
assert_silence()
{
	local answer before

	before=$(wc -l <"$T/far")
	echo >&"$ASK"
	read_out answer
	matches "$answer" "^(timeout|E[A-Z]+)\$"
	matches "$(try "$1" tcp "$2")" "^E(NETUNREACH|HOSTUNREACH)\$"
	matches "$(try "$1" udp "$3")" "^(timeout|E[A-Z]+)\$"
	equal "$(wc -l <"$T/far")" "$before"
}

@test "outbound: when the interface is gone nothing leaves by another" {
	local tcp udp fifo answer address

	serve_far tcp tcp whoami
	for address in $FAR4 $FAR6; do
		serve_far udp udp whoami $address
		fifo=$T/fifo.$address
		mkfifo "$fifo"
		start_container --outbound wan0 / "$PYTHON" "$TOOLS/ask_again.py" $address "$udp" "$fifo"
		exec {ASK}<>"$fifo"
		echo >&"$ASK"
		read_out answer
		matches "$answer" "^($WAN4|$WAN6)\$"
		as_host_root ip link del wan0
		# What is open, and what is new.
		assert_silence $address "$tcp" "$udp"
		# Another one with its name is another one for what was open, and serves what is new.
		make_wan
		matches "$(try $address tcp "$tcp")" "^open\$"
		matches "$(try $address udp "$udp")" "^open\$"
		echo >&"$ASK"
		read_out answer
		matches "$answer" "^($WAN4|$WAN6|timeout|E[A-Z]+)\$"
		exec {ASK}>&-
	done
}

# IPv6 sends on from an address that the host has lost, where a socket is bound to it already.
@test "outbound: when the address is gone nothing new leaves from another" {
	local tcp udp4 udp6 answer

	serve_far tcp tcp whoami
	serve_far udp4 udp whoami $FAR4
	serve_far udp6 udp whoami $FAR6
	as_host_root ip address add 192.0.2.90/24 dev lan0
	as_host_root ip address add 2001:db8::90/64 dev lan0 nodad
	mkfifo "$T/fifo"
	start_container --outbound 192.0.2.90 --outbound 2001:db8::90 / \
		"$PYTHON" "$TOOLS/ask_again.py" $FAR4 "$udp4" "$T/fifo"
	exec {ASK}<>"$T/fifo"
	echo >&"$ASK"
	read_out answer
	equal "$answer" 192.0.2.90
	as_host_root ip address del 192.0.2.90/24 dev lan0
	as_host_root ip address del 2001:db8::90/64 dev lan0
	assert_silence $FAR4 "$tcp" "$udp4"
	assert_silence $FAR6 "$tcp" "$udp6"
	exec {ASK}>&-
}

@test "outbound: ping leaves by the interface, and by no other when it is gone" {
	local address

	let_ping "0 2000"
	start_container --outbound wan0 / sleep infinity
	for address in $FAR4 $FAR6; do
		in_container ping -c1 -W5 "$address"
		as_host_root ip link del wan0
		run in_container ping -c2 -i0.2 -W1 "$address"
		equal "$status" 1
		lacks "$output" "bytes from"
		make_wan
		in_container ping -c1 -W5 "$address"
	done
	let_ping "1 0"
}

@test "outbound: name look-ups take the same way" {
	start_container --outbound wan0 / sleep infinity
	equal "$(in_container dig +short +time=5 host.test A)" "$HOST4"
	as_host_root ip link del wan0
	run in_container dig +time=2 +tries=1 other.test A
	lacks "$output" "status: NOERROR"
	lacks "$output" "status: NXDOMAIN"
	make_wan
	matches "$(in_container dig +time=5 nobody.test A)" "status: NXDOMAIN"
}

@test "outbound: it survives another forwarder" {
	local tcp

	serve_far tcp tcp whoami
	start_container --outbound wan0 / sleep infinity
	equal "$(in_container "$PYTHON" "$TOOLS/client.py" talk tcp $FAR4 "$tcp" | cut -d' ' -f1)" $WAN4
	"$CTL" "$NAME" upgrade
	equal "$(in_container "$PYTHON" "$TOOLS/client.py" talk tcp $FAR4 "$tcp" | cut -d' ' -f1)" $WAN4
	equal "$("$CTL" "$NAME" inspect | jq -r .outbound.interface)" wan0
}

@test "outbound: what cannot be is refused in one line" {
	local address

	only_on tap
	run --separate-stderr netns_run --outbound no-such-if / true
	assert_failed 125 "--outbound 'no-such-if' is no address, and no interface of this host"
	for address in 203.0.113.9 192.0.2.255 255.255.255.255 224.0.0.1 ff02::1; do
		run --separate-stderr netns_run --outbound $address / true
		assert_failed 125 "--outbound '$address' is no address of this host"
	done
	run --separate-stderr netns_run --outbound 127.0.0.1 / true
	assert_failed 125 "--outbound '127.0.0.1': nothing leaves the host from its loopback"
	run --separate-stderr netns_run --outbound wan0 --outbound lan0 / true
	assert_failed 125 "--outbound 'lan0' is a second interface"
	run --separate-stderr netns_run --outbound wan0 --net none / true
	assert_failed 125 "--outbound has no meaning with --net=none"
	run --separate-stderr netns_run --outbound wan0 --host-port 53/udp / true
	assert_failed 125 "--host-port for UDP and --outbound with an interface exclude"
}
