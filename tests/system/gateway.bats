#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# gateway - what the gateway link promises: the truth about connections, at any load

load common

SIZES="1 1459 1460 1461 1499 1500 1501 65536 1000000"

inner_client()
{
	inside "$PYTHON" "$TOOLS/client.py" "$@"
}

start_idle()
{
	start_container "$@" / sleep infinity
}

forwarder_pid()
{
	pgrep --parent "$LAUNCHER" --exact netns-forwarder
}

# The forwarder is not dumpable: only root can look.
forwarder_fds()
{
	as_host_root ls "/proc/$(as_host_root pgrep --parent "$LAUNCHER" --exact netns-forwarder)/fd" | wc -l
}

forwarder_rss()
{
	awk '/VmRSS/ { print $2 }' "/proc/$(forwarder_pid)/status"
}

# Descriptors of connections that just ended are closed when the relay has seen both ends.
await_fds()
{
	local deadline=$((SECONDS + PATIENCE))

	until (($(forwarder_fds) <= $1)); do
		((SECONDS < deadline)) || fail "$(forwarder_fds) descriptors, $1 at the start"
	done
}

works()
{
	equal "$(inside dig +short +tries=2 +time=3 host.test A)" "$HOST4"
	equal "$(inner_client connect tcp "$HOST4" "$PORT")" open
}

@test "gateway: auto takes it where the kernel allows, without a word" {
	equal "$("$RUN" --info-fd 8 / true 8>"$T/info" 2>&1)" ""
	equal "$(jq -r .link "$T/info")" gateway
}

# fails_at_once REGEX ADDRESS PORT: connecting always fails so, and once of three times at once; a
# machine may do something else in between.
fails_at_once()
{
	local i

	for i in 1 2 3; do
		run inner_client connect tcp "$2" "$3" --time
		matches "${lines[0]}" "^($1)\$"
		((${lines[1]%.*} >= $(patient 200))) || return 0
	done
	fail "$2: after ${lines[1]} ms"
}

@test "gateway: a refused connect is ECONNREFUSED at once" {
	local port address

	only_on gateway
	start_idle
	port=$("$PYTHON" "$TOOLS/free_ports.py" 1)
	for address in "$HOST4" "$HOST6" "$NEIGHBOUR4" "$NEIGHBOUR6"; do
		fails_at_once ECONNREFUSED "$address" "$port"
	done
}

@test "gateway: an unreachable network is EHOSTUNREACH or ENETUNREACH at once" {
	local address

	only_on gateway
	start_idle
	for address in 203.0.113.1 2001:db8:dead::1; do
		fails_at_once 'EHOSTUNREACH|ENETUNREACH' "$address" 80
	done
}

@test "gateway: a neighbour that is not there is EHOSTUNREACH" {
	only_on gateway
	start_idle
	run inner_client connect tcp 192.0.2.99 80
	[[ $output == EHOSTUNREACH ]] || fail "got '$output': $("$CTL" "$NAME" inspect)"
}

@test "gateway: a black hole stays pending" {
	only_on gateway
	start_idle
	equal "$(inner_client connect tcp 198.51.100.1 80 --timeout 2)" timeout
	equal "$(inner_client connect tcp 2001:db8:1::1 80 --timeout 2)" timeout
}

# bats test_tags=load
@test "gateway: 100 connects to a black hole do not delay a live one by 10 ms" {
	local port

	only_on gateway
	serve port tcp hold --address 0.0.0.0
	start_idle
	run inside "$PYTHON" "$TOOLS/load.py" pending "$HOST4" "$port" 198.51.100.1 100
	equal "$status" 0
	((output < 10)) || fail "$output ms"
}

