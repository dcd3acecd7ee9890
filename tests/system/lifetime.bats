#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# lifetime - signals, terminals, deaths, and that nothing stays behind

load common

# What the launcher started, by name.
helper_of()
{
	pgrep --parent "$1" --exact "$2"
}

@test "lifetime: signals are forwarded to the command" {
	local name line

	start_container / bash -c '
		for name in HUP INT QUIT USR1 USR2 ALRM PIPE WINCH URG IO PWR VTALRM RTMIN RTMAX TERM; do
			trap "echo $name" $name
		done
		echo up; while :; do read -t 100; done' <&-
	read_out line
	for name in HUP INT QUIT USR1 USR2 ALRM PIPE WINCH URG IO PWR VTALRM RTMIN RTMAX TERM; do
		kill "-$name" "$LAUNCHER"
		read_out line
		equal "$line" "$name"
	done
	kill -KILL "$CHILD"
}

@test "lifetime: a signal that ends the command ends it all" {
	local name

	for name in INT TERM HUP USR1; do
		start_container / sleep infinity
		kill "-$name" "$LAUNCHER"
		await_exit "$LAUNCHER"
		equal "$STATUS" $((128 + $(kill -l "$name")))
		equal "$(cat "$ERR")" ""
		assert_nothing_left
	done
}

@test "lifetime: processes that the command left behind end with it" {
	run netns_run / sh -c 'sleep infinity & setsid sleep infinity & exit 3'
	equal "$status" 3
	assert_nothing_left
}

@test "lifetime: PID 1 reaps orphans" {
	run netns_run / "$PYTHON" "$TOOLS/orphans.py" 200
	equal "$status" 0
	equal "$output" "no zombies"
}

@test "lifetime: Ctrl-C interrupts the command on a terminal, once" {
	equal "$(on_terminal / bash -c 'trap "echo caught; trap - INT" INT; echo up; read -r x; echo second; read -r y' <<-'EOF'
		expect up
		send \x03
		expect caught
		send one\r
		expect second
		send \x03
		end
	EOF
	)" 130
}

@test "lifetime: the command has the terminal's size, and learns of a new one" {
	equal "$(on_terminal / bash -c 'stty size; trap "stty size; exit" WINCH; echo up; sleep infinity & wait' <<-'EOF'
		expect 24 80
		expect up
		resize 50 132
		expect 50 132
		end
	EOF
	)" 0
}

@test "lifetime: job control works in an interactive shell inside" {
	equal "$(on_terminal / bash --norc -i <<-'EOF'
		send PS1='p''s> '\r
		expect ps>
		send echo re''ady; cat\r
		expect ready
		send line\r
		expect line\r\nline
		send \x1a
		expect Stopped
		send jobs\r
		expect Stopped +.*cat
		send fg\r
		expect cat
		send again\r
		expect again\r\nagain
		send \x03
		expect ps>
		send exit 5\r
		end
	EOF
	)" 5
}

@test "lifetime: sh inside finds a terminal that it controls" {
	rootfs
	equal "$(on_terminal "$ROOTFS" sh -i <<-'EOF'
		send (tty; echo re""ady; cat)\r
		expect /dev/console
		expect ready
		send \x03
		expect #
		send echo still h""ere\r
		expect still here
		send exit\r
		end
	EOF
	)" 0
}

@test "lifetime: kill -9 of the launcher leaves nothing" {
	start_container --publish 0:80 / sh -c 'sleep infinity & setsid sleep infinity'
	kill -KILL "$LAUNCHER"
	await_exit "$LAUNCHER"
	assert_nothing_left
}

@test "lifetime: kill -9 of the container's PID 1 leaves nothing" {
	start_container --publish 0:80 / sh -c 'sleep infinity & setsid sleep infinity'
	kill -KILL "$CHILD"
	await_exit "$LAUNCHER"
	equal "$STATUS" 137
	assert_nothing_left
}

@test "lifetime: kill -9 of the command leaves nothing" {
	start_container / sleep infinity
	kill -KILL "$CHILD"
	await_exit "$LAUNCHER"
	equal "$STATUS" 137
	assert_nothing_left
}

