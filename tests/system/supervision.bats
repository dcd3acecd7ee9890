#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# supervision - a forwarder that dies is replaced, and what happens where it cannot be

load common

state()
{
	jq -c "$1" "$XDG_RUNTIME_DIR/netns-run/$NAME/state.json"
}

# kill_forwarder [TIMES]: returns when the next one serves.
kill_forwarder()
{
	"$PYTHON" "$TOOLS/kill_forwarder.py" "$XDG_RUNTIME_DIR/netns-run/$NAME/state.json" \
		--times "${1:-1}"
}

# Our programs in a directory of their own, where the test may break them.
copy_programs()
{
	mkdir -p "$T/bin"
	cp "$RUN" "$NETNS_BUILD/forwarder/netns-forwarder" "$T/bin/"
	RUN=$T/bin/netns-run
}

@test "supervision: after a kill -9 addresses, ports and policy are the same" {
	local ports inspected

	serve LOOPBACK tcp whoami --address 127.0.0.1
	serve CLOSED tcp whoami --address 127.0.0.1
	serve LAN tcp whoami --address ::
	start_container_server --host-port "$LOOPBACK" --publish 0:8080 --publish "$HOST4:0:8081" -- \
		tcp whoami --address :: --port 8080
	ports=$("$CTL" "$NAME" port ls --json)
	inspected=$("$CTL" "$NAME" inspect | jq -c '[.address, .mac, .mtu, .link, .ports, .ipv4]')
	kill_forwarder
	equal "$("$CTL" "$NAME" port ls --json)" "$ports"
	equal "$("$CTL" "$NAME" inspect | jq -c '[.address, .mac, .mtu, .link, .ports, .ipv4]')" "$inspected"
	matches "$(client talk tcp "$HOST4" "$(published)")" "^$HOST4 "
	matches "$(inside "$PYTHON" "$TOOLS/client.py" talk tcp "$HOST4" "$LAN")" "^$HOST4 "
	matches "$(inside "$PYTHON" "$TOOLS/client.py" talk tcp 10.0.2.2 "$LOOPBACK")" "^127.0.0.1 "
	lacks "$(inside "$PYTHON" "$TOOLS/client.py" connect tcp 10.0.2.2 "$CLOSED")" open
	inside dig +short +tries=1 host.test A
	equal "$(grep -c restarted "$ERR")" 1
	matches "$(tail -n1 "$ERR")" \
		"^netns-run: netns-forwarder was killed by signal 9 \(Killed\); restarted$"
	equal "$(state '[.forwarder.restarts, .forwarder.upgrades]')" "[1,0]"
	equal "$("$CTL" "$NAME" inspect | jq .forwarder.restarts)" 1
}

@test "supervision: connections of the one that died end at once, at both ends" {
	local pid line log=$T/hold.log clients=()

	start_server_log "$log" HOLD "$PYTHON" "$TOOLS/serve.py" tcp hold --address ::
	start_container_server --publish 0:8080 -- tcp hold --address :: --port 8080
	inside "$PYTHON" "$TOOLS/client.py" receive tcp "$HOST4" "$HOLD" >/dev/null 2>&1 3>&- &
	clients+=("$!")
	inside "$PYTHON" "$TOOLS/client.py" receive tcp "$HOST6" "$HOLD" >/dev/null 2>&1 3>&- &
	clients+=("$!")
	client receive tcp 127.0.0.1 "$(published)" >/dev/null 2>&1 3>&- &
	clients+=("$!")
	SERVERS+=("${clients[@]}")
	read_out line
	timeout "$PATIENCE" grep -q -m2 "" < <(tail -n +2 --follow "$log" 2>/dev/null)
	inside "$PYTHON" "$TOOLS/client.py" connect tcp 127.0.0.1 8080 # it is none of the link's
	kill_forwarder
	# They wait for data, and would do so for ever.
	for pid in "${clients[@]}"; do
		timeout "$PATIENCE" tail --pid="$pid" -f /dev/null || fail "$pid still waits"
	done
}

