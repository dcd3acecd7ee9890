#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# udp - datagrams of the gateway link, which the kernel carries

load common

SIZES=(1 0 1400 1472 1473 9000 65507)

udp()
{
	"$PYTHON" "$TOOLS/udp.py" "$@"
}

udp_inside()
{
	netns_run / "$PYTHON" "$TOOLS/udp.py" "$@"
}

counter()
{
	"$CTL" "$NAME" inspect | jq ".counters.$1"
}

forwarder()
{
	as_host_root pgrep --parent "$LAUNCHER" --exact netns-forwarder
}

# Clock ticks of CPU time.
forwarder_ticks()
{
	awk '{ print $14 + $15 }' "/proc/$(forwarder)/stat"
}

@test "udp: datagrams of all sizes out and back, v4 and v6" {
	local port address

	only_on gateway
	serve port udp echo --address ::
	for address in "$HOST4" "$HOST6"; do
		equal "$(udp_inside sizes "$address" "$port" "${SIZES[@]}")" ok
	done
}

@test "udp: datagrams of all sizes in and back, v4 and v6" {
	local address

	only_on gateway
	start_container_server --publish 0:7000/udp -- udp echo --port 7000
	for address in 127.0.0.1 ::1 "$HOST4" "$HOST6"; do
		equal "$(udp sizes "$address" "$(published)" "${SIZES[@]}")" ok
	done
	address=$(as_neighbour "$PYTHON" "$TOOLS/udp.py" sizes "$HOST4" "$(published)" "${SIZES[@]}")
	equal "$address" ok
}

@test "udp: one socket has one host port for all remotes" {
	local ports=() i address

	only_on gateway
	for i in 0 1 2; do
		serve "ports[$i]" udp whoami --address ::
	done
	for address in "$HOST4" "$HOST6"; do
		run udp_inside remotes "$address" "${ports[@]}"
		matches "$output" '^([0-9]+) ([0-9]+) ([0-9]+)$'
		equal "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
		equal "${BASH_REMATCH[1]}" "${BASH_REMATCH[3]}"
	done
}

@test "udp: a stranger reaches the host port of a socket inside, and is answered" {
	local port mapped line

	only_on gateway
	serve port udp whoami --address 0.0.0.0
	start_container / "$PYTHON" "$TOOLS/udp.py" visitor "$HOST4" "$port"
	read_out mapped
	equal "$(as_neighbour "$PYTHON" "$TOOLS/udp.py" call "$HOST4" "$mapped" hello)" welcome
	read_out line
	equal "$line" "hello $NEIGHBOUR4"
}

@test "udp: who may not be spoken to is not heard: the host's loopback" {
	local port mapped

	only_on gateway
	serve port udp whoami --address 0.0.0.0
	start_container / "$PYTHON" "$TOOLS/udp.py" visitor "$HOST4" "$port"
	read_out mapped
	equal "$(udp call 127.0.0.1 "$mapped" hello)" timeout
}

@test "udp: the gateway's alias leads to an open port of the host's loopback, and answers" {
	local port alias

	only_on gateway
	serve port udp whoami --address ::
	for alias in 10.0.2.2 fd00::2; do
		run netns_run --host-port "$port/udp" / \
			"$PYTHON" "$TOOLS/udp.py" unconnected "$alias" "$port"
		equal "$output" "$alias"
	done
}

@test "udp: a closed port of the host's loopback is prohibited" {
	only_on gateway
	matches "$(udp_inside refused 10.0.2.2 9 3)" "^(EHOSTUNREACH|EACCES) 3$"
	equal "$(udp_inside refused fd00::2 9 3)" "EACCES 3"
}

@test "udp: nobody listens: the command sees ECONNREFUSED, again and again" {
	only_on gateway
	equal "$(udp_inside refused "$HOST4" 9 30)" "ECONNREFUSED 30"
	equal "$(udp_inside refused "$HOST6" 9 30)" "ECONNREFUSED 30"
}

