#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# upgrade - netns-ctl NAME upgrade: another forwarder goes on with the connections of a running one

load common

state()
{
	jq -c "$1" "$XDG_RUNTIME_DIR/netns-run/$NAME/state.json"
}

upgrade()
{
	"$CTL" "$NAME" upgrade
}

# upgrade_during PID [PAUSE]: again and again while a process lives; sets UPGRADES.
upgrade_during()
{
	UPGRADES=0
	while kill -0 "$1" 2>/dev/null; do
		upgrade
		((++UPGRADES))
		tail --pid="$1" --sleep-interval="${2:-0.05}" -f /dev/null &
		sleep "${2:-0.05}"
		kill $! 2>/dev/null || true
	done
}

# Our programs in a directory of their own, where the test may change them.
copy_programs()
{
	mkdir -p "$T/bin"
	cp "$RUN" "$NETNS_BUILD/forwarder/netns-forwarder" "$T/bin/"
	RUN=$T/bin/netns-run
}

install_script()
{
	printf '#!/bin/sh\n%s\n' "$1" >"$T/new"
	chmod +x "$T/new"
	mv "$T/new" "$T/bin/netns-forwarder"
}

# transfer SIZE: in all four directions at once through upgrades.
transfer()
{
	local size=$1 pid pids=() i

	serve SINK tcp checksum --address :: --quiet
	serve SOURCE tcp produce --address :: --size "$size" --quiet
	start_container --publish 0:8080 --publish 0:8081 / sh -c "
		'$PYTHON' '$TOOLS/serve.py' tcp checksum --address :: --port 8080 --quiet --ready /dev/null &
		'$PYTHON' '$TOOLS/serve.py' tcp produce --address :: --port 8081 --size $size --quiet \
			--ready /dev/stdout"
	read_out i
	client send tcp 127.0.0.1 "$(published 0)" --size "$size" --timeout 600 >"$T/1" 2>&1 3>&- &
	pids+=("$!")
	client receive tcp 127.0.0.1 "$(published 1)" --size "$size" --timeout 600 >"$T/2" 2>&1 3>&- &
	pids+=("$!")
	inside "$PYTHON" "$TOOLS/client.py" send tcp "$HOST4" "$SINK" --size "$size" --timeout 600 \
		>"$T/3" 2>&1 3>&- &
	pids+=("$!")
	inside "$PYTHON" "$TOOLS/client.py" receive tcp "$HOST6" "$SOURCE" --size "$size" --timeout 600 \
		>"$T/4" 2>&1 3>&- &
	pids+=("$!")
	SERVERS+=("${pids[@]}")
	upgrade_during "${pids[0]}"
	for pid in "${pids[@]}"; do
		wait "$pid" || fail "$(cat "$T"/[1-4])"
	done
	echo "# $UPGRADES upgrades during four transfers of $size bytes" >&3
	((UPGRADES >= 3)) || fail "only $UPGRADES upgrades" # a fast machine is soon through
}

@test "upgrade: transfers survive many, in all directions" {
	only_on gateway
	transfer 500000000
}

# NETNS_TEST_BYTES=10000000000 BATS_TEST_TIMEOUT=600 is the full form.
# bats test_tags=load
@test "upgrade: gigabytes, checksummed" {
	only_on gateway
	local size=${NETNS_TEST_BYTES:-3000000000}

	start_container_server --publish 0:8080 -- tcp produce --size "$size" --address :: --port 8080
	client receive tcp 127.0.0.1 "$(published)" --size "$size" --timeout 600 >"$T/said" 2>&1 3>&- &
	local pid=$!
	SERVERS+=("$pid")
	upgrade_during "$pid" 0.1
	wait "$pid" || fail "$(cat "$T/said")"
	echo "# $UPGRADES upgrades during $size bytes" >&3
	((UPGRADES >= 3)) || fail "only $UPGRADES upgrades" # a fast machine is soon through
}

@test "upgrade: requests meanwhile are answered by one or the other" {
	local upgrades i

	start_container / sleep infinity
	for i in {1..5}; do upgrade || true; done >/dev/null 2>&1 3>&- &
	upgrades=$!
	for i in {1..30}; do
		"$CTL" "$NAME" port add "127.0.0.1:0:$i" >/dev/null || fail "rule $i"
	done
	wait "$upgrades"
	equal "$("$CTL" "$NAME" port ls --json | jq length)" 30
}

