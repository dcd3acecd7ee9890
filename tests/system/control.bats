#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# control - the control socket: slirp4netns's verbs to the letter, and clients that misbehave

load common

start_controlled()
{
	start_container --name controlled "$@" / sleep infinity
	SOCKET=$XDG_RUNTIME_DIR/netns-run/controlled/control.sock
}

# One request as slirp4netns's clients send it: an object, then the end.
ask()
{
	printf '%s' "$1" | timeout "$PATIENCE" nc -N -U "$SOCKET"
}

error_of()
{
	ask "$1" | jq -r .error.desc
}

add()
{
	ask "{\"execute\":\"add_hostfwd\",\"arguments\":{$1}}"
}

@test "control: add_hostfwd, list_hostfwd and remove_hostfwd as slirp4netns's clients know them" {
	local port

	start_controlled
	port=$("$PYTHON" "$TOOLS/free_ports.py" 1)
	equal "$(add "\"proto\":\"tcp\",\"host_addr\":\"127.0.0.1\",\"host_port\":$port,\"guest_addr\":\"10.0.2.100\",\"guest_port\":80")" \
		'{"return":{"id":1}}'
	run ask '{"execute":"list_hostfwd"}'
	equal "$(jq -c '.entries[0] | {id,proto,host_addr,host_port,guest_addr,guest_port}' <<<"$output")" \
		"{\"id\":1,\"proto\":\"tcp\",\"host_addr\":\"127.0.0.1\",\"host_port\":$port,\"guest_addr\":\"10.0.2.100\",\"guest_port\":80}"
	equal "$(jq -c .entries <<<"$output")" "$(jq -c .return.entries <<<"$output")"
	equal "$(ask '{"execute":"remove_hostfwd","arguments":{"id":1}}')" '{"return":{}}'
	equal "$(ask '{"execute":"list_hostfwd"}' | jq -c .return.entries)" '[]'
}

@test "control: host_addr and guest_addr may be absent or empty" {
	local port

	start_controlled
	port=$("$PYTHON" "$TOOLS/free_ports.py" 2)
	equal "$(add "\"proto\":\"tcp\",\"host_port\":$port,\"guest_port\":80")" '{"return":{"id":1}}'
	equal "$(add "\"proto\":\"udp\",\"host_addr\":\"\",\"host_port\":$((port + 1)),\"guest_addr\":\"\",\"guest_port\":80")" \
		'{"return":{"id":2}}'
	run ask '{"execute":"list_hostfwd"}'
	equal "$(jq -r '.return.entries[].host_addr' <<<"$output" | sort -u)" 0.0.0.0
}

@test "control: a port that was added is served, and no more after its removal" {
	local port

	port=$("$PYTHON" "$TOOLS/free_ports.py" 1)
	start_container_server --name controlled -- tcp whoami --port 7000
	SOCKET=$XDG_RUNTIME_DIR/netns-run/controlled/control.sock
	add "\"proto\":\"tcp\",\"host_port\":$port,\"guest_port\":7000"
	matches "$(client talk tcp 127.0.0.1 "$port")" "^10\.0\.2\.2 "
	ask '{"execute":"remove_hostfwd","arguments":{"id":1}}'
	equal "$(client connect tcp 127.0.0.1 "$port")" ECONNREFUSED
}

@test "control: slirp4netns's error strings" {
	start_controlled
	equal "$(error_of '{')" "bad request: cannot parse JSON"
	equal "$(error_of 'garbage')" "bad request: cannot parse JSON"
	equal "$(error_of '[]')" "bad request: json_object() failed"
	equal "$(error_of '"text"')" "bad request: json_object() failed"
	equal "$(error_of '{}')" "bad request: no execute found"
	equal "$(error_of '{"execute":1}')" "bad request: no execute found"
	equal "$(error_of '{"execute":"frob"}')" "bad request: unknown execute"
}

