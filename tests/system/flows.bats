#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# flows - netns-ctl NAME flows: what is said of connections and exchanges of datagrams

load common

# hold PROTOCOL HOST PORT [OPTION...]: a container whose command holds flows; sets PID_INSIDE and
# PORT_INSIDE.
hold()
{
	local line

	mkfifo "$T/in.$COUNT"
	COMMANDS=$T/in.$COUNT
	start_container / "$PYTHON" "$TOOLS/hold_flows.py" "$@" --commands "$COMMANDS"
	read_out line
	read -r PID_INSIDE PORT_INSIDE <<<"$line"
}

tell()
{
	local line

	echo "$1" >"$COMMANDS"
	read_out line
	equal "$line" "$1"
}

# The flows that a filter of jq selects, as one array.
flows()
{
	"$CTL" "$NAME" flows --json | jq -c "[.[] | select($1)]"
}

# Waits until the expression of jq holds for all flows.
await_flows()
{
	local deadline=$((SECONDS + PATIENCE))

	until "$CTL" "$NAME" flows --json | jq -e "$1" >"$T/flows.json"; do
		((SECONDS < deadline)) || fail "never came: $1 in $("$CTL" "$NAME" flows --json)"
	done
}

@test "flows: a connection out, with its name, its bytes and its process" {
	local port flow

	serve port tcp echo
	hold tcp host.test "$port" --size 70000
	flow=$(flows '.protocol == "tcp"')
	equal "$(jq length <<<"$flow")" 1
	equal "$(jq -c '.[0] | [.direction, .state, .remote_port, .name, .bytes_out, .bytes_in]' \
		<<<"$flow")" "[\"out\",\"established\",$port,\"host.test\",70000,70000]"
	equal "$(jq -c '.[0] | [.command_port, .processes[0].pid, .processes[0].name]' <<<"$flow")" \
		"[$PORT_INSIDE,$PID_INSIDE,\"python3\"]"
	equal "$(jq -r '.[0].processes[0].host_pid' <<<"$flow")" "$CHILD"
	matches "$(jq -r '.[0].remote_addr' <<<"$flow")" "^($HOST4|$HOST6)\$"
	matches "$(jq -r '.[0].age_ms' <<<"$flow")" '^[0-9]+$'
}

@test "flows: the table says the same" {
	local port

	serve port tcp echo
	hold tcp "$HOST4" "$port" --size 2048
	run "$CTL" "$NAME" flows
	equal "$status" 0
	matches "${lines[0]}" '^PROTO +DIR +LOCAL +REMOTE +NAME +STATE +OUT +IN +AGE +PROCESS$'
	matches "$output" "tcp +out +10.0.2.100:$PORT_INSIDE +$HOST4:$port +- +established +2.0KiB \
+2.0KiB +[0-9]+m?s +$PID_INSIDE/python3"
}

@test "flows: IPv6 addresses stand in brackets" {
	local port

	serve port tcp echo
	hold tcp "$HOST6" "$port" --size 1
	run "$CTL" "$NAME" flows
	matches "$output" "tcp +out +\\[fd00::[0-9a-f:]+\\]:$PORT_INSIDE +\\[$HOST6\\]:$port "
	matches "$output" "$PID_INSIDE/python3"
}

@test "flows: a connection in, from the client's true address, to the server's process" {
	local port flow

	start_container_server --publish 0:7000 -- tcp echo --port 7000
	exec {client}<>"/dev/tcp/$HOST4/$(published)"
	echo hello >&"$client"
	read -r -t "$PATIENCE" reply <&"$client"
	equal "$reply" hello
	flow=$(flows '.protocol == "tcp"')
	equal "$(jq -c '.[0] | [.direction, .state, .command_port, .remote_addr, .bytes_out,
		.bytes_in, .processes[0].name]' <<<"$flow")" \
		"[\"in\",\"established\",7000,\"$HOST4\",6,6,\"python3\"]"
	exec {client}>&-
}

@test "flows: datagrams are answered, or not" {
	local port silent

	serve port udp echo
	serve silent udp hold
	hold udp "$HOST4" "$port" --size 500
	equal "$(flows '.protocol == "udp" and .remote_port != 53' |
		jq -c '.[] | [.direction, .state, .bytes_out, .bytes_in, .processes[0].pid]')" \
		"[\"out\",\"answered\",500,500,$PID_INSIDE]"
	equal "$(flows '.protocol == "udp"' | jq '.[0].command_port')" "$PORT_INSIDE"
	stop "$LAUNCHER"
	hold udp "$HOST4" "$silent" --size 100 --silent
	equal "$(flows '.protocol == "udp"' | jq -c '.[] | [.state, .bytes_out, .bytes_in]')" \
		'["unanswered",100,0]'
}

