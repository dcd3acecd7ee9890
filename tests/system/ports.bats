#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# ports - published ports that change while the container runs, and where they may be

load common

ctl()
{
	timeout "$PATIENCE" "$CTL" "$@"
}

port()
{
	local verb=$1

	shift
	ctl "$NAME" port "$verb" "$@"
}

free_ports()
{
	"$PYTHON" "$TOOLS/free_ports.py" "$1"
}

rules()
{
	port ls --json | jq -r '.[].rule' | paste -sd' '
}

echo_at()
{
	client talk tcp "$1" "$2" --text hello
}

# The port of the n-th published rule, from 0.
port_of()
{
	port ls --json | jq ".[$1].host_port"
}

# A container with an echo server on port 7000 of both families, and options.
start_echo()
{
	start_container_server "$@" -- tcp echo --quiet --port 7000
}

# start_activated LISTEN... -- OPTION...: as start_echo, with sockets as systemd passes them.
start_activated()
{
	local listen=()

	while [[ $1 != -- ]]; do
		listen+=(--listen "$1")
		shift
	done
	shift
	printf '#!/bin/sh\nexec %s "%s/activate.py" --ports %s %s "%s" "$@"\n' "$PYTHON" "$TOOLS" \
		"$T/ports" "${listen[*]}" "$RUN" >"$T/activated"
	chmod +x "$T/activated"
	RUN=$T/activated start_container_server "$@" -- tcp echo --quiet --port 7000
	mapfile -t PORTS <"$T/ports"
}

# --- batches ---

@test "ports: a batch is published as a whole and printed in its order" {
	local first

	start_echo
	first=$(free_ports 4)
	run port add "127.0.0.1:$first:7000" "[::1]:$((first + 1)):7000" \
		"$((first + 2))-$((first + 3)):7000-7001/udp"
	equal "$status" 0
	equal "${lines[*]}" "127.0.0.1:$first:7000/tcp [::1]:$((first + 1)):7000/tcp $((first + 2))-$((first + 3)):7000-7001/udp"
	equal "$(echo_at 127.0.0.1 "$first")" hello
	equal "$(echo_at ::1 $((first + 1)))" hello
	equal "$(port ls --json | jq -c '[.[].id]')" "[1,2,3]"
}

@test "ports: of a batch with one port taken nothing is published" {
	local first taken

	start_echo
	first=$(free_ports 2)
	serve taken tcp hold --address 127.0.0.1
	run --separate-stderr port add "127.0.0.1:$first:7000" "127.0.0.1:$taken:7000" \
		"127.0.0.1:$((first + 1)):7000"
	assert_failed 1 ".*127\.0\.0\.1:$taken/tcp.*: process 'python3' \(pid ${SERVERS[-1]}\) holds it"
	equal "$(rules)" ""
	equal "$(client connect tcp 127.0.0.1 "$first")" ECONNREFUSED
}

@test "ports: without descriptors left nothing is published, and the cure is named" {
	local first

	start_echo
	first=$(free_ports 60)
	prlimit --pid "$(pgrep -P "$LAUNCHER" -x netns-forwarder)" --nofile=100
	run --separate-stderr port add "127.0.0.1:$first-$((first + 59)):7000-7059" \
		"[::1]:$first-$((first + 59)):7000-7059"
	assert_failed 1 ".*: Too many open files"
	assert_hint "ulimit -n"
	equal "$(rules)" ""
	port add "127.0.0.1:$first:7000"
	equal "$(echo_at 127.0.0.1 "$first")" hello
}

@test "ports: what is published already is no error and keeps its id" {
	local first

	start_echo
	first=$(free_ports 2)
	port add "$first:7000" "$((first + 1)):7000"
	equal "$(port add "$first:7000")" "$first:7000/tcp"
	equal "$(port ls --json | jq -c '[.[].id]')" "[1,2]"
	run --separate-stderr port add "$first:7001"
	assert_failed 1 ".*already publishes $first:7000/tcp, with id 1"
}