@test "control: slirp4netns's error strings for arguments" {
	local prefix="bad request: add_hostfwd: bad arguments" value

	start_controlled
	equal "$(error_of '{"execute":"add_hostfwd"}')" "$prefix.proto"
	equal "$(error_of '{"execute":"add_hostfwd","arguments":[]}')" "$prefix.proto"
	equal "$(add '"host_port":8080,"guest_port":80' | jq -r .error.desc)" "$prefix.proto"
	equal "$(add '"proto":"sctp","host_port":8080,"guest_port":80' | jq -r .error.desc)" "$prefix.proto"
	equal "$(add '"proto":"tcp","host_addr":"x","host_port":8080,"guest_port":80' | jq -r .error.desc)" \
		"$prefix.host_addr"
	equal "$(add '"proto":"tcp","guest_addr":"x","host_port":8080,"guest_port":80' | jq -r .error.desc)" \
		"$prefix.guest_addr"
	for value in '"x":0' '"host_port":0' '"host_port":65536' '"host_port":-1' '"host_port":"80"' \
		'"host_port":4294967376'; do
		equal "$(add "\"proto\":\"tcp\",$value,\"guest_port\":80" | jq -r .error.desc)" \
			"$prefix.host_port"
		equal "$(add "\"proto\":\"tcp\",${value/host/guest},\"host_port\":8080" | jq -r .error.desc)" \
			"$prefix.guest_port"
	done
	for value in '' '"id":0' '"id":-1' '"id":"1"' '"id":null' '"id":77'; do
		equal "$(error_of "{\"execute\":\"remove_hostfwd\",\"arguments\":{$value}}")" \
			"bad request: remove_hostfwd: bad arguments.id"
	done
}

@test "control: a port that is taken has slirp4netns's string, a symbol and a cause" {
	local port

	start_controlled
	serve port tcp hold --address 127.0.0.1
	run add "\"proto\":\"tcp\",\"host_addr\":\"127.0.0.1\",\"host_port\":$port,\"guest_port\":80"
	equal "$(jq -r .error.desc <<<"$output")" "bad request: add_hostfwd: slirp_add_hostfwd failed"
	equal "$(jq -r .error.code <<<"$output")" EADDRINUSE
	# The sandbox keeps the forwarder from looking into processes.
	matches "$(jq -r .error.cure <<<"$output")" "a process of uid $(id -u) holds it"
}

@test "control: several requests on one connection, a line each" {
	start_controlled
	run ask $'{"execute":"inspect"}\n{"execute":"frob"}\n\n{"execute":"list_hostfwd"}\n'
	equal "${#lines[@]}" 3
	equal "$(jq -r .return.name <<<"${lines[0]}")" controlled
	equal "$(jq -r .error.desc <<<"${lines[1]}")" "bad request: unknown execute"
	equal "$(jq -c .return.entries <<<"${lines[2]}")" '[]'
}

@test "control: an object over several lines, with braces in strings" {
	start_controlled
	equal "$(ask $'{\n "x": "}{\\"}\\n",\n "execute":\n "inspect"\n}' | jq -r .return.name)" controlled
}

@test "control: a request in single bytes is answered" {
	start_controlled
	"$PYTHON" "$TOOLS/control_client.py" spoon "$SOCKET"
}

@test "control: 10 MB are refused, and the next client is served" {
	start_controlled
	run "$PYTHON" "$TOOLS/control_client.py" flood "$SOCKET"
	equal "$status" 0
	matches "$output" "too large message"
	equal "$(ask '{"execute":"inspect"}' | jq -r .return.name)" controlled
}

@test "control: garbage is answered with errors, and the next client is served" {
	start_controlled
	"$PYTHON" "$TOOLS/control_client.py" garbage "$SOCKET"
	equal "$(ask '{"execute":"inspect"}' | jq -r .return.name)" controlled
}

@test "control: a client that does not read is not heard, all others are" {
	start_controlled
	"$PYTHON" "$TOOLS/control_client.py" deaf "$SOCKET"
	equal "$(ask '{"execute":"inspect"}' | jq -r .return.name)" controlled
}

# bats test_tags=load
@test "control: 300 silent connections stop neither control nor network" {
	start_controlled
	"$PYTHON" "$TOOLS/control_client.py" crowd "$SOCKET" 300
	equal "$(inside dig +short +tries=1 +time=5 host.test A)" "$HOST4"
}

@test "control: a silent and a slow client do not stop the network" {
	start_controlled
	start_server _ "$PYTHON" "$TOOLS/control_client.py" hold "$SOCKET"
	equal "$(inside dig +short +tries=1 +time=5 host.test A)" "$HOST4"
	equal "$(ask '{"execute":"inspect"}' | jq -r .return.name)" controlled
}