@test "lifetime: kill -9 of the namespace agent leaves nothing, and says so" {
	only_on gateway
	start_container --publish 0:80 / sh -c 'sleep infinity & setsid sleep infinity'
	kill -KILL "$(helper_of "$LAUNCHER" netns-gateway)"
	await_exit "$LAUNCHER"
	equal "$STATUS" 125
	matches "$(tail -n1 "$ERR")" "^netns-run: the namespace agent was killed by signal 9"
	assert_nothing_left
}

@test "lifetime: kill -9 of launcher and forwarder at once leaves no process" {
	local forwarder

	start_container --name twice / sh -c 'sleep infinity & setsid sleep infinity'
	forwarder=$(helper_of "$LAUNCHER" netns-forwarder)
	kill -KILL "$forwarder" "$LAUNCHER"
	await_exit "$LAUNCHER"
	"$PYTHON" "$TOOLS/leftovers.py"
	# Nobody was left to remove the state: whoever looks next does.
	run "$CTL" ls
	lacks "$output" twice
	assert_nothing_left
}

# bats test_tags=load
@test "lifetime: kill -9 of the launcher at any moment of the start leaves no process" {
	"$PYTHON" "$TOOLS/kill_early.py" --times 40 -- "$RUN" --link="$LINK" --publish 0:80 / sleep infinity
	"$PYTHON" "$TOOLS/leftovers.py"
	"$CTL" ls >"$T/list"
	equal "$(wc -l <"$T/list")" 1
}

# bats test_tags=load
@test "lifetime: SIGTERM at any moment of the start leaves nothing" {
	"$PYTHON" "$TOOLS/kill_early.py" --times 40 --signal TERM -- "$RUN" --link="$LINK" \
		--publish 0:80 / sleep infinity
	"$PYTHON" "$TOOLS/leftovers.py"
	"$CTL" ls >/dev/null
}

@test "lifetime: stale state of a crashed run is taken over" {
	local forwarder

	start_container --name again / sleep infinity
	forwarder=$(helper_of "$LAUNCHER" netns-forwarder)
	kill -KILL "$forwarder" "$LAUNCHER"
	await_exit "$LAUNCHER"
	"$PYTHON" "$TOOLS/leftovers.py"
	[[ -d $XDG_RUNTIME_DIR/netns-run/again ]] || fail "no stale state to take over"
	start_container --name again / sleep infinity
	equal "$("$CTL" again inspect | jq -r .name)" again
}

@test "lifetime: a name in use is refused, and its owner not disturbed" {
	start_container --name taken / sleep infinity
	run --separate-stderr netns_run --name taken / true
	assert_failed 125 ".*'taken' is running"
	assert_hint "netns-ctl ls"
	equal "$("$CTL" taken inspect | jq -r .name)" taken
}

@test "lifetime: --ready-fd gets one byte, when the command can be reached" {
	mkfifo "$T/ready"
	netns_run --ready-fd 8 / cat 8>"$T/ready" <<<"" &
	equal "$(cat "$T/ready")" 1
	wait $!
}

@test "lifetime: --ready-fd gets nothing when the start fails" {
	run -127 --separate-stderr netns_run --ready-fd 8 / no-such-command 8>"$T/ready"
	equal "$status" 127
	equal "$(cat "$T/ready")" ""
}

@test "lifetime: --info-fd gets one JSON object" {
	start_container --name told --publish 127.0.0.1:0:80/udp / sleep infinity
	equal "$(wc -l <"$INFO")" 1
	equal "$(jq -r '.name, .pid, .link, .ifname, .ipv4, .gateway, .dns, .ipv6' "$INFO" | tr '\n' ' ')" \
		"told $LAUNCHER $LINK eth0 10.0.2.100 10.0.2.2 10.0.2.3 fd00::100 "
	equal "$(jq -r '.ports[0] | .proto, .host_addr, .guest_port' "$INFO" | tr '\n' ' ')" \
		"udp 127.0.0.1 80 "
	equal "$(jq -c '.command' "$INFO")" '["sleep","infinity"]'
	equal "$(jq -r .mac "$INFO")" "$(inside cat /sys/class/net/eth0/address)"
	equal "$(jq -r .mtu "$INFO")" "$(inside cat /sys/class/net/eth0/mtu)"
}

@test "lifetime: --pid-file has the PID of the container's first process, and goes" {
	start_container --pid-file "$T/pid file" / sleep infinity
	equal "$(cat "$T/pid file")" "$CHILD"
	stop_all
	[[ ! -e "$T/pid file" ]] || fail "the file stayed"
}

