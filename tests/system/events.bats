#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# events - what happens to containers, told as JSON lines

load common
load watch

@test "events: --events-fd tells of start and end, and closes" {
	local base=$T/fd

	"$RUN" --link="$LINK" --name watched --events-fd 8 / sh -c 'exit 7' 8>"$base" || STATUS=$?
	equal "$STATUS" 7
	equal "$(jq -r .event "$base" | xargs)" "started ended"
	equal "$(jq -r .container "$base" | sort -u)" watched
	equal "$(jq -s '.[1].status' "$base")" 7
	equal "$(jq -rs '.[0].link' "$base")" "$LINK"
	matches "$(jq -rs '.[0].time' "$base")" "^20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-9:.]+Z$"
}

@test "events: --events-fd may be a pipe whose reader has gone or does not read" {
	run bash -c "'$RUN' --link=$LINK --events-fd 8 / true 8> >(exec true); echo \$?"
	equal "$output" 0
	mkfifo "$T/deaf"
	exec {deaf}<>"$T/deaf"
	# No room for a single line.
	dd if=/dev/zero bs=65536 count=1 status=none >&"$deaf"
	run "$RUN" --link="$LINK" --events-fd 8 / true 8>"$T/deaf" {deaf}>&-
	equal "$status" 0
	exec {deaf}>&-
}

@test "events: --events-fd is told where it cannot be had, and is not the command's" {
	run --separate-stderr netns_run --events-fd 77 / true
	assert_failed 125 ".*77"
	run netns_run --events-fd 8 / ls /proc/self/fd 8>"$T/fd"
	equal "$(xargs <<<"$output")" "0 1 2 3"
}

@test "events: --events-fd outlives --detach" {
	mkfifo "$T/pipe"
	exec {pipe}<>"$T/pipe"
	"$RUN" --link="$LINK" --name watched --detach --events-fd 8 / sleep infinity 8>"$T/pipe" \
		{pipe}>&-
	equal "$(next_event "$pipe" .event)" started
	"$CTL" watched stop
	equal "$(next_event "$pipe" .event)" ended
	exec {pipe}>&-
}

@test "events: published ports are told of from the start" {
	"$RUN" --link="$LINK" --publish 127.0.0.1:0:80 --publish 127.0.0.1:0:53/udp \
		--events-fd 8 / true 8>"$T/fd" 2>/dev/null
	equal "$(jq -r .event "$T/fd" | xargs)" "started port-added port-added ended"
	equal "$(jq -r '.id // empty' "$T/fd" | xargs)" "1 2"
	matches "$(jq -r '.rule // empty' "$T/fd" | xargs)" \
		"^127\.0\.0\.1:[0-9]+:80/tcp 127\.0\.0\.1:[0-9]+:53/udp$"
}

@test "events: netns-ctl NAME events follows one, with its past, and ends with it" {
	start_container --name watched / sleep infinity
	watch_events watched events --last 10
	equal "$(next_event "$EVENTS" '.event + " " + .container')" "started watched"
	stop_all
	equal "$(next_event "$EVENTS" '"\(.event) \(.status)"')" "ended 143"
	await_exit "$WATCHER"
	equal "$STATUS" 0
}

@test "events: netns-ctl events follows all, also those that start later" {
	start_container --name first / sleep infinity
	watch_events events --last 1
	equal "$(next_event "$EVENTS" '.container + " " + .event')" "first started"
	start_container --name second / sleep infinity
	equal "$(next_event "$EVENTS" '.container + " " + .event')" "second started"
	stop "${LAUNCHERS[0]}"
	equal "$(next_event "$EVENTS" '.container + " " + .event')" "first ended"
	start_container --name first / sleep infinity
	equal "$(next_event "$EVENTS" '.container + " " + .event')" "first started"
	stop_all
	kill -0 "$WATCHER"
}

@test "events: netns-ctl events runs before there is any container" {
	watch_events events
	# The base directory is made by whoever comes first: then it is watched.
	until [[ -d $XDG_RUNTIME_DIR/netns-run ]]; do read -rt 0.05 <> <(:) || true; done
	start_container --name a / sleep infinity
	equal "$(next_event "$EVENTS" '.container + " " + .event')" "a started"
	stop_all
	equal "$(next_event "$EVENTS" '.container + " " + .event')" "a ended"
}

@test "events: containers that come and go are all told of, in order" {
	local i

	start_container --name anchor / sleep infinity
	watch_events events --last 1
	equal "$(next_event "$EVENTS" '.container + " " + .event')" "anchor started"
	mkfifo "$T/go"
	for ((i = 0; i < 10; i++)); do
		netns_run --name same / sh -c "read -r status; exit \$status" <"$T/go" &
		LAUNCHERS+=("$!")
		exec {go}>"$T/go"
		equal "$(next_event "$EVENTS" '.container + " " + .event')" "same started"
		echo "$i" >&"$go"
		exec {go}>&-
		await_exit "$!"
		equal "$STATUS" "$i"
		equal "$(next_event "$EVENTS" '"\(.container) \(.status)"')" "same $i"
	done
	stop_all
	equal "$(next_event "$EVENTS" .container)" anchor
}

@test "events: a killed launcher's container ends all the same" {
	start_container --name watched / sleep infinity
	watch_events watched events --last 1
	equal "$(next_event "$EVENTS" .event)" started
	kill -KILL "$LAUNCHER"
	equal "$(next_event "$EVENTS" '"\(.event) \(.status)"')" "ended null"
	await_exit "$WATCHER"
	equal "$STATUS" 0
	LAUNCHERS=()
}