@test "control: the socket is the owner's alone" {
	start_controlled
	equal "$(stat -c %a "$SOCKET")" 600
	equal "$(stat -c %a "${SOCKET%/*}")" 700
}

@test "control: another user is refused, even where the files are open" {
	start_controlled
	((WORLD_UIDS > 1)) || missing "subordinate ids"
	chmod 0755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$T" "$XDG_RUNTIME_DIR" "$XDG_RUNTIME_DIR/netns-run" "${SOCKET%/*}"
	chmod 0666 "$SOCKET"
	run as_host_root setpriv --reuid 1001 --regid 1001 --clear-groups \
		bash -c "echo '{\"execute\":\"inspect\"}' | nc -N -U '$SOCKET'"
	chmod 0700 "$BATS_RUN_TMPDIR" "$XDG_RUNTIME_DIR" "$XDG_RUNTIME_DIR/netns-run" "${SOCKET%/*}"
	equal "$output" ""
	equal "$(ask '{"execute":"inspect"}' | jq -r .return.name)" controlled
}

@test "control: the command cannot reach the socket" {
	rootfs
	run netns_run "$ROOTFS" find / -xdev -name control.sock
	equal "$output" ""
}

@test "control: inspect says which link is in use, and counts" {
	start_controlled
	run ask '{"execute":"inspect"}'
	equal "$(jq -r .return.link <<<"$output")" "$LINK"
	equal "$(jq -r .return.ipv4.address <<<"$output")" 10.0.2.100
	equal "$(jq -r '.return.counters | type' <<<"$output")" object
}

@test "control: netns-ctl ls names containers, links, addresses and ports" {
	equal "$("$CTL" ls | wc -l)" 1
	start_controlled --publish 127.0.0.1:0:80
	run "$CTL" ls
	matches "${lines[0]}" "^NAME +PID +LINK +ADDRESS +PORTS +COMMAND"
	matches "${lines[1]}" "^controlled +$LAUNCHER +$LINK +10\.0\.2\.100 +127\.0\.0\.1:$(published):80/tcp +sleep infinity"
	equal "$("$CTL" ls --json | jq -r '.[0].name')" controlled
}

@test "control: netns-ctl port add, ls and rm" {
	local rule

	start_container_server --name controlled -- tcp whoami --port 7000
	rule=$("$CTL" controlled port add 127.0.0.1:0:7000)
	matches "$rule" "^127\.0\.0\.1:[0-9]+:7000/tcp$"
	matches "$(client talk tcp 127.0.0.1 "$(cut -d: -f2 <<<"$rule")")" "^10\.0\.2\.2 "
	matches "$("$CTL" controlled port ls)" "1 +$rule +"
	"$CTL" controlled port rm "$rule"
	equal "$(client connect tcp 127.0.0.1 "$(cut -d: -f2 <<<"$rule")")" ECONNREFUSED
	"$CTL" controlled port add 127.0.0.1:0:7000 '[::1]:0:7001/udp'
	"$CTL" controlled port rm 2 3
	equal "$("$CTL" controlled port ls --json | jq length)" 0
}

@test "control: netns-ctl ls and stats where the forwarder does not answer" {
	local port forwarder

	port=$("$PYTHON" "$TOOLS/free_ports.py" 2)
	start_container --name mute --publish "127.0.0.1:$port:80" / sleep infinity
	"$CTL" mute port add "$((port + 1)):81,proxy=v1"
	forwarder=$(pgrep -P "$LAUNCHER" -x netns-forwarder)
	kill -STOP "$forwarder"
	run --separate-stderr "$CTL" ls
	equal "$status" 0
	equal "$stderr" ""
	matches "$output" "127\.0\.0\.1:$port:80/tcp,$((port + 1)):81/tcp,proxy=v1 "
	run --separate-stderr "$CTL" mute stats
	assert_failed 1 "container 'mute' did not answer in time"
	kill -CONT "$forwarder"
}

@test "control: netns-ctl says what went wrong" {
	local port

	start_controlled
	serve port tcp hold --address 127.0.0.1
	run --separate-stderr "$CTL" controlled port add "127.0.0.1:$port:80"
	assert_failed 1 ".*127\.0\.0\.1:$port/tcp: process 'python3' \(pid ${SERVERS[0]}\) holds it"
	assert_hint "another host port"
	run --separate-stderr "$CTL" controlled port rm 99
	assert_failed 1 ".*99"
	run --separate-stderr "$CTL" controlled port rm 127.0.0.1:9
	assert_failed 1 ".*not published"
}

@test "control: netns-ctl inspect is JSON" {
	start_controlled
	equal "$("$CTL" controlled inspect | jq -r .name)" controlled
}

# bats test_tags=load
@test "control: the forwarder does not grow by 5000 requests" {
	local pid before after

	start_controlled
	pid=$(pgrep --parent "$LAUNCHER" --exact netns-forwarder)
	"$PYTHON" "$TOOLS/control_client.py" repeat "$SOCKET" 500
	before=$(awk '/VmRSS/ { print $2 }' "/proc/$pid/status")
	"$PYTHON" "$TOOLS/control_client.py" repeat "$SOCKET" 5000
	after=$(awk '/VmRSS/ { print $2 }' "/proc/$pid/status")
	((after - before < 512)) || fail "from $before to $after KB"
}
