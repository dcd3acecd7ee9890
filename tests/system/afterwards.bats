#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# afterwards - netns-ctl and a running container: exec, ps, stop, kill, wait, inspect

load common

# start_web [OPTION...] ROOTFS CMD...
start_web()
{
	start_container --name web "$@"
}

web()
{
	timeout "$((3 * PATIENCE))" "$CTL" web "$@"
}

# Runs a verb in the background, with its output in file $T/NAME; sets PID.
web_in_background() # NAME VERB...
{
	local name=$1
	shift
	"$CTL" web "$@" >"$T/$name" 2>"$T/$name.err" </dev/null 3>&- {OUT}>&- &
	PID=$!
	SERVERS+=("$PID")
}

# exec_in_background [OPTION...] CMD...: a command that prints a line, in LINE. Sets PID (netns-ctl's)
# and EXEC (descriptor to read more of its output from).
exec_in_background()
{
	local fifo=$T/exec.$((++COUNT))

	mkfifo "$fifo"
	exec {EXEC}<>"$fifo"
	"$CTL" web exec "$@" >"$fifo" 2>"$T/exec.err" </dev/null 3>&- {OUT}>&- {EXEC}>&- &
	PID=$!
	SERVERS+=("$PID")
	read -r -t "$PATIENCE" LINE <&"$EXEC" || fail "no output: $(cat "$T/exec.err")"
}

# Waits until a netns-ctl has sent its request and sleeps.
await_waiting() # PID
{
	timeout "$PATIENCE" bash -c "until find /proc/$1/fd -lname 'socket:*' | grep -q . &&
		grep -q '^State:.S' /proc/$1/status; do kill -0 $1 || exit 1; done"
}

# What a process can be told apart by.
# shellcheck disable=SC2016 # it is for the shell inside
IDENTITY='
	for name in user net mnt pid uts ipc cgroup; do readlink /proc/self/ns/$name; done
	hostname
	id
	cat /proc/self/cgroup
	grep -E "^(Cap|NoNewPrivs|Seccomp:|Groups|Umask)" /proc/self/status
	ulimit -a'

# A cgroup below which the user may make others; tools/delegate makes it when root starts the suite.
delegated()
{
	[[ ${WORLD_CGROUP:-} ]] || skip "no delegated cgroup: the suite was not started by root"
}

# --- exec ---

@test "exec: in all namespaces, the cgroup and the privileges of CMD" {
	start_web / sh -c "$IDENTITY; echo end; exec sleep 1000"
	local line expected=
	while IFS= read_out line && [[ $line != end ]]; do
		expected+=$line$'\n'
	done
	equal "$(web exec sh -c "$IDENTITY")" "${expected%$'\n'}"
	lacks "$expected" "$(readlink /proc/self/ns/net)"
	# Not the first process, nor in a PID namespace of its own.
	(($(web exec sh -c 'echo $$') > 2))
}

@test "exec: leaves with the command's status" {
	start_web / sleep 1000
	run web exec true
	equal "$status" 0
	run web exec sh -c 'exit 7'
	equal "$status" 7
	# shellcheck disable=SC2016
	run web exec sh -c 'kill -KILL $$'
	equal "$status" 137
	run -127 --separate-stderr web exec no-such-program
	assert_failed 127
	run --separate-stderr web exec /etc/passwd
	assert_failed 126
	run --separate-stderr web exec --workdir /no/such/directory true
	assert_failed 125
}

@test "exec: arguments, variables and directory arrive as they are" {
	start_web / sleep 1000
	equal "$(web exec printf '<%s>' 'a b' '' $'new\nline' '"' -- --json)" \
		$'<a b><><new\nline><"><--><--json>'
	equal "$(GIVEN=here web exec -e A='x = y' -e GIVEN -e MISSING -w /usr sh -c \
		'echo "$A $GIVEN ${MISSING-unset} $PWD"')" 'x = y here unset /usr'
	run --separate-stderr web exec printf $'\xff'
	assert_failed 125 'argument .* is not UTF-8'
}