@test "udp: published answers leave from the address that was asked" {
	local address

	only_on gateway
	start_container_server --publish 0:7000/udp -- udp whoami --port 7000
	for address in 127.0.0.1 127.0.0.9 ::1 "$HOST4" "$HOST6"; do
		equal "$(udp unconnected "$address" "$(published)")" "$address"
	done
}

@test "udp: published clients with one port at two loopback addresses are told apart" {
	only_on gateway
	start_container_server --publish 0:7000/udp -- udp whoami --port 7000
	equal "$(udp pair 127.0.0.1 "$(published)")" "told apart"
}

@test "udp: published on one address alone, and no more when it is removed" {
	only_on gateway
	start_container_server --publish 127.0.0.1:0:7000/udp -- udp echo --port 7000
	equal "$(udp call 127.0.0.1 "$(published)" hello)" hello
	equal "$(udp refused "$HOST4" "$(published)" 1)" "ECONNREFUSED 1"
	equal "$(udp refused ::1 "$(published)" 1)" "ECONNREFUSED 1"
	"$CTL" "$NAME" port rm "127.0.0.1:$(published)/udp"
	equal "$(udp refused 127.0.0.1 "$(published)" 1)" "ECONNREFUSED 1"
	equal "$(counter udp_flows)" 0
}

@test "udp: bulk both ways, in segments, out of the container" {
	local port

	only_on gateway
	serve port udp echo --address ::
	equal "$(udp_inside bulk "$HOST4" "$port" 20000)" "20000 ok"
	equal "$(udp_inside bulk "$HOST6" "$port" 20000)" "20000 ok"
}

@test "udp: bulk both ways, in segments, into the container" {
	local line

	only_on gateway
	start_container --publish 0:7000/udp / "$PYTHON" "$TOOLS/udp.py" echo 7000
	read_out line
	equal "$(udp bulk 127.0.0.1 "$(published)" 20000)" "20000 ok"
	equal "$(udp bulk "$HOST6" "$(published)" 20000)" "20000 ok"
	equal "$(counter udp_promoted)" 2
	equal "$(counter udp_dropped)" 0
}

# bats test_tags=load
@test "udp: 1000 new flows a second, answered, with bounded descriptors and little CPU" {
	local port before ticks answer sent answered

	only_on gateway
	serve port udp echo --address 0.0.0.0
	start_container / sh -c "echo up; exec sleep infinity"
	read_out answer
	before=$(forwarder_ticks)
	answer=$(inside "$PYTHON" "$TOOLS/udp.py" storm "$HOST4" "$port" 1000 8)
	ticks=$(($(forwarder_ticks) - before))
	read -r sent answered <<<"$answer"
	((sent > 4500)) || missing "a machine that makes 1000 sockets a second: $sent in 8 seconds"
	equal "$answered" "$sent"
	# A source port that comes again within a few seconds belongs to the flow that it had.
	(($(counter udp_opened) > 4096)) || fail "$(counter udp_opened) flows of $sent sockets"
	(($(counter udp_flows) <= 4096)) || fail "$(counter udp_flows) flows"
	(($(counter udp_evicted) > 0)) || fail "nothing was evicted"
	(($(as_host_root ls "/proc/$(forwarder)/fd" | wc -l) < 4096 + 200)) || fail "too many descriptors"
	((ticks < 8 * $(getconf CLK_TCK) / 5)) || fail "$ticks ticks of CPU time in 8 seconds"
}

@test "udp: --udp-timeout forgets a flow that was one question and its answer" {
	local port end

	only_on gateway
	serve port udp echo --address "$HOST4"
	start_container --udp-timeout 60:1 / "$PYTHON" -c '
import signal, socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(b"hello", (sys.argv[1], int(sys.argv[2])))
print(s.recv(100).decode(), flush=True)
signal.pause()' "$HOST4" "$port"
	read_out line
	equal "$line" hello
	equal "$(counter udp_opened)" 1
	end=$((SECONDS + 8))
	while (($(counter udp_flows) > 0)); do
		((SECONDS < end)) || fail "the flow is still there"
	done
}