@test "lifetime: without XDG_RUNTIME_DIR the state is in /tmp, for the user alone" {
	mkdir "$T/tmp"
	run unshare --user --map-current-user --keep-caps --mount bash -c "
		mount --rbind '$NETNS_BUILD' /mnt && mount --bind '$T/tmp' /tmp && unset XDG_RUNTIME_DIR
		exec setpriv --ambient-caps=-all --inh-caps=-all /mnt/launcher/netns-run --link=$LINK \
			--name here / stat -c '%a %n' /tmp/netns-run-$(id -u) /tmp/netns-run-$(id -u)/here"
	equal "$status" 0
	equal "${lines[0]}" "700 /tmp/netns-run-$(id -u)"
	equal "${lines[1]}" "700 /tmp/netns-run-$(id -u)/here"
	equal "$(find "$T/tmp" -mindepth 2)" ""
}

@test "lifetime: an XDG_RUNTIME_DIR longer than a socket's path works" {
	local long=$T/$(printf 'x%.0s' {1..120})

	mkdir "$long"
	XDG_RUNTIME_DIR=$long start_container --name deep / sleep infinity
	equal "$(XDG_RUNTIME_DIR=$long "$CTL" deep inspect | jq -r .name)" deep
}

# bats test_tags=load
@test "lifetime: 100 starts in parallel" {
	local i pids=() failed=0

	for i in {1..100}; do
		netns_run --publish 0:80 / true 3>&- 2>>"$T/errors" &
		pids+=("$!")
	done
	for i in "${pids[@]}"; do
		wait "$i" || failed=$((failed + 1))
	done
	equal "$failed" 0
	equal "$(grep -vc published "$T/errors")" 0
}

@test "lifetime: few descriptors: it works or fails with one line, never hangs" {
	local n

	for n in {8..40..2}; do
		run --separate-stderr prlimit --nofile="$n" "$RUN" --link="$LINK" / true
		((status == 0)) || assert_failed 125 "."
		assert_nothing_left
	done
	equal "$status" 0
}

@test "lifetime: no processes left: it fails with one line, never hangs" {
	run --separate-stderr prlimit --nproc=1 "$RUN" --link="$LINK" / true
	assert_failed 125 "."
}

@test "lifetime: PID 1 holds nothing of the launcher, and lets nobody look" {
	local n

	exec 7<"$BATS_TEST_FILENAME"
	start_container / sh -c 'echo started; ls /proc/1/fd 2>&1; readlink /proc/1/exe; ls /proc/self/fd | wc -l; echo end'
	read_out line
	equal "$line" started
	read_out line
	matches "$line" "Permission denied"
	read_out n
	((n <= 4)) || fail "$n descriptors reach the command"
	read_out line
	equal "$line" end
	exec 7<&-
}

@test "lifetime: nohup holds inside, and an ignored SIGCHLD does not hang it" {
	run bash -c "trap '' HUP CHLD; exec '$RUN' --link='$LINK' / sh -c 'kill -HUP \$\$; exit 7'"
	equal "$status" 7
}

@test "lifetime: closed standard streams do no harm" {
	run bash -c "'$RUN' --link='$LINK' --publish 0:80 / sh -c 'exit 7' 0<&- 2>&-"
	equal "$status" 7
}

@test "lifetime: --pid-file of a start that failed is left alone" {
	echo precious >"$T/pid"
	run --separate-stderr "$RUN" --link="$LINK" --pid-file "$T/pid" /nonexistent true
	equal "$status" 125
	equal "$(<"$T/pid")" precious
}

@test "lifetime: the command cannot type into the caller's terminal" {
	equal "$(on_terminal / "$PYTHON" -c '
import fcntl, termios
try:
    fcntl.ioctl(0, termios.TIOCSTI, b"x")
except PermissionError:
    print("refused", flush=True)' <<-'EOF2'
		expect refused
		end
	EOF2
	)" 0
}

@test "lifetime: a command on the host's root cannot use its own control socket" {
	start_container --name own / "$PYTHON" -c '
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
try:
    s.sendall(b"{\"execute\":\"inspect\"}\n")
    answer = s.recv(100)
except OSError:
    answer = b""
print("answered" if answer else "refused", flush=True)' "$XDG_RUNTIME_DIR/netns-run/own/control.sock"
	read_out line
	equal "$line" refused
}