@test "exec --user: a user of the container, by number and by name" {
	rootfs
	cp -r "$ROOTFS" "$T/root"
	printf 'worker:x:7:8::/tmp:/bin/sh\n' >>"$T/root/etc/passwd"
	printf 'worker:x:8:\nextra:x:9:worker\n' >"$T/root/etc/group"
	start_web --uidmap auto "$T/root" sleep 1000
	[[ $(wc -l <"/proc/$CHILD/uid_map") -gt 1 ]] || missing "subordinate ids"
	equal "$(web exec id -u)" 0
	equal "$(web exec --user 5:6 sh -c 'id -u; id -g' | xargs)" "5 6"
	equal "$(web exec --user worker sh -c 'id -u; id -g; id -G; echo $HOME' | xargs)" "7 8 8 9 /tmp"
	exec_in_background --user worker sh -c 'echo $$; exec sleep infinity'
	equal "$(web ps --json | jq ".[] | select(.pid == $LINE).user")" 7
	run --separate-stderr web exec --user nobody-there true
	assert_failed 125 ".*nobody-there"
}

@test "exec: moves 10 MB in and out" {
	start_web / sleep 1000
	head -c 10000000 /dev/urandom >"$T/data"
	web exec cat <"$T/data" | cmp - "$T/data"
	equal "$(web exec sha256sum <"$T/data")" "$(sha256sum <"$T/data")"
	run --separate-stderr web exec sh -c 'echo out; echo err >&2'
	equal "$output $stderr" "out err"
}

@test "exec: signals reach the command" {
	start_web / sleep 1000
	local signal line
	for signal in TERM INT USR1 HUP; do
		exec_in_background sh -c "trap 'echo $signal; exit 9' $signal; echo ready
			while :; do sleep infinity & wait; done"
		kill -"$signal" "$PID"
		read -r -t "$PATIENCE" line <&"$EXEC"
		equal "$line" "$signal"
		await_exit "$PID"
		equal "$STATUS" 9
	done
}

@test "exec -t: a terminal of its own, with job control and the size of ours" {
	start_web / sleep 1000
	equal "$("$PYTHON" "$TOOLS/pty_session.py" env TERM=vt52 "$CTL" web exec -t bash --norc <<-'EOF'
		expect [$#] $
		send stty size; tty; echo $TERM\r
		expect \r\n?24 80\r\n/dev/(pts/\d+|console)\r\nvt52\r\n
		resize 50 132
		send stty size\r
		expect \r\n?50 132\r\n
		send sh -c "echo run; exec sleep 1000"\r
		expect \r\n?run\r\n
		send \x03
		expect [$#] $
		send exit 5\r
		end
	EOF
	)" 5
}

@test "exec -t: input and output need not be terminals" {
	start_web / sleep 1000
	equal "$(echo hello | web exec -t sh -c 'tty >/dev/null && stty -echo && read -r word && echo "got $word"' |
		tail -n1 | tr -d '\r')" "got hello"
}

@test "exec -t: the command gets its hangup when netns-ctl dies" {
	local life line

	start_web / sleep 1000
	mkfifo "$T/life"
	"$CTL" web exec -t sh -c "exec 3>'$T/life'; echo ready >&3; exec sleep infinity" \
		>/dev/null </dev/null 3>&- {OUT}>&- &
	PID=$!
	SERVERS+=("$PID")
	exec {life}<"$T/life"
	read -r -t "$PATIENCE" line <&"$life"
	equal "$line" ready
	kill -KILL "$PID"
	# 1: the end of the file, as nobody has it open any more. Above 128: too late.
	run -1 read -r -t "$PATIENCE" line <&"$life"
}

@test "exec: twenty at once" {
	start_web / sleep 1000
	local i pids=()
	for i in {1..20}; do
		"$CTL" web exec sh -c "cat >/dev/null; echo $i; exit $i" \
			</dev/null >"$T/out.$i" 3>&- {OUT}>&- &
		pids+=("$!")
		SERVERS+=("$!")
	done
	for i in {1..20}; do
		await_exit "${pids[i - 1]}"
		equal "$STATUS $(cat "$T/out.$i")" "$i $i"
	done
}