@test "gateway: a service sees the client's own address and port" {
	local address prefix

	only_on gateway
	start_container_server --publish 0:7000 -- tcp whoami --port 7000
	for address in "$HOST4" "$HOST6"; do
		run client endpoint tcp "$address" "$(published)"
		equal "${lines[1]% }" "${lines[0]}"
		run as_neighbour "$PYTHON" "$TOOLS/client.py" endpoint tcp "$address" "$(published)"
		equal "${lines[1]% }" "${lines[0]}"
	done
}

@test "gateway: a client on the host's loopback is the gateway's address, with its own port" {
	only_on gateway
	start_container_server --publish 0:7000 -- tcp whoami --port 7000
	run client endpoint tcp 127.0.0.1 "$(published)"
	equal "${lines[1]% }" "10.0.2.2 ${lines[0]#* }"
	run client endpoint tcp ::1 "$(published)"
	equal "${lines[1]% }" "fd00::2 ${lines[0]#* }"
}

@test "gateway: published UDP shows the client's own address and port" {
	only_on gateway
	start_container_server --publish 0:7000/udp -- udp whoami --port 7000
	run as_neighbour "$PYTHON" "$TOOLS/client.py" endpoint udp "$HOST4" "$(published)"
	equal "${lines[1]% }" "${lines[0]}"
}

@test "gateway: a refusal inside is a reset outside" {
	local address

	only_on gateway
	start_idle --publish 0:7000
	for address in 127.0.0.1 ::1 "$HOST4" "$HOST6"; do
		run client talk tcp "$address" "$(published)"
		equal "$output" ECONNRESET
	done
}

@test "gateway: a client before the listener is reset, after it served" {
	local fifo=$T/late port

	only_on gateway
	start_idle --publish 0:7000
	run client talk tcp 127.0.0.1 "$(published)"
	equal "$output" ECONNRESET
	start_server port nsenter --target "$CHILD" --user --net --preserve-credentials \
		"$PYTHON" "$TOOLS/serve.py" tcp whoami --port 7000
	matches "$(client talk tcp 127.0.0.1 "$(published)")" "^10\.0\.2\.2 "
}

@test "gateway: half-close: the client ends first, the answer still comes" {
	local port address

	only_on gateway
	serve port tcp checksum
	start_container_server --publish 0:7000 -- tcp checksum --port 7000
	for address in "$HOST4" "$HOST6"; do
		inner_client send tcp "$address" "$port" --size 300000
		client send tcp "$address" "$(published)" --size 300000
	done
}

@test "gateway: half-close: the server ends first, data still goes to it" {
	local port address log=$T/half.log sum

	only_on gateway
	start_server_log "$log" port "$PYTHON" "$TOOLS/serve.py" tcp half --reply first
	start_container_server --publish 0:7000 -- tcp half --reply first --port 7000
	for address in "$HOST4" "$HOST6"; do
		sum=$(inner_client after tcp "$address" "$port" --size 300000)
		sum=$(client after tcp "$address" "$(published)" --size 300000)
		read_out line && read_out line
		equal "$line" "half $sum"
	done
	inner_client talk tcp "$HOST4" "$port" >/dev/null
	equal "$(grep -c "half $sum" "$log")" 2
}

@test "gateway: resets pass in both directions" {
	local port log=$T/reset.log line

	only_on gateway
	serve port tcp reset
	start_idle
	run inner_client talk tcp "$HOST4" "$port" --text x
	equal "$output" ECONNRESET
	stop_all
	start_container_server --publish 0:7000 -- tcp echo --port 7000
	client reset tcp 127.0.0.1 "$(published)" --text x
	read_out line && read_out line
	equal "$line" ConnectionResetError
}

# bats test_tags=load
@test "gateway: transfers of all sizes out, checksummed, fast and slow" {
	local size port slow

	only_on gateway
	start_idle
	serve port tcp checksum
	serve slow tcp checksum --pause 0.01
	for size in $SIZES; do
		inner_client send tcp "$HOST4" "$port" --size "$size"
		inner_client send tcp "$HOST6" "$slow" --size "$size" --slow
	done
}