@test "ports: a batch is removed as a whole" {
	local first

	start_echo
	first=$(free_ports 3)
	port add "$first:7000" "$((first + 1)):7000" "$((first + 2)):7000"
	run --separate-stderr port rm "$first/tcp" 2 4
	assert_failed 1 ".*has the id 4"
	run --separate-stderr port rm "$first/udp" "$((first + 1))/tcp"
	assert_failed 1 ".*$first/udp' is not published"
	equal "$(port ls --json | jq length)" 3
	port rm "$first/tcp" 2
	equal "$(rules)" "$((first + 2)):7000/tcp"
	port rm --ignore-missing "$first/tcp" 2 3
	equal "$(rules)" ""
	port rm --ignore-missing "$first/tcp"
}

@test "ports: rm --all removes all" {
	start_echo --publish 0:7000 --publish 0:7000/udp
	port add 127.0.0.1:0:7000
	port rm --all
	equal "$(rules)" ""
	run --separate-stderr port rm
	assert_failed 125 ".*no port to remove"
}

@test "ports: an open connection outlives its port" {
	start_echo --publish 127.0.0.1:0:7000
	exec {connection}<>"/dev/tcp/127.0.0.1/$(published)"
	echo one >&"$connection"
	read -r -t "$PATIENCE" -u "$connection" line
	equal "$line" one
	port rm 1
	equal "$(client connect tcp 127.0.0.1 "$(published)")" ECONNREFUSED
	echo two >&"$connection"
	read -r -t "$PATIENCE" -u "$connection" line
	equal "$line" two
	exec {connection}>&-
}

# --- replace ---

@test "ports: replace keeps what stays, ends the others, and leads ports elsewhere" {
	local first

	start_echo
	first=$(free_ports 3)
	port add "$first:7000" "$((first + 1)):7001"
	run port replace "$first:7000" "$((first + 1)):7000" "127.0.0.1:$((first + 2)):7000"
	equal "$status" 0
	equal "$(port ls --json | jq -c '[.[].id]')" "[1,3,4]"
	equal "$(echo_at 127.0.0.1 $((first + 1)))" hello
	equal "$(echo_at ::1 $((first + 1)))" hello
	port add --replace "127.0.0.1:$((first + 2)):7000"
	equal "$(port ls --json | jq -c '[.[].id]')" "[4]"
	equal "$(client connect tcp 127.0.0.1 "$first")" ECONNREFUSED
}

@test "ports: a replacement that fails changes nothing" {
	local first taken

	start_echo
	first=$(free_ports 2)
	serve taken tcp hold --address 127.0.0.1
	port add "127.0.0.1:$first:7000" "$((first + 1)):7000"
	# The first would take the place of what is there, the last cannot be had.
	run --separate-stderr port replace "$first:7000" "127.0.0.1:$taken:7000"
	assert_failed 1 ".*127\.0\.0\.1:$taken/tcp"
	equal "$(rules)" "127.0.0.1:$first:7000/tcp $((first + 1)):7000/tcp"
	equal "$(echo_at 127.0.0.1 "$first")" hello
	equal "$(echo_at 127.0.0.1 $((first + 1)))" hello
}

@test "ports: replace widens one address to all, and a range" {
	local first

	start_echo
	first=$(free_ports 3)
	port add "127.0.0.1:$first:7000"
	port replace "$first:7000"
	equal "$(echo_at ::1 "$first")" hello
	port replace "$first-$((first + 2)):7000-7002"
	equal "$(echo_at 127.0.0.1 "$first")" hello
	port replace "$((first + 2)):7000"
	equal "$(client connect tcp 127.0.0.1 "$first")" ECONNREFUSED
	equal "$(echo_at 127.0.0.1 $((first + 2)))" hello
}

@test "ports: host port 0 is content with the port that it has" {
	start_echo
	port add 0:7000
	equal "$(port replace 0:7000)" "$(rules)"
	equal "$(port ls --json | jq -c '[.[].id]')" "[1]"
}