@test "exec: goes on when netns-ctl is killed" {
	start_web / sleep 1000
	local line
	mkfifo "$T/input"
	exec_in_background sh -c "echo ready; read -r line <'$T/input'; echo \$line"
	kill -KILL "$PID"
	wait "$PID" || true
	echo hello >"$T/input"
	read -r -t "$PATIENCE" line <&"$EXEC"
	equal "$line" hello
}

@test "exec: ends with the container" {
	start_web / sleep 1000
	exec_in_background sh -c 'echo ready; exec sleep infinity'
	stop "$LAUNCHER"
	LAUNCHERS=()
	await_exit "$PID"
	equal "$STATUS" 137
	matches "$(cat "$T/exec.err")" "^netns-ctl: container 'web' has ended"
}

@test "exec: after CMD has ended, and in no container" {
	start_web / true
	await_exit "$LAUNCHER"
	LAUNCHERS=()
	run --separate-stderr web exec true
	assert_failed 125 "no running container is called 'web'"
	assert_hint "netns-ctl ls"
}

@test "exec: also without a network, and with the host's" {
	start_container --net none --name none / sleep 1000
	equal "$("$CTL" none exec sh -c 'echo /sys/class/net/*')" /sys/class/net/lo
	start_container --net host --name host / sleep 1000
	equal "$("$CTL" host exec readlink /proc/self/ns/net)" "$(readlink /proc/self/ns/net)"
	equal "$("$CTL" host exec --host-tool readlink /proc/self/ns/net)" "$(readlink /proc/self/ns/net)"
}

@test "exec: CMD may be PID 1 itself" {
	start_container --init=off --name web / sleep infinity
	run web exec sh -c 'echo $$; exit 3'
	equal "$status" 3
	(($output > 2))
	equal "$(web ps --json | jq -c '[.[0], .[1]] | map(.pid)')" "[1,2]"
	equal "$(web exec --host-tool readlink /proc/self/ns/net)" "$(readlink "/proc/$CHILD/ns/net")"
	run web stop -t 1
	equal "$status$output" 0
	await_exit "$LAUNCHER"
	LAUNCHERS=()
}

@test "exec: CMD may be PID 1 itself, also without a network, and with the host's" {
	start_container --init=off --net none --name none / sleep infinity
	equal "$("$CTL" none exec sh -c 'echo /sys/class/net/*')" /sys/class/net/lo
	start_container --init=off --net host --name host / sleep infinity
	equal "$("$CTL" host exec readlink /proc/self/ns/net)" "$(readlink /proc/self/ns/net)"
	"$CTL" none kill KILL
	"$CTL" host kill KILL
	await_exit "${LAUNCHERS[0]}"
	await_exit "${LAUNCHERS[1]}"
	LAUNCHERS=()
}

@test "exec: in the cgroup of CMD" {
	delegated
	start_container --cgroup-parent "$WORLD_CGROUP" --name web / sleep infinity
	local pid
	exec_in_background sh -c 'echo $$; exec sleep infinity'
	pid=$(web ps --json | jq ".[] | select(.pid == $LINE).host_pid")
	equal "$(cat "/proc/$pid/cgroup")" "$(cat "/proc/$CHILD/cgroup")"
	matches "$(cat "/proc/$CHILD/cgroup")" "/netns-run-web/"
}

@test "exec: refused in a container that is paused" {
	delegated
	start_container --cgroup-parent "$WORLD_CGROUP" --name web / sleep infinity
	run web pause
	equal "$status$output" 0
	equal "$(web inspect | jq .paused)" true
	run --separate-stderr web exec true
	assert_failed 125 "container 'web' is paused"
	assert_hint "netns-ctl web resume"
	run web resume
	equal "$status$output" 0
	equal "$(web exec echo again)" again
	web pause
	run web stop -t 60
	equal "$status$output" 0
	await_exit "$LAUNCHER"
	equal "$STATUS" 143
	LAUNCHERS=()
}