# bats test_tags=load
@test "gateway: transfers of all sizes in, checksummed, fast and slow" {
	local size port

	only_on gateway
	start_idle
	for size in $SIZES; do
		serve port tcp produce --size "$size"
		inner_client receive tcp "$HOST4" "$port" --size "$size"
		inner_client receive tcp "$HOST6" "$port" --size "$size" --slow
	done
}

# bats test_tags=load
@test "gateway: published transfers of all sizes, checksummed, fast and slow" {
	local size

	only_on gateway
	start_container_server --publish 0:7000 -- tcp checksum --port 7000 --pause 0.001
	for size in $SIZES; do
		client send tcp 127.0.0.1 "$(published)" --size "$size"
		client send tcp "$HOST6" "$(published)" --size "$size" --slow
	done
	start_container_server --publish 0:7000 -- tcp produce --size 1000000 --port 7000
	client receive tcp 127.0.0.1 "$(published)" --size 1000000
	client receive tcp "$HOST6" "$(published)" --size 1000000 --slow
}

# bats test_tags=load
@test "gateway: a gigabyte out and in, checksummed" {
	local port

	only_on gateway
	start_idle
	serve port tcp checksum
	inner_client send tcp "$HOST4" "$port" --size 1000000000
	serve port tcp produce --size 1000000000
	inner_client receive tcp "$HOST4" "$port" --size 1000000000
}

# bats test_tags=load
@test "gateway: the first published connection of a fresh container moves a megabyte, 40 times" {
	local i

	only_on gateway
	for i in {1..40}; do
		start_container_server --publish 127.0.0.1:0:7000 -- tcp checksum --port 7000
		client send tcp 127.0.0.1 "$(published)" --size 1000000 --timeout 5 || fail "start $i"
		stop_all
	done
}

# bats test_tags=load
@test "gateway: 20,000 connect/request/close at 200 concurrent, and everything is given back" {
	local port fds rss

	only_on gateway
	serve port tcp request --reply ok --quiet
	start_idle
	inside "$PYTHON" "$TOOLS/load.py" rate "$HOST4" "$port" 2000 200 >/dev/null
	rss=$(forwarder_rss)
	fds=$(inner_client connect tcp "$HOST4" "$port" >/dev/null; forwarder_fds)
	equal "$(inside "$PYTHON" "$TOOLS/load.py" rate "$HOST4" "$port" 20000 200)" "20000 ok"
	await_fds "$fds"
	(($(forwarder_rss) - rss < 2048)) || fail "from $rss to $(forwarder_rss) KB"
}

# bats test_tags=load
@test "gateway: 20,000 published connections at 200 concurrent" {
	only_on gateway
	start_container_server --publish 0:7000 -- tcp request --reply ok --quiet --port 7000
	equal "$("$PYTHON" "$TOOLS/load.py" rate 127.0.0.1 "$(published)" 20000 200)" "20000 ok"
}

# bats test_tags=load
@test "gateway: ab with 900 concurrent clients and a soft limit of 1024 descriptors" {
	only_on gateway
	command -v ab >/dev/null || missing "ab (apache2-utils)"
	ulimit -Sn 1024
	start_container_server --publish 0:80 -- tcp http --reply hello --quiet --port 80
	run ab -q -r -c 900 -n 10000 "http://127.0.0.1:$(published)/"
	matches "$output" "Complete requests: +10000"
	matches "$output" "Failed requests: +0"
}

@test "gateway: root inside does not see the rules, nor the gateway" {
	only_on gateway
	start_idle
	equal "$(inside nft list ruleset)" ""
	equal "$(inside ip rule | grep -c fwmark)" 0
	equal "$(inside sh -c 'ls /sys/class/net' | tr '\n' ' ')" "eth0 lo "
	equal "$(inside sh -c 'readlink /proc/[0-9]*/ns/net' | sort -u | wc -l)" 1
	equal "$(inside ls /run/netns 2>/dev/null)" "$(ls /run/netns 2>/dev/null)"
}