@test "upgrade: nothing is refused while connections come in and go out" {
	local outside inner i

	start_both
	mkfifo "$T/first"
	"$PYTHON" "$TOOLS/steady.py" 127.0.0.1 "$PORT" --ready "$T/first" >"$T/outside" 3>&- &
	outside=$!
	SERVERS+=("$outside")
	read -r -t "$PATIENCE" i <"$T/first"
	for ((i = 0; i < 40; i++)); do
		upgrade 2>/dev/null
	done
	kill -TERM "$outside"
	wait "$outside" || true
	stop "$LAUNCHER"
	read_out inner
	echo "# in: $(cat "$T/outside"), out: $inner" >&3
	if [[ $LINK == gateway ]]; then
		equal "$(jq -c .failures "$T/outside") $(jq -c .failures <<<"$inner")" "{} {}"
	else
		# Established ones end; who comes is not turned away.
		equal "$(jq -c '.failures | has("ECONNREFUSED", "timeout")' "$T/outside" | sort -u)" false
		equal "$(jq -c '.failures | has("ECONNREFUSED", "timeout")' <<<"$inner" | sort -u)" false
	fi
	(($(jq .connections "$T/outside") > 20 && $(jq .connections <<<"$inner") > 20))
	run grep -v published "$ERR"
	equal "$output" ""
}

@test "upgrade: addresses, ports and policy are the same" {
	local before ports

	serve LOOPBACK tcp whoami --address 127.0.0.1
	serve CLOSED tcp whoami --address 127.0.0.1
	start_container_server --host-port "$LOOPBACK" --publish 0:8080 -- tcp whoami --address :: --port 8080
	"$CTL" "$NAME" port add 127.0.0.1:0:8080
	ports=$("$CTL" "$NAME" port ls --json)
	before=$(state .forwarder.pid)
	upgrade
	(($(state .forwarder.pid) != before))
	equal "$(state '[.forwarder.restarts, .forwarder.upgrades]')" "[0,1]"
	equal "$("$CTL" "$NAME" port ls --json)" "$ports"
	matches "$(client talk tcp "$HOST4" "$(published)")" "^$HOST4 "
	matches "$(inside "$PYTHON" "$TOOLS/client.py" talk tcp 10.0.2.2 "$LOOPBACK")" "^127.0.0.1 "
	lacks "$(inside "$PYTHON" "$TOOLS/client.py" connect tcp 10.0.2.2 "$CLOSED")" open
	inside dig +short +tries=1 host.test A
	kill -KILL "$(state .forwarder.pid)"
	matches "$(client talk tcp "$HOST4" "$(published)")" "^$HOST4 "
}

@test "upgrade: a connection that is half closed or reset behaves like one" {
	only_on gateway
	local log=$T/half.log line size

	start_server_log "$log" HALF "$PYTHON" "$TOOLS/serve.py" tcp half --address :: --reply bye
	start_container / sleep infinity
	# Hears the end of the server's side, and only then sends.
	mkfifo "$T/go"
	inside "$PYTHON" -c "
import socket
s = socket.create_connection(('$HOST4', $HALF))
while s.recv(100): pass
print('heard', flush=True)
input()
s.sendall(b'x' * 100000)
s.close()" <"$T/go" >"$T/heard" 3>&- &
	SERVERS+=("$!")
	exec {go}>"$T/go"
	timeout "$PATIENCE" grep -q heard < <(tail -n +1 -F "$T/heard" 2>/dev/null)
	upgrade
	upgrade
	echo >&"$go"
	timeout "$PATIENCE" grep -q "^half 100000 " < <(tail -n +1 -F "$log" 2>/dev/null) || fail "$(cat "$log")"
}

@test "upgrade: a thousand connections at rest, and one that is read slowly" {
	only_on gateway
	local pid

	serve ECHO tcp echo --address :: --quiet
	serve SOURCE tcp produce --address :: --size 20000000 --quiet
	start_container / sleep infinity
	inside "$PYTHON" -c "
import socket, sys
socks = [socket.create_connection(('$HOST4', $ECHO)) for _ in range(1000)]
print('up', flush=True)
input()
for i, s in enumerate(socks):
    s.sendall(b'%d' % i)
for i, s in enumerate(socks):
    assert s.recv(10) == b'%d' % i
print('all', flush=True)" < <(timeout "$PATIENCE" tail -n +1 -F "$T/go" 2>/dev/null) >"$T/said" 2>&1 3>&- &
	pid=$!
	SERVERS+=("$pid")
	inside "$PYTHON" "$TOOLS/client.py" receive tcp "$HOST4" "$SOURCE" --slow --size 20000000 \
		>"$T/slow" 2>&1 3>&- &
	SERVERS+=("$!")
	timeout "$PATIENCE" grep -q up < <(tail -n +1 -F "$T/said" 2>/dev/null) || fail "$(cat "$T/said")"
	for i in 1 2 3; do
		upgrade
	done
	echo >"$T/go"
	wait "$pid" || fail "$(cat "$T/said")"
	wait "$!" || fail "$(cat "$T/slow")"
	equal "$(tail -n1 "$T/said")" all
}