@test "ports: iperf3 and new clients of one port do not notice changes of others" {
	local first watcher i kept

	command -v iperf3 >/dev/null || missing iperf3
	start_container --publish 127.0.0.1:0:5201 --publish 127.0.0.1:0:7000 / sh -c \
		"iperf3 -s -p 5201 >/dev/null & exec '$PYTHON' '$TOOLS/serve.py' tcp echo --quiet --port 7000 --ready /dev/null"
	first=$(free_ports 40)
	kept=("127.0.0.1:$(published 0):5201" "127.0.0.1:$(published 1):7000")
	"$PYTHON" - "$(published 1)" <<-'EOF2'
		import socket, sys, time
		while True:
		    try:
		        socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=10).close()
		        break
		    except ConnectionError:
		        pass
	EOF2
	coproc watcher { "$PYTHON" "$TOOLS/steady_port.py" 127.0.0.1 "$(published 1)"; }
	exec {stop}>&"${watcher[1]}" {count}<&"${watcher[0]}"
	read -r -t "$PATIENCE" -u "$count" line
	equal "$line" begun
	iperf3 -c 127.0.0.1 -p "$(published 0)" -t 3 -i 0.25 -J >"$T/iperf.json" &
	wait_for=$!
	for i in 1 2 3 4 5; do
		port add "$first-$((first + 39)):8000-8039"
		port replace "${kept[@]}" "$((first + i)):8000"
		port add "$((first + 20)):8000/udp" "$((first + 21)):8000"
		port rm "$((first + 20))/udp" "$((first + 21))/tcp"
		port replace "${kept[@]}"
	done
	echo >&"$stop"
	read -r -t "$PATIENCE" -u "$count" line || fail "a client was not served"
	((line > 10)) || fail "only $line clients were served"
	wait "$wait_for"
	equal "$(jq '[.intervals[].sum.bytes | select(. == 0)] | length' "$T/iperf.json")" 0
	exec {stop}>&- {count}<&-
}

# --- many ---

# The milliseconds that a command takes.
milliseconds()
{
	local start=${EPOCHREALTIME/./}

	"$@" >/dev/null
	echo $(((${EPOCHREALTIME/./} - start) / 1000))
}

@test "ports: a thousand single ports, and one range of a thousand" {
	local first i single=() took

	start_echo
	first=$(free_ports 1000)
	for ((i = 0; i < 1000; i++)); do
		single+=("$((first + i)):$((7000 + i))")
	done
	took=$(milliseconds port add "${single[@]}")
	echo "# port add of 1000 rules: $took ms" >&3
	equal "$(port ls --json | jq length)" 1000
	equal "$(echo_at 127.0.0.1 "$first")" hello
	echo "# port rm --all of them: $(milliseconds port rm --all) ms" >&3
	took=$(milliseconds port add "$first-$((first + 999)):7000-7999")
	echo "# port add of a range of 1000 ports: $took ms" >&3
	equal "$(echo_at ::1 "$first")" hello
	echo "# port replace by 1000 rules: $(milliseconds port replace "${single[@]}") ms" >&3
	equal "$(echo_at ::1 "$first")" hello
	equal "$(port ls --json | jq length)" 1000
}

@test "ports: a thousand --publish at the start" {
	local first i publish=()

	first=$(free_ports 1000)
	for ((i = 0; i < 1000; i++)); do
		publish+=(--publish "$((first + i)):$((7000 + i))")
	done
	echo "# start without ports: $(milliseconds netns_run / true) ms" >&3
	echo "# start with 1000 --publish: $(milliseconds netns_run "${publish[@]}" / true) ms" >&3
	echo "# start with a range of 1000: $(milliseconds netns_run --publish "$first-$((first + 999)):7000-7999" / true) ms" >&3
	start_echo "${publish[@]}"
	equal "$(echo_at 127.0.0.1 "$first")" hello
	equal "$(port ls --json | jq length)" 1000
}

# --- interfaces ---

@test "ports: on one interface, others get nothing" {
	start_echo --publish lo:0:7000
	matches "$(rules)" "^lo:$(published):7000/tcp$"
	equal "$(echo_at 127.0.0.1 "$(published)")" hello
	equal "$(echo_at ::1 "$(published)")" hello
	run as_neighbour "$PYTHON" "$TOOLS/client.py" connect tcp "$HOST4" "$(published)"
	equal "$output" ECONNREFUSED
}

@test "ports: two interfaces have one port each for different services" {
	local lan port

	lan=$(ip -o -4 address show to "$HOST4" | awk '{print $2}')
	port=$(free_ports 1)
	start_echo --publish "lo:$port:7001" --publish "$lan:$port:7000"
	equal "$(as_neighbour "$PYTHON" "$TOOLS/client.py" talk tcp "$HOST4" "$port" --text hello)" hello
	run client talk tcp 127.0.0.1 "$port" --text hello
	lacks "$output" hello
	port replace "$lan:$port:7000"
	equal "$(client connect tcp 127.0.0.1 "$port")" ECONNREFUSED
}