# --- exec --host-tool ---

@test "exec --host-tool: the host's tcpdump sees the container's packets" {
	rootfs
	start_web "$ROOTFS" sleep 1000
	run ! web exec tcpdump --version
	local line
	exec_in_background --host-tool sh -c 'exec tcpdump -lc1 -ni eth0 udp port 9 2>&1'
	line=$LINE
	until [[ $line == *"istening on eth0"* ]]; do
		read -r -t "$PATIENCE" line <&"$EXEC" || fail "not listening"
	done
	web exec --host-tool bash -c "echo hello >/dev/udp/$HOST4/9"
	read -r -t "$PATIENCE" line <&"$EXEC"
	matches "$line" "> $HOST4\.9: UDP"
	await_exit "$PID"
	equal "$STATUS" 0
}

@test "exec --host-tool: the network and user namespace alone, files and user are ours" {
	rootfs
	start_web "$ROOTFS" sleep 1000
	equal "$(web exec --host-tool -w "$T" -e FILE=made bash -c \
		'readlink /proc/self/ns/{net,user}; touch "$FILE"')" \
		"$(readlink "/proc/$CHILD"/ns/{net,user})"
	equal "$(stat -c %u "$T/made")" "$(id -u)"
	equal "$(web exec --host-tool readlink /proc/self/ns/{mnt,pid})" "$(readlink /proc/self/ns/{mnt,pid})"
	run web exec --host-tool sh -c 'exit 7'
	equal "$status" 7
	run -127 --separate-stderr web exec --host-tool no-such-program
	assert_failed 127 "run the host's no-such-program"
	run --separate-stderr web exec --host-tool -t true
	assert_failed 125
}

# --- ps ---

@test "ps: the container's processes with their numbers here and there" {
	start_web / bash -c 'sleep 1234 & exec -a "$(printf "evil\033[31m")" sleep 2345'
	local json
	json=$(web ps --json)
	equal "$(jq ".[] | select(.host_pid == $CHILD) | .pid, .user" <<<"$json" | xargs)" "2 0"
	equal "$(jq '.[0].pid' <<<"$json")" 1
	local sleeper
	sleeper=$(web exec pgrep -f '^sleep 1234')
	equal "$(jq ".[] | select(.pid == $sleeper).command | join(\" \")" <<<"$json")" '"sleep 1234"'
	equal "$(tr '\0' ' ' <"/proc/$(jq ".[] | select(.pid == $sleeper).host_pid" <<<"$json")/cmdline")" \
		"sleep 1234 "
	jq -e '.[] | select(.command[1] == "2345") | .rss > 0 and .cpu_seconds >= 0 and .state == "S"' <<<"$json"
	run web ps
	matches "${lines[0]}" "^HOSTPID +PID +USER +STATE +TIME +RSS +COMMAND$"
	matches "$output" "evil\?\[31m 2345"
	lacks "$output" "bats"
}

# --- ends ---

@test "stop: ends it, says nothing, and its name is free" {
	local i
	for i in 1 2 3; do
		start_web / sh -c 'trap "exit 3" TERM; echo; sleep infinity & wait'
		read_out line
		run web stop
		equal "$status$output" 0
		await_exit "$LAUNCHER"
		equal "$STATUS" 3
		LAUNCHERS=()
	done
}

@test "stop: kills what ignores it when the time is over" {
	start_web / sh -c 'trap "echo asked" TERM; echo; while :; do sleep infinity & wait; done'
	read_out line
	run web stop -t 1
	equal "$status$output" 0
	read_out line
	equal "$line" asked
	await_exit "$LAUNCHER"
	equal "$STATUS" 137
	LAUNCHERS=()
	start_web / sh -c 'trap "" TERM; echo; sleep infinity'
	read_out line
	run web stop --time=0
	equal "$status$output" 0
	await_exit "$LAUNCHER"
	equal "$STATUS" 137
	LAUNCHERS=()
	run --separate-stderr web stop
	assert_failed 1 "no running container"
}