@test "upgrade: a new one that cannot start, or hand-over that fails, changes nothing" {
	local before script

	copy_programs
	start_container_server --publish 0:8080 -- tcp whoami --address :: --port 8080
	before=$(state .forwarder.pid)
	for script in 'exit 3' 'kill -9 $$' 'exec cat /dev/null'; do
		install_script "$script"
		run --separate-stderr upgrade
		assert_failed 1 "(the new|receive|the other end)"
		matches "$(client talk tcp "$HOST4" "$(published)")" "^$HOST4 "
	done
	rm "$T/bin/netns-forwarder"
	run --separate-stderr upgrade
	assert_failed 1 "netns-forwarder"
	equal "$(state '[.forwarder.pid, .forwarder.upgrades]')" "[$before,0]"
	# The launcher's own file may have been replaced as well.
	cp "$NETNS_BUILD/forwarder/netns-forwarder" "$T/bin/"
	cp "$RUN" "$T/new"
	mv "$T/new" "$RUN"
	upgrade
	equal "$(state .forwarder.upgrades)" 1
	matches "$(client talk tcp "$HOST4" "$(published)")" "^$HOST4 "
}

@test "upgrade: the new one is killed at any moment of it" {
	local i

	for ((i = 0; i < 12; i++)); do
		# Five deaths would be the end of one.
		((i % 4)) || start_container_server --publish 0:8080 -- tcp whoami --address :: --port 8080
		upgrade >/dev/null 2>&1 &
		"$PYTHON" - "$LAUNCHER" "$(state .forwarder.pid)" "$i" <<-'EOF'
			import os, signal, sys, time
			launcher, old, step = map(int, sys.argv[1:])
			def is_forwarder(pid):
			    try:
			        with open(f"/proc/{pid}/comm") as file:
			            return "forwarder" in file.read()
			    except FileNotFoundError:
			        return False
			deadline = time.monotonic() + 5
			while time.monotonic() < deadline:
			    with open(f"/proc/{launcher}/task/{launcher}/children") as file:
			        children = [int(pid) for pid in file.read().split()]
			    new = [pid for pid in children if pid != old and is_forwarder(pid)]
			    if new:
			        time.sleep(step * 0.001)
			        os.kill(new[0], signal.SIGKILL)
			        break
		EOF
		wait "$!" || true
		matches "$(client talk tcp "$HOST4" "$(published)")" "^$HOST4 " || fail "step $i: $(cat "$ERR")"
	done
}

@test "upgrade: the running one is killed at any moment of it" {
	local i pid

	for ((i = 0; i < 8; i++)); do
		((i % 4)) || start_container_server --publish 0:8080 -- tcp whoami --address :: --port 8080
		pid=$(state .forwarder.pid)
		upgrade >/dev/null 2>&1 &
		sleep "0.00$i"
		kill -KILL "$pid" 2>/dev/null || true
		wait "$!" || true
		matches "$(client talk tcp "$HOST4" "$(published)")" "^$HOST4 " || fail "step $i: $(cat "$ERR")"
	done
}

@test "upgrade: kill -9 of the launcher at any moment of it leaves nothing" {
	local i asking

	for i in 0 3 6 9 15; do
		start_container --publish 0:80 / sh -c 'sleep infinity & setsid sleep infinity'
		upgrade >/dev/null 2>&1 &
		asking=$!
		sleep "0.$(printf %03d "$i")"
		kill -KILL "$LAUNCHER"
		await_exit "$LAUNCHER"
		wait "$asking" || true
		"$PYTHON" "$TOOLS/leftovers.py"
		assert_nothing_left
	done
}

@test "upgrade: one that hangs is left alone, and goes on when it can" {
	local pid new

	start_container_server --publish 0:8080 -- tcp whoami --address :: --port 8080
	pid=$(state .forwarder.pid)
	kill -STOP "$pid"
	upgrade >"$T/said" 2>&1 &
	SERVERS+=("$!")
	until new=$(pgrep --parent "$LAUNCHER" --exact netns-forwarder | grep -v "^$pid$"); do :; done
	kill -KILL "$new"
	wait "$!" && fail "it says that it has worked"
	matches "$(cat "$T/said")" "the new netns-forwarder was killed by signal 9"
	kill -CONT "$pid"
	matches "$(client talk tcp "$HOST4" "$(published)")" "^$HOST4 "
	equal "$(state '[.forwarder.pid, .forwarder.restarts]')" "[$pid,0]"
	upgrade
	matches "$(client talk tcp "$HOST4" "$(published)")" "^$HOST4 "
}

@test "upgrade: without a network there is nothing to replace" {
	start_container --net none --name none / sleep infinity
	run --separate-stderr "$CTL" none upgrade
	assert_failed 1 "the container has no forwarder"
	run --separate-stderr "$CTL" nobody upgrade
	assert_failed 1 "no running container"
}