@test "events: --filter takes kinds, and says which there are" {
	start_container --name watched --publish 127.0.0.1:0:80 / sleep infinity
	watch_events watched events --last 10 --filter event=ended --filter event=port-added
	equal "$(next_event "$EVENTS" .event)" port-added
	stop_all
	equal "$(next_event "$EVENTS" .event)" ended
	run --separate-stderr "$CTL" events --filter event=restarted
	assert_failed 125 ".*'restarted'"
	assert_hint "forwarder-restarted"
	run --separate-stderr "$CTL" events --filter kind=ended
	assert_failed 125 ".*kind=ended"
	run --separate-stderr "$CTL" events --last -1
	assert_failed 125 ".*-1"
}

@test "events: netns-ctl ends when nobody reads it" {
	start_container --name watched / sleep infinity
	run timeout "$PATIENCE" bash -c "set -o pipefail; '$CTL' watched events --last 1 | head -n1"
	equal "$status" 0
	equal "$(jq -r .event <<<"$output")" started
}

# denied TYPE ADDRESS: what the event says of a flow to port 9 there.
denied()
{
	inside "$PYTHON" "$TOOLS/client.py" connect "$1" "$2" 9 >/dev/null || true
	next_event "$EVENTS" '"\(.event) \(.protocol) \(.destination) \(.reason)"'
}

@test "events: a flow that policy denies is told of, by protocol, ends and reason" {
	start_container --name watched / sleep infinity
	watch_events watched events --last 1 --filter event=flow-denied --filter event=started
	equal "$(next_event "$EVENTS" .event)" started
	equal "$(denied tcp 10.0.2.2)" "flow-denied tcp 10.0.2.2:9 host-port"
	equal "$(denied udp fd00::2)" "flow-denied udp [fd00::2]:9 host-port"
	equal "$(denied tcp 10.0.2.3)" "flow-denied tcp 10.0.2.3:9 not-dns"
}

@test "events: a flood of denied flows is told of at a bounded rate, and counted" {
	local line told=0 suppressed=0

	start_container --name watched / sleep infinity
	watch_events watched events --last 1
	equal "$(next_event "$EVENTS" .event)" started
	inside "$PYTHON" -c '
import errno, socket
for i in range(3000):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.sendto(b"x", ("10.0.2.2", 1000 + i))
    # Not faster than the forwarder reads: it answers in order.
    if i % 100 == 0 and socket.socket().connect_ex(("10.0.2.2", 9)) != errno.ECONNREFUSED:
        raise SystemExit("the forwarder does not answer")'
	while ((suppressed < 2000 && ++told < 60)); do
		read -r -t "$PATIENCE" line <&"$EVENTS" || fail "$suppressed were suppressed"
		suppressed=$((suppressed + $(jq '.suppressed // 0' <<<"$line")))
	done
	((suppressed >= 2000)) || fail "$told events"
}

@test "events: new name servers of the host are told of" {
	as_host_root unshare --mount bash -c "
		set -e; cd '$T'
		export XDG_RUNTIME_DIR=$T/root; mkdir root; mkfifo events go
		echo 'nameserver 192.0.2.1' >resolv.conf
		mount --bind resolv.conf \"\$(realpath /etc/resolv.conf)\"
		exec 7<>events 9<>go
		'$RUN' --link=$LINK --events-fd 8 / sh -c 'read -r _' 8>events <&9 7>&- 9>&- &
		read -r -t $PATIENCE _ <&7
		echo 'nameserver 192.0.2.2' >resolv.conf
		read -r -t $PATIENCE line <&7; echo \"\$line\"
		echo >&9; wait; rm -r root" >"$T/answer"
	equal "$(jq -c '[.event, .nameservers]' "$T/answer")" '["resolver-changed",["192.0.2.2"]]'
}

@test "events: ports that come and go at run time are told of" {
	local rule

	start_container --name watched / sleep infinity
	watch_events watched events --last 1
	equal "$(next_event "$EVENTS" .event)" started
	rule=$("$CTL" watched port add 127.0.0.1:0:80)
	equal "$(next_event "$EVENTS" '"\(.event) \(.id) \(.rule)"')" "port-added 1 $rule"
	"$CTL" watched port rm 1
	equal "$(next_event "$EVENTS" '"\(.event) \(.id) \(.rule)"')" "port-removed 1 $rule"
}

@test "events: none of a thousand ports at once is lost" {
	local port

	port=$("$PYTHON" "$TOOLS/free_ports.py" 1000)
	start_container --name watched / sleep infinity
	"$CTL" watched events --last 2000 --filter event=port-added --filter event=ended >"$T/all" 3>&- &
	SERVERS+=("$!")
	seq "$port" $((port + 999)) | sed 's/^/127.0.0.1:/; s/$/:80/' |
		xargs "$CTL" watched port add >/dev/null
	stop_all
	await_exit "${SERVERS[0]}"
	equal "$(jq -r .event "$T/all" | sort | uniq -c | xargs)" "1 ended 1000 port-added"
}

@test "events: a forwarder in the place of a killed one is told of" {
	start_container --name watched --publish 127.0.0.1:0:80 / sleep infinity
	exec {followed}< <("$CTL" watched events --last 2)
	equal "$(next_event "$followed" .event)" started
	equal "$(next_event "$followed" .event)" port-added
	kill -KILL "$(pgrep -P "$LAUNCHER" netns-forwarder)"
	equal "$(next_event "$followed" '"\(.event) \(.cause)"')" "forwarder-restarted was killed by signal 9 (Killed)"
	# The port is the same: nothing else is told of it.
	"$CTL" watched port add 127.0.0.1:0:81 >/dev/null
	equal "$(next_event "$followed" '"\(.event) \(.id)"')" "port-added 2"
	exec {followed}<&-
}