@test "ports: an address on an interface" {
	start_echo --publish "127.0.0.1%lo:0:7000"
	equal "$(rules)" "127.0.0.1%lo:$(published):7000/tcp"
	equal "$(echo_at 127.0.0.1 "$(published)")" hello
	port rm "127.0.0.1%lo:$(published)"
	equal "$(rules)" ""
}

@test "ports: an interface that is not there" {
	start_echo
	run --separate-stderr port add no-such-one:0:7000
	assert_failed 1 ".*no interface 'no-such-one'"
	assert_hint "ip link"
}

# --- inherited sockets ---

@test "ports: sockets from systemd, by name and by number" {
	start_activated web=tcp:127.0.0.1 dns=udp:127.0.0.1 -- --publish fd:web:7000 --publish fd:4:7000/udp
	equal "$(echo_at 127.0.0.1 "${PORTS[0]}")" hello
	equal "$(rules)" "127.0.0.1:${PORTS[0]}:7000/tcp 127.0.0.1:${PORTS[1]}:7000/udp"
	equal "$(port ls --json | jq -r '.[].fd' | paste -sd' ')" "web 4"
	equal "$(inside sh -c 'ls /proc/1/fd | sort -n | tail -n +4; echo "$LISTEN_FDS"' | grep -c socket)" 0
}

@test "ports: an inherited port is served over UDP" {
	printf '#!/bin/sh\nexec %s "%s/activate.py" --ports %s --listen dns=udp:127.0.0.1 "%s" "$@"\n' \
		"$PYTHON" "$TOOLS" "$T/ports" "$RUN" >"$T/activated"
	chmod +x "$T/activated"
	RUN=$T/activated start_container_server --publish fd:dns:7000/udp -- \
		udp echo --address 0.0.0.0 --port 7000
	equal "$(client talk udp 127.0.0.1 "$(cat "$T/ports")" --text hello)" hello
	run --separate-stderr "$T/activated" --link "$LINK" --publish fd:dns:80 / true
	assert_failed 125 ".*one of UDP"
	assert_hint "/udp"
}

@test "ports: a socket of both families, as systemd makes them" {
	only_on gateway
	start_activated web=tcp::: -- --publish fd:web:7000
	equal "$(rules)" "${PORTS[0]}:7000/tcp"
	equal "$(echo_at 127.0.0.1 "${PORTS[0]}")" hello
	equal "$(echo_at ::1 "${PORTS[0]}")" hello
}

@test "ports: the tap link says what to do with a socket of both families" {
	only_on tap
	printf '#!/bin/sh\nexec %s "%s/activate.py" --ports %s --listen web=tcp::: "%s" "$@"\n' "$PYTHON" \
		"$TOOLS" "$T/ports" "$RUN" >"$T/activated"
	chmod +x "$T/activated"
	run --separate-stderr "$T/activated" --link tap --publish fd:web:80 / true
	assert_failed 125 ".*both families"
	assert_hint "BindIPv6Only=ipv6-only"
}

@test "ports: a socket that somebody else has goes on when its port is removed" {
	start_echo
	run "$PYTHON" - "$CTL" "$NAME" <<-'EOF2'
		import socket, subprocess, sys
		def port(*words):
		    subprocess.run([*sys.argv[1:3], "port", *words], pass_fds=[number], check=True,
		                   stdout=subprocess.DEVNULL)
		listener = socket.create_server(("127.0.0.1", 0))
		number = listener.fileno()
		port("add", f"fd:{number}:7000")
		with socket.create_connection(listener.getsockname(), timeout=10) as client:
		    client.sendall(b"hello")
		    print(client.recv(5).decode())
		port("rm", f"fd:{number}")
		with socket.create_connection(listener.getsockname(), timeout=10) as client:
		    listener.setblocking(True)
		    listener.settimeout(10)
		    print("ours" if listener.accept()[1] == client.getsockname() else "another's")
	EOF2
	equal "${lines[*]}" "hello ours"
}