@test "supervision: again and again, and new connections work within a second" {
	local outside inner longest

	start_both
	"$PYTHON" "$TOOLS/steady.py" 127.0.0.1 "$PORT" >"$T/outside" 3>&- &
	outside=$!
	SERVERS+=("$outside")
	kill_forwarder "${NETNS_TEST_KILLS:-5}" >"$T/times"
	kill -TERM "$outside"
	wait "$outside" || true
	stop "$LAUNCHER"
	read_out inner
	echo "# new forwarder after $(xargs <"$T/times") ms" >&3
	echo "# in: $(cat "$T/outside"), out: $inner" >&3
	# A SYN that the dead one had taken comes again after a second (RFC 6298), and libslirp's
	# after three.
	longest=$(patient 1500)
	[[ $LINK == gateway ]] || longest=$(patient 4500)
	longest=$((longest + $(sort -n "$T/times" | tail -n1 | cut -d. -f1)))
	(($(jq .longest "$T/outside") < longest)) || fail "in: $(cat "$T/outside")"
	(($(jq .longest <<<"$inner") < longest)) || fail "out: $inner"
	awk -v limit="$(patient 1000)" '$1 >= limit { exit 1 }' "$T/times" || fail "new forwarder after $(xargs <"$T/times") ms"
	(($(jq .connections "$T/outside") > 100))
}

@test "supervision: five deaths within ten seconds are the end, with a line that says so" {
	local i

	start_container --publish 0:80 / sh -c 'sleep infinity & setsid sleep infinity'
	for i in 1 2 3 4; do
		kill_forwarder
	done
	kill -KILL "$(state .forwarder.pid)"
	await_exit "$LAUNCHER"
	equal "$STATUS" 125
	equal "$(wc -l <"$ERR")" 6 # the port, four restarts, the end
	matches "$(tail -n1 "$ERR")" "^netns-run: netns-forwarder died 5 times within 10 seconds and is not started again: it was killed by signal 9"
	assert_nothing_left
}

@test "supervision: no forwarder any more: the container ends, and says why" {
	copy_programs
	start_container / sleep infinity
	rm "$T/bin/netns-forwarder"
	kill -KILL "$(state .forwarder.pid)"
	await_exit "$LAUNCHER"
	equal "$STATUS" 125
	matches "$(cat "$ERR")" "^netns-run: netns-forwarder was killed by signal 9 .* cannot be started again: netns-forwarder was not found"
	assert_nothing_left
}

@test "supervision: signals and netns-ctl exec do not wait for a forwarder" {
	local line

	copy_programs
	start_container / bash -c 'trap "echo caught" USR1; echo up; while :; do read -t 100; done' <&-
	read_out line
	# One that takes for ever.
	printf '#!/bin/sh\nexec sleep 1000\n' >"$T/new"
	chmod +x "$T/new"
	mv "$T/new" "$T/bin/netns-forwarder"
	kill -KILL "$(state .forwarder.pid)"
	kill -USR1 "$LAUNCHER"
	read_out line
	equal "$line" caught
	equal "$("$CTL" "$NAME" exec echo still here)" "still here"
	await_exit "$LAUNCHER"
	equal "$STATUS" 125
	matches "$(cat "$ERR")" "^netns-run: netns-forwarder was killed by signal 9 .*; a new one was not ready within 10 seconds$"
	assert_nothing_left
}

@test "supervision: a new one that dies at once is started five times" {
	copy_programs
	start_container / sleep infinity
	printf '#!/bin/sh\nexit 3\n' >"$T/new"
	chmod +x "$T/new"
	mv "$T/new" "$T/bin/netns-forwarder"
	kill -KILL "$(state .forwarder.pid)"
	await_exit "$LAUNCHER"
	equal "$STATUS" 125
	matches "$(cat "$ERR")" "^netns-run: netns-forwarder died 5 times .* again: it ended with status 3"
	assert_nothing_left
}

@test "supervision: kill -9 of the launcher takes a new forwarder along, too" {
	start_container --publish 0:80 / sh -c 'sleep infinity & setsid sleep infinity'
	kill_forwarder
	kill -KILL "$LAUNCHER"
	await_exit "$LAUNCHER"
	assert_nothing_left
}

@test "supervision: kill -9 of the launcher while the next forwarder starts" {
	local i

	for i in 0 0.005 0.01 0.02; do
		start_container --publish 0:80 / sh -c 'sleep infinity & setsid sleep infinity'
		kill -KILL "$(state .forwarder.pid)"
		sleep "$i"
		kill -KILL "$LAUNCHER"
		await_exit "$LAUNCHER"
		"$PYTHON" "$TOOLS/leftovers.py"
		# At first there was nobody to remove the state: whoever looks next does.
		run "$CTL" ls
		assert_nothing_left
	done
}

@test "supervision: without a network there is nothing to restart, and still nothing stays" {
	[[ $LINK == tap ]] || skip "has no link"
	start_container --net none / sleep infinity
	pkill -KILL --parent "$LAUNCHER" --exact netns-forwarder || true
	kill -KILL "$LAUNCHER"
	await_exit "$LAUNCHER"
	"$PYTHON" "$TOOLS/leftovers.py"
	run "$CTL" ls
	assert_nothing_left
}
