#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# hostaccess - the host's loopback is closed but for what --host-port and --host-loopback open

load common

# Servers on the host's loopback, TCP and UDP of both families, all at $PORT; each who reaches one
# stands in $T/reached.
serve_loopback()
{
	local other

	start_server_log "$T/reached" PORT "$PYTHON" "$TOOLS/serve.py" tcp whoami --address 127.0.0.1
	start_server_log "$T/reached" other "$PYTHON" "$TOOLS/serve.py" tcp whoami --address ::1 --port "$PORT"
	start_server_log "$T/reached" other "$PYTHON" "$TOOLS/serve.py" udp echo --address 127.0.0.1 --port "$PORT"
	start_server_log "$T/reached" other "$PYTHON" "$TOOLS/serve.py" udp echo --address ::1 --port "$PORT"
}

knock()
{
	"$PYTHON" "$TOOLS/knock.py" "$@"
}

# What arrived before us has been logged when we are answered.
reached()
{
	client talk tcp 127.0.0.1 "$PORT" >/dev/null
	client talk tcp ::1 "$PORT" >/dev/null
	client talk udp 127.0.0.1 "$PORT" >/dev/null
	client talk udp ::1 "$PORT" >/dev/null
	wc -l <"$T/reached"
}

@test "hostaccess: sockets reach the host's loopback by no alias" {
	serve_loopback
	equal "$(netns_run / "$PYTHON" "$TOOLS/knock.py" sockets "$PORT")" ""
	equal "$(reached)" 4
}

@test "hostaccess: a refused connection fails at once" {
	serve_loopback
	run netns_run / "$PYTHON" "$TOOLS/client.py" connect tcp 10.0.2.2 "$PORT" --time
	matches "${lines[0]}" "^E"
	((${lines[1]%.*} < $(patient 500))) || fail "after ${lines[1]} ms"
	run netns_run / "$PYTHON" "$TOOLS/client.py" connect tcp fd00::2 "$PORT" --time
	matches "${lines[0]}" "^E"
	((${lines[1]%.*} < $(patient 500))) || fail "after ${lines[1]} ms"
}

@test "hostaccess: hand-made frames reach the host's loopback by no address form" {
	serve_loopback
	start_container / sleep infinity
	inside "$PYTHON" "$TOOLS/knock.py" frames "$PORT"
	equal "$(inside dig +short host.test A)" "$HOST4"
	equal "$(reached)" 4
}

@test "hostaccess: packets to 127.0.0.1 and ::1 that root inside routes to eth0 are refused" {
	serve_loopback
	start_container / sleep infinity
	inside sh -c '
		for f in /proc/sys/net/ipv4/conf/*/route_localnet; do echo 1 >$f; done
		ip route del local 127.0.0.0/8 dev lo table local
		ip route del local 127.0.0.1 dev lo table local
		ip route add 127.0.0.0/8 via 10.0.2.2
		ip -6 route del local ::1 dev lo table local
		ip -6 route add ::1 via fd00::2 src fd00::100' || true
	run inside "$PYTHON" "$TOOLS/client.py" connect tcp 127.0.0.1 "$PORT" --bind 10.0.2.100 --timeout 1
	[[ $output != open ]]
	run inside "$PYTHON" "$TOOLS/client.py" connect tcp ::1 "$PORT" --bind fd00::100 --timeout 1
	[[ $output != open ]]
	equal "$(reached)" 4
}

@test "hostaccess: the knocking itself works: with --host-loopback it is heard" {
	serve_loopback
	start_container --host-loopback / sleep infinity
	equal "$(inside "$PYTHON" "$TOOLS/knock.py" sockets "$PORT" | tr '\n' ,)" \
		"tcp 10.0.2.2,udp 10.0.2.2,tcp fd00::2,udp fd00::2,"
	inside "$PYTHON" "$TOOLS/knock.py" frames "$PORT"
	inside dig +short host.test A
	(($(reached) >= 10)) || fail "$(cat "$T/reached")"
}

@test "hostaccess: --host-port opens one TCP port at the gateway" {
	serve_loopback
	equal "$(netns_run --host-port "$PORT" / "$PYTHON" "$TOOLS/knock.py" sockets "$PORT" | tr '\n' ,)" \
		"tcp 10.0.2.2,tcp fd00::2,"
}

@test "hostaccess: --host-port N/udp opens one UDP port at the gateway" {
	serve_loopback
	equal "$(netns_run --host-port "$PORT/udp" / "$PYTHON" "$TOOLS/knock.py" sockets "$PORT" | tr '\n' ,)" \
		"udp 10.0.2.2,udp fd00::2,"
}

@test "hostaccess: --host-port opens no other port" {
	local first

	serve_loopback
	first=$PORT
	serve PORT tcp whoami --address 127.0.0.1
	equal "$(netns_run --host-port "$first" / "$PYTHON" "$TOOLS/knock.py" sockets "$PORT")" ""
	matches "$(netns_run --host-port "$first" --host-port "$PORT" / \
		"$PYTHON" "$TOOLS/knock.py" sockets "$PORT")" "tcp 10.0.2.2"
}

@test "hostaccess: an open port of a service that the host does not have is refused" {
	local port

	port=$("$PYTHON" "$TOOLS/free_ports.py" 1)
	equal "$(netns_run --host-port "$port" / "$PYTHON" "$TOOLS/client.py" connect tcp 10.0.2.2 "$port")" \
		ECONNREFUSED
}

@test "hostaccess: host.internal is the host's loopback" {
	serve_loopback
	rootfs
	equal "$(netns_run --host-port "$PORT" "$ROOTFS" sh -c "nc host.internal $PORT | cut -d' ' -f1")" \
		127.0.0.1
	matches "$(netns_run --host-port "$PORT" / bash -c "cat </dev/tcp/host.internal/$PORT")" \
		"^(127\.0\.0\.1|::1) "
}

@test "hostaccess: a megabyte to the host's loopback and back" {
	local port

	serve port tcp checksum --address 127.0.0.1
	netns_run --host-port "$port" / "$PYTHON" "$TOOLS/client.py" send tcp 10.0.2.2 "$port" --size 1000000
	serve port tcp produce --address ::1 --size 1000000
	netns_run --host-port "$port" / "$PYTHON" "$TOOLS/client.py" receive tcp fd00::2 "$port" --size 1000000
}

@test "hostaccess: abstract and path sockets of the host are out of reach" {
	start_container / sleep infinity
	equal "$(inside cat /proc/net/unix | wc -l)" 1
}