@test "ports: an inherited socket leads to one port inside" {
	start_echo
	run "$PYTHON" - "$CTL" "$NAME" <<-'EOF2'
		import socket, subprocess, sys
		def port(*words):
		    done = subprocess.run([*sys.argv[1:3], "port", *words], pass_fds=[number],
		                          capture_output=True, text=True)
		    print(done.returncode, "already publishes" in done.stderr)
		listener = socket.create_server(("127.0.0.1", 0))
		number = listener.fileno()
		port("add", f"fd:{number}:7000")
		port("add", f"fd:{number}:7000")
		port("add", f"fd:{number}:7001")
		port("add", f"127.0.0.1:{listener.getsockname()[1]}:7001")
	EOF2
	equal "${lines[*]}" "0 False 0 False 1 True 1 True"
	equal "$(ctl "$NAME" port ls --json | jq length)" 1
}

@test "ports: netns-ctl passes a socket of its own" {
	start_echo
	"$PYTHON" "$TOOLS/activate.py" --ports "$T/ports" --listen web=tcp:127.0.0.1 \
		--listen api=tcp:127.0.0.1 "$CTL" "$NAME" port add fd:web:7000 fd:4:7000 >"$T/added"
	mapfile -t PORTS <"$T/ports"
	equal "$(paste -sd' ' "$T/added")" \
		"127.0.0.1:${PORTS[0]}:7000/tcp 127.0.0.1:${PORTS[1]}:7000/tcp"
	equal "$(echo_at 127.0.0.1 "${PORTS[0]}")" hello
	equal "$(echo_at 127.0.0.1 "${PORTS[1]}")" hello
	port rm --all
	equal "$(client connect tcp 127.0.0.1 "${PORTS[0]}")" ECONNREFUSED
}

@test "ports: descriptors that cannot be published" {
	run --separate-stderr netns_run --publish fd:77:80 / true
	assert_failed 125 ".*descriptor 77"
	run --separate-stderr netns_run --publish fd:web:80 / true
	assert_failed 125 ".*fd:web"
	assert_hint "LISTEN_FDNAMES"
	run --separate-stderr netns_run --publish fd:7:80 / true 7</dev/null
	assert_failed 125 "fd:7:80/tcp: the descriptor is no socket"
	assert_hint "listens"
	start_echo
	run --separate-stderr port add fd:7:80 7</dev/null
	assert_failed 1 "fd:7:80/tcp: the descriptor is no socket"
	run --separate-stderr port add fd:77:80
	assert_failed 1 ".*descriptor 77"
	run ctl "$NAME" port ls --json
	equal "$(jq length <<<"$output")" 0
}

# --- the PROXY protocol ---

start_proxied()
{
	local fifo=$T/inner.$((++COUNT)).ready

	mkfifo "$fifo"
	start_container / "$PYTHON" "$TOOLS/proxied.py" --ready "$fifo"
	read -r -t "$PATIENCE" INNER <"$fifo" || fail "no server inside: $(cat "$ERR")"
}

@test "ports: PROXY protocol v1 and v2 tell true addresses, local and remote" {
	local first line

	start_proxied
	first=$(free_ports 2)
	port add "$first:$INNER,proxy=v1" "$((first + 1)):$INNER,proxy=v2"
	matches "$(client talk tcp 127.0.0.1 "$first")" "^v1 127\.0\.0\.1 [0-9]+ 127\.0\.0\.1 $first 10\.0\.2\.2 "
	matches "$(client talk tcp ::1 $((first + 1)))" "^v2 ::1 [0-9]+ ::1 $((first + 1)) fd00::2 "
	line=$(as_neighbour "$PYTHON" "$TOOLS/client.py" talk tcp "$HOST4" $((first + 1)))
	matches "$line" "^v2 $NEIGHBOUR4 ([0-9]+) $HOST4 $((first + 1)) $NEIGHBOUR4 ([0-9]+)"
	equal "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
	line=$(as_neighbour "$PYTHON" "$TOOLS/client.py" talk tcp "$HOST6" "$first")
	matches "$line" "^v1 $NEIGHBOUR6 [0-9]+ $HOST6 $first $NEIGHBOUR6 "
}