@test "gateway: nft flush ruleset inside breaks nothing" {
	only_on gateway
	serve PORT tcp hold
	start_idle
	inside nft flush ruleset
	works
}

@test "gateway: link down and up inside, then it works" {
	only_on gateway
	serve PORT tcp hold
	start_idle
	inside sh -c 'ip link set eth0 down; ip link set eth0 up; ip route add default via 10.0.2.2'
	works
}

@test "gateway: a new MAC inside, then it works" {
	only_on gateway
	serve PORT tcp hold
	start_idle
	inside sh -c 'ip link set eth0 down; ip link set eth0 address 02:11:22:33:44:55
		ip link set eth0 up; ip route add default via 10.0.2.2'
	works
}

@test "gateway: a new address inside, then it works" {
	only_on gateway
	serve PORT tcp hold
	start_idle
	inside sh -c 'ip address del 10.0.2.100/24 dev eth0; ip address add 10.0.2.50/24 dev eth0
		ip route replace default via 10.0.2.2'
	works
}

@test "gateway: tcpdump inside sees the conversation with true addresses" {
	local port line seen=""

	only_on gateway
	serve port tcp whoami
	start_container / sh -c "tcpdump -lni eth0 tcp port $port 2>&1"
	while read_out line && [[ $line != listening* ]]; do :; done
	inner_client talk tcp "$HOST4" "$port"
	for _ in 1 2 3; do
		read_out line
		seen+=$line$'\n'
	done
	matches "$seen" "10\.0\.2\.100\.[0-9]+ > 192\.0\.2\.77\.$port: Flags \[S\]"
	matches "$seen" "192\.0\.2\.77\.$port > 10\.0\.2\.100\.[0-9]+: Flags \[S\.\]"
}

@test "gateway: a port is used again right after its connection ended" {
	local port

	only_on gateway
	serve port tcp request --reply ok
	start_idle
	run inside "$PYTHON" -c "
import socket
for i in range(20):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')
    s.bind(('', 45678))
    s.connect(('$HOST4', $port))
    s.send(b'x\n')
    assert s.recv(10) == b'ok\n'
    s.close()"
	equal "$output" ""
}

@test "gateway: a port is used again right after its connection was reset" {
	local port

	only_on gateway
	serve port tcp request --reply ok
	start_idle
	run inside "$PYTHON" -c "
import socket
def connect():
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')
    s.bind(('', 45678))
    s.connect(('$HOST4', $port))
    return s
for i in range(200):
    for n in range(i % 3):
        connect().close()
    s = connect()
    s.send(b'x\n')
    assert s.recv(10) == b'ok\n'
    s.close()"
	equal "$output" ""
}

@test "gateway: a SYN that comes late opens no second connection on the host" {
	local port

	only_on gateway
	serve port tcp echo
	start_idle
	run -0 inside "$PYTHON" "$TOOLS/late_syn.py" "$HOST4" "$port"
	equal "$("$CTL" "$NAME" inspect | jq .counters.outgoing_connected)" 2
}

@test "gateway: a port whose first SYN came to nothing gets a host connection of its own" {
	local port deadline=$((SECONDS + PATIENCE))

	only_on gateway
	serve port tcp echo
	start_idle
	run -0 inside "$PYTHON" "$TOOLS/lone_syn.py" "$HOST4" "$port" 10.0.2.100 45678
	until [[ $(ss -Htn state established "sport = :$port") ]]; do
		((SECONDS < deadline)) || fail "no connection on the host"
	done
	stop "${SERVERS[-1]}"
	serve port tcp echo --port "$port"
	run inside "$PYTHON" -c "
import socket
s = socket.socket()
s.bind(('', 45678))
s.connect(('$HOST4', $port))
s.send(b'hello')
print(s.recv(10))"
	equal "$output" "b'hello'"
}
