#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# attached_ctl - netns-ctl on networks for namespaces that somebody else has made

load common
load target
load watch

ATTACH=$NETNS_BUILD/plugins/netns-attach

# attach NAME OPTION...: a network in the background for a new target; sets HELPER (pid).
attach()
{
	local name=$1

	shift
	start_target
	equal "$(timeout "$PATIENCE" "$ATTACH" --link="$LINK" --detach --name "$name" "$@" "$TARGET" 3>&-)" "$name"
	HELPER=$(state "$name" .pid)
}

state()
{
	jq -r "$2" "$XDG_RUNTIME_DIR/netns-run/$1/state.json"
}

# Of a process that is no child of ours.
await_end()
{
	timeout "$PATIENCE" tail --follow --pid="$1" /dev/null
	equal "$("$CTL" ls --json | jq -c .)" '[]'
}

# refused REGEX ARGUMENT...: by netns-ctl, in one line of cause and one of cure.
refused()
{
	run --separate-stderr timeout "$PATIENCE" "$CTL" "${@:2}"
	[[ $status -ne 0 ]] || fail "${*:2} was done: $output"
	matches "${stderr_lines[0]}" "$1"
	((${#stderr_lines[@]} == 2)) || fail "not two lines: $stderr"
}

@test "attached-ctl: upgrade replaces the forwarder, and on a gateway TCP goes on" {
	local before echo line

	start_server echo "$PYTHON" "$TOOLS/serve.py" tcp echo --address :: --quiet
	attach box --publish 127.0.0.1:0:8080
	mkfifo "$T/go" "$T/said"
	within "$PYTHON" -c "
import socket
s = socket.create_connection(('$HOST4', $echo))
print('up', flush=True)
input()
s.sendall(b'still there')
print(s.recv(100).decode(), flush=True)" <"$T/go" >"$T/said" 2>&1 3>&- &
	SERVERS+=("$!")
	exec {go}>"$T/go" {said}<"$T/said"
	read -r -t "$PATIENCE" line <&"$said"
	equal "$line" up
	before=$(state box .forwarder.pid)
	run --separate-stderr "$CTL" box upgrade
	equal "$status" 0
	[[ $LINK == gateway ]] || matches "$stderr" 'link tap: established connections have ended'
	[[ $(state box .forwarder.pid) != "$before" ]]
	equal "$(state box '.forwarder | [.restarts, .upgrades] | join(" ")')" "0 1"
	start_server INNER within "$PYTHON" "$TOOLS/serve.py" tcp whoami --address :: --port 8080 --reply !
	matches "$(client talk tcp 127.0.0.1 "$(state box '.ports[0].host_port')")" '!$'
	if [[ $LINK == gateway ]]; then
		echo >&"$go"
		read -r -t "$PATIENCE" line <&"$said"
		equal "$line" "still there"
	fi
	exec {go}>&- {said}<&-
	kill -KILL "$TARGET"
	await_end "$HELPER"
}

@test "attached-ctl: events of one network: ports, denied flows, a new forwarder, the end" {
	attach box --egress deny --publish 127.0.0.1:0:80
	watch_events box events --last 10
	equal "$(next_event "$EVENTS" '[.event, .container] | join(" ")')" "started box"
	matches "$(next_event "$EVENTS" '[.event, .rule] | join(" ")')" 'port-added 127.0.0.1:[0-9]*:80/tcp'
	within "$PYTHON" "$TOOLS/client.py" connect tcp "$NEIGHBOUR4" 9 >"$T/denied"
	equal "$(cat "$T/denied")" ECONNREFUSED
	equal "$(next_event "$EVENTS" '[.event, .reason, .protocol] | join(" ")')" "flow-denied egress tcp"
	"$CTL" box port rm 1
	equal "$(next_event "$EVENTS" '[.event, .id] | join(" ")')" "port-removed 1"
	"$CTL" box upgrade 2>/dev/null
	equal "$(next_event "$EVENTS" .event)" forwarder-upgraded
	kill -KILL "$(state box .forwarder.pid)"
	equal "$(next_event "$EVENTS" .event)" forwarder-restarted
	kill -KILL "$TARGET"
	equal "$(next_event "$EVENTS" '[.event, .status] | join(" ")')" "ended 0"
	await_exit "$WATCHER"
	equal "$STATUS" 0
	await_end "$HELPER"
}

# As soon as they can be seen they can be followed.
@test "attached-ctl: events of all networks, also those that start later" {
	local i

	watch_events events
	"$CTL" ls >/dev/null
	for i in 1 2 3; do
		attach "net$i"
		equal "$(next_event "$EVENTS" '[.event, .container] | join(" ")')" "started net$i"
		kill -KILL "$TARGET"
		equal "$(next_event "$EVENTS" '[.event, .container] | join(" ")')" "ended net$i"
	done
}

@test "attached-ctl: wait returns when the network ends, and says how" {
	local waiter how expected

	mkfifo "$T/sent"
	for how in namespace term stop kill; do
		attach box
		"$PYTHON" "$TOOLS/session_client.py" box wait '{}' "$T/sent" >"$T/status" 2>"$T/err" 3>&- &
		waiter=$!
		read -r -t "$PATIENCE" expected <"$T/sent"
		case $how in
			namespace) kill -KILL "$TARGET" ;;
			term) kill "$HELPER" ;;
			stop) "$CTL" box stop ;;
			kill) "$CTL" box kill HUP ;;
		esac
		wait "$waiter" || fail "$how: $(cat "$T/err")"
		matches " namespace 0 term 143 stop 143 kill 129 " " $how $(jq .status "$T/status") "
		await_end "$HELPER"
	done
}

@test "attached-ctl: kill without a signal ends the network at once" {
	attach box
	"$CTL" box kill
	await_end "$HELPER"
}

@test "attached-ctl: inspect, stats and logs" {
	attach box --publish 127.0.0.1:0:80
	equal "$("$CTL" box inspect | jq -r '[.name, .pid, .link, .net, (.ports | length)] | join(" ")')" "box $HELPER $LINK user 1"
	equal "$("$CTL" box inspect | jq -c '.launcher_sandbox | [.mode, .layers, .missing]')" \
		'["on",["privileges","landlock","seccomp"],{}]'
	"$CTL" box port add 127.0.0.1:0:81 >/dev/null
	equal "$("$CTL" box inspect | jq '.ports | length')" 2
	within ping -c1 -W5 10.0.2.2 >/dev/null
	equal "$("$CTL" box stats --json | jq -r '[.network.traffic != null, .forwarder.upgrades] | join(" ")')" "true 0"
	kill -KILL "$(state box .forwarder.pid)"
	within ping -c1 -W5 10.0.2.2 >/dev/null
	until [[ $("$CTL" box logs) == *restarted* ]]; do :; done
	matches "$("$CTL" box logs)" 'netns-forwarder was killed by signal 9 .*; restarted'
	matches "$("$CTL" ls)" "box +$HELPER +$LINK"
}

@test "attached-ctl: what is about a command is refused, with the cure" {
	only_on gateway # which makes no difference
	attach box
	refused "'box' is a network without a command" box exec true
	refused "'box' is a network without a command" box exec --host-tool true
	refused "'box' is a network without a command" box ps
	refused "'box' is a network without a command" box capture --count 1
	refused "'box' is a network without a cgroup" box pause
	refused "'box' is a network without a cgroup" box resume
	refused "'box' is a network without a cgroup" box update --memory 64m
	refused "'box' is a network without a command" box kill USR1
	within ping -c1 -W5 10.0.2.2
}