@test "ports: --proxy-protocol of netns-ctl, and a port without beside it" {
	local first

	start_proxied
	first=$(free_ports 1)
	equal "$(port add --proxy-protocol v2 "127.0.0.1:$first:$INNER")" \
		"127.0.0.1:$first:$INNER/tcp,proxy=v2"
	matches "$(client talk tcp 127.0.0.1 "$first")" "^v2 127\.0\.0\.1 "
	equal "$(port ls --json | jq -r '.[0].proxy_protocol')" v2
	run --separate-stderr port add --proxy-protocol v3 "$first:80"
	assert_failed 125 ".*no version 'v3'"
	run --separate-stderr port add --proxy-protocol v1 "$first:80/udp"
	assert_failed 125 ".*TCP only"
}

@test "ports: bytes follow the PROXY header in order, both ways" {
	local first

	start_proxied
	first=$(free_ports 1)
	port add "127.0.0.1:$first:$INNER,proxy=v2"
	run "$PYTHON" - "$first" <<-'EOF2'
		import socket, sys, threading
		data = bytes(range(256)) * 4096
		sock = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20)
		sender = threading.Thread(target=lambda: (sock.sendall(data), sock.shutdown(socket.SHUT_WR)))
		sender.start()
		stream = sock.makefile("rb")
		print(stream.readline().decode().split()[0], stream.read() == data)
	EOF2
	equal "$output" "v2 True"
}

@test "ports: with the PROXY protocol, a port that nobody serves ends the client" {
	local first

	start_proxied
	first=$(free_ports 1)
	port add "127.0.0.1:$first:1,proxy=v1"
	run timeout "$PATIENCE" "$PYTHON" - "$first" <<-'EOF2'
		import socket, sys
		try:
		    sock = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=9)
		    print(len(sock.recv(100)))
		except ConnectionError as error:
		    print(0)
	EOF2
	equal "$output" 0
}

# --- who has a port ---

@test "ports: one that was added later is known to be the container's" {
	local port

	start_echo --name first
	port=$(free_ports 1)
	port add "127.0.0.1:$port:7000"
	run --separate-stderr netns_run --publish "127.0.0.1:$port:80" / true
	assert_failed 125 ".*127\.0\.0\.1:$port/tcp: container 'first' holds it"
	port rm "127.0.0.1:$port"
	netns_run --publish "127.0.0.1:$port:80" / true
}

@test "ports: after the forwarder's death all are there again, with their ids and kinds" {
	local first before old

	start_activated web=tcp:127.0.0.1 -- --publish fd:web:7000 --publish lo:0:7000
	first=$(free_ports 2)
	port add "127.0.0.1:$first:7000" "$((first + 1)):7000,proxy=v1"
	port rm 2
	before=$(port ls --json | jq -S .)
	old=$(pgrep -P "$LAUNCHER" -x netns-forwarder)
	kill -KILL "$old"
	client talk tcp 127.0.0.1 "$first" --text hello
	equal "$(port ls --json | jq -S .)" "$before"
	equal "$(echo_at 127.0.0.1 "${PORTS[0]}")" hello
	matches "$(client talk tcp 127.0.0.1 $((first + 1)) --text hello)" "^PROXY TCP4 127\.0\.0\.1 "
}

@test "ports: who has one that is to be added later is named, in any verb" {
	local port verb ready=$T/ready

	port=$(free_ports 1)
	start_container --name first --publish "127.0.0.1:$port:80/udp" / sleep infinity
	start_container --name second / sleep infinity
	for verb in add replace; do
		run --separate-stderr port "$verb" "127.0.0.1:$port:80/udp"
		assert_failed 1 ".*127\.0\.0\.1:$port/udp: container 'first' holds it"
		assert_hint "another host port"
	done
	serve port tcp hold --address ::1
	run --separate-stderr port add "[::1]:$((port - 1))-$port:80-81"
	assert_failed 1 ".*\[::1\]:$port/tcp: process 'python3' \(pid ${SERVERS[-1]}\) holds it"
	mkfifo "$ready"
	# Another user's processes keep their descriptors to themselves; root sees all.
	as_host_root "$PYTHON" "$TOOLS/serve.py" tcp hold --address 127.0.0.1 --ready "$ready" 3>&- &
	SERVERS+=("$!")
	read -r -t "$PATIENCE" port <"$ready"
	run --separate-stderr port add "127.0.0.1:$port:80"
	matches "$stderr" "127\.0\.0\.1:$port/tcp: a process of uid 0 holds it"
}