@test "kill: by name, by number, and for good" {
	start_web / sh -c 'trap "echo usr1" USR1; trap "echo hup" HUP; echo; while :; do sleep infinity & wait; done'
	read_out line
	web kill USR1
	read_out line
	equal "$line" usr1
	web kill 1
	read_out line
	equal "$line" hup
	run --separate-stderr web kill NOSUCH
	assert_failed 125 "'NOSUCH' is no signal"
	web kill
	await_exit "$LAUNCHER"
	equal "$STATUS" 137
	LAUNCHERS=()
}

@test "wait: prints the status" {
	start_web / sh -c 'trap "exit 7" TERM; echo; sleep infinity & wait'
	read_out line
	web_in_background waited wait
	local waiter=$PID
	web_in_background second wait
	await_waiting "$waiter"
	await_waiting "$PID"
	web kill TERM
	await_exit "$waiter"
	equal "$STATUS $(cat "$T/waited")" "0 7"
	await_exit "$PID"
	equal "$STATUS $(cat "$T/second")" "0 7"
	await_exit "$LAUNCHER"
	LAUNCHERS=()
}

# --- inspect, logs ---

@test "inspect: what launcher and forwarder know, in one object" {
	start_web / sleep 1000
	equal "$(web inspect | jq "[.name, .child_pid, (.counters | type), .link] == [\"web\", $CHILD, \"object\", \"$LINK\"]")" true
	start_container --net none --name none / sleep 1000
	equal "$("$CTL" none inspect | jq -r '"\(.name) \(.child_pid) \(.net)"')" "none $CHILD none"
	run --separate-stderr "$CTL" nobody inspect
	assert_failed 1 "no running container"
}

@test "logs: a container in the foreground keeps none" {
	start_web / sleep 1000
	run --separate-stderr web logs
	assert_failed 1 "container 'web' keeps no log"
	assert_hint --detach
}

@test "logs: of a container in the background, while it runs and to its end" {
	exec {OUT}</dev/null
	netns_run --detach --name web / sh -c 'echo one; echo two >&2
		trap "echo three; exit 4" TERM; echo ready; while :; do sleep infinity & wait; done' >&2
	mkfifo "$T/log"
	exec {log}<>"$T/log"
	"$CTL" web logs --follow >"$T/log" 2>"$T/log.err" 3>&- {log}>&- &
	local line word follower=$!
	SERVERS+=("$follower")
	for word in one two ready; do
		read -r -t "$PATIENCE" line <&"$log"
		equal "$line" "$word"
	done
	equal "$(web logs)" $'one\ntwo\nready'
	web_in_background waited wait
	await_waiting "$PID"
	web stop
	read -r -t "$PATIENCE" line <&"$log"
	equal "$line" three
	await_exit "$follower"
	equal "$STATUS$(cat "$T/log.err")" 0
	await_exit "$PID"
	equal "$(cat "$T/waited")" 4
	run --separate-stderr web logs
	assert_failed 1 "no running container"
}

@test "logs: from the file that --log-file names" {
	netns_run --detach --log-file "$T/file" --name web / sh -c 'echo one; exec sleep infinity' >&2
	timeout "$PATIENCE" bash -c "until grep -q one \"$T/file\"; do :; done"
	equal "$(web logs)" one
	web stop
	equal "$(cat "$T/file")" one
}

# --- limits ---

@test "update, stats: the launcher's words and numbers arrive" {
	delegated
	start_container --cgroup-parent "$WORLD_CGROUP" --name web / sleep infinity
	run --separate-stderr web update --memory 12x
	assert_failed 1 ".*12x"
	assert_hint .
	run --separate-stderr web update
	assert_failed 125 "no limit to update"
	matches "$(web stats)" "cpu time +[0-9.]+s"
	equal "$(web stats --json | jq '.cpu.stat.usage_usec > 0')" true
	start_container --name plain --net none / sleep infinity
	run --separate-stderr "$CTL" plain stats
	assert_failed 1 "the container has no cgroup"
	assert_hint .
}