@test "flows: datagrams to a published port come in" {
	local flow

	start_container_server --publish 0:7000/udp -- udp echo --port 7000
	equal "$(client talk udp "$HOST4" "$(published)" --text hi)" hi
	flow=$(flows '.protocol == "udp"')
	equal "$(jq -c '.[0] | [.direction, .state, .command_port, .remote_addr, .bytes_out,
		.bytes_in, .processes[0].name]' <<<"$flow")" \
		"[\"in\",\"answered\",7000,\"$HOST4\",3,3,\"python3\"]"
}

@test "flows: half closed, then gone" {
	local port

	serve port tcp half --reply x
	hold tcp "$HOST4" "$port"
	await_flows 'map(select(.protocol == "tcp"))[0].state == "closing"'
	tell close
	await_flows 'map(select(.protocol == "tcp")) | length == 0'
}

@test "flows: connecting, while nobody answers" {
	start_container / "$PYTHON" "$TOOLS/client.py" connect tcp 198.51.100.1 80 --timeout 60
	await_flows 'map(select(.state == "connecting" and .remote_addr == "198.51.100.1" and
		.remote_port == 80 and .processes[0].name == "python3")) | length == 1'
}

@test "flows: what a process calls itself does not reach the terminal" {
	local port

	serve port tcp echo
	hold tcp "$HOST4" "$port" --size 1 --name $'\e[2Jx\a'
	run "$CTL" "$NAME" flows
	matches "$output" "$PID_INSIDE/\\?\\[2Jx\\?"
	lacks "$output" $'\e'
	run "$CTL" "$NAME" flows --json
	lacks "$output" $'\e'
	matches "$output" '\\u001[bB]\[2Jx'
}

@test "flows: page after page, 600 of them, each once" {
	local port

	serve port tcp echo --quiet
	PATIENCE=$(patient 30) hold tcp "$HOST4" "$port" --count 600 --size 1
	"$CTL" "$NAME" flows --json >"$T/all.json"
	equal "$(jq 'map(select(.protocol == "tcp")) | length' "$T/all.json")" 600
	equal "$(jq '[.[].id] | unique | length == ($n | length)' --argjson n \
		"$(jq '[.[].id]' "$T/all.json")" "$T/all.json")" true
	equal "$(jq 'all(.[] | select(.protocol == "tcp");
		.processes[0].name == "python3" and .bytes_out == 1)' "$T/all.json")" true
	tell close
	await_flows 'map(select(.protocol == "tcp")) | length == 0'
}

@test "flows: --watch goes on until the container ends" {
	local port line

	serve port tcp echo
	hold tcp "$HOST4" "$port" --size 9
	mkfifo "$T/watched"
	"$CTL" "$NAME" flows --watch --json >"$T/watched" &
	SERVERS+=("$!")
	exec {watched}<"$T/watched"
	for _ in 1 2; do
		read -r -t "$PATIENCE" line <&"$watched" || fail "nothing to watch"
		equal "$(jq '.[0].bytes_out' <<<"$line")" 9
	done
	stop "$LAUNCHER"
	await_exit "${SERVERS[-1]}"
	equal "$STATUS" 0
}

@test "flows: of a container without a network of ours" {
	start_container --net none / sleep 1000
	run --separate-stderr "$CTL" "$NAME" flows
	assert_failed 1 "container '$NAME'"
}

@test "flows: ends are not taken for others" {
	local port

	# Two processes, two connections to one server: each has its own.
	serve port tcp echo
	start_container / sh -c "'$PYTHON' '$TOOLS/hold_flows.py' tcp $HOST4 $port --size 11 &
		'$PYTHON' '$TOOLS/hold_flows.py' tcp $HOST4 $port --size 22; wait"
	read_out one
	read_out two
	for line in "$one" "$two"; do
		equal "$(flows ".command_port == ${line#* }" | jq '.[0].processes[0].pid')" \
			"${line% *}"
	done
	equal "$(flows '.protocol == "tcp"' | jq -c '[.[].bytes_out] | sort')" '[11,22]'
}

# bats test_tags=load
@test "flows: thousands of them, while a transfer goes on" {
	local port echo count=9000

	# libslirp looks at all of its sockets for each event.
	[[ $LINK == gateway ]] || count=2500
	serve port tcp echo --quiet
	serve echo tcp checksum
	PATIENCE=$(patient 60) hold tcp "$HOST4" "$port" --count "$count" --size 1
	inside "$PYTHON" "$TOOLS/client.py" send tcp "$HOST4" "$echo" --size 100000000 >"$T/sent" &
	SERVERS+=("$!")
	for _ in 1 2 3 4 5; do
		equal "$(flows ".remote_port == $port" | jq '[.[].id] | unique | length')" "$count"
	done
	await_exit "${SERVERS[-1]}"
	equal "$STATUS" 0
}
