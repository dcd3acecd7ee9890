# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# common - what all system tests share
#
# How it works
#
# Tests run on the private host that tools/world makes. Each has its own XDG_RUNTIME_DIR; whatever
# start_container and start_server start is ended in teardown, which then fails the test if any
# process, namespace, mount or state directory is left. Waiting is reading: from --ready-fd, from the
# ready file of a server, from a container's standard output ($OUT).

bats_require_minimum_version 1.5.0

TOOLS=$BATS_TEST_DIRNAME/tools
LINK=${NETNS_TEST_LINK:-tap}
RUN=$NETNS_BUILD/launcher/netns-run
CTL=$NETNS_BUILD/src/ctl/netns-ctl
PYTHON=/usr/bin/python3
HOST4=192.0.2.77
HOST6=2001:db8::77
NEIGHBOUR4=192.0.2.1
NEIGHBOUR6=2001:db8::1
PATIENCE=${NETNS_TEST_PATIENCE:-10} # seconds until an event counts as missing

setup()
{
	T=$BATS_TEST_TMPDIR
	# The program by a path without spaces, for shells that take it apart.
	ln -s "$RUN" "$T/.netns-run"
	RUN_WORDS="$T/.netns-run --link=$LINK"
	export XDG_RUNTIME_DIR=$T/xdg
	mkdir "$XDG_RUNTIME_DIR"
	LAUNCHERS=() SERVERS=() COUNT=0
	MOUNTS=$(wc -l </proc/self/mountinfo)
}

teardown()
{
	local pid

	[[ -z ${LAUNCHER:-} || -z ${BATS_TEST_COMPLETED:-} ]] || stop_all
	for pid in "${LAUNCHERS[@]}" "${SERVERS[@]}"; do
		kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	[[ -z ${BATS_TEST_COMPLETED:-} ]] || assert_nothing_left
	"$PYTHON" "$TOOLS/leftovers.py" --kill >/dev/null || true
}

# A time that is right for an ordinary machine, on this one.
patient()
{
	echo $(($1 * PATIENCE / 10))
}

# --- assertions ---

fail()
{
	echo "$1" >&2
	return 1
}

equal()
{
	[[ $1 == "$2" ]] || fail "got '$1', not '$2'"
}

matches()
{
	[[ $1 =~ $2 ]] || fail "'$1' does not match '$2'"
}

lacks()
{
	[[ $1 != *"$2"* ]] || fail "'$1' has '$2'"
}

# For what this machine may be without. NETNS_TESTS_STRICT=1: it must not.
missing()
{
	[[ -z ${NETNS_TESTS_STRICT:-} ]] || fail "missing: $1"
	skip "$1"
}

only_on()
{
	[[ $LINK == "$1" ]] || skip "concerns the $1 link"
}

# The failure of a command that was run by `run --separate-stderr`: one line of cause, and at most
# one of cure.
assert_failed()
{
	equal "$status" "$1"
	matches "${stderr_lines[0]}" "^netns-(run|ctl): $2"
	((${#stderr_lines[@]} <= 2)) || fail "more than two lines: $stderr"
	if ((${#stderr_lines[@]} == 2)); then
		matches "${stderr_lines[1]}" "^netns-(run|ctl): hint: ."
	fi
	equal "$output" ""
}

assert_hint()
{
	matches "${stderr_lines[1]:-}" "^netns-(run|ctl): hint: .*$1"
}

# Within a second no process in namespaces of its own or with a name of ours, no namespace that
# only a descriptor keeps, no mount and no state directory.
assert_nothing_left()
{
	"$PYTHON" "$TOOLS/leftovers.py" || return 1
	equal "$(wc -l </proc/self/mountinfo)" "$MOUNTS"
	equal "$(find "$XDG_RUNTIME_DIR" -mindepth 2)" ""
}

# --- containers ---

netns_run()
{
	"$RUN" --link="$LINK" "$@"
}

# netns-run on a terminal that the steps on standard input talk to (tools/pty_session.py).
on_terminal()
{
	"$PYTHON" "$TOOLS/pty_session.py" "$RUN" --link="$LINK" "$@"
}

# start_container [OPTION...] ROOTFS CMD...: in the background. Sets LAUNCHER (its pid), INFO (file
# of --info-fd), ERR (file of standard error), OUT (descriptor to read CMD's output from), CHILD
# (pid of the container's PID 1).
start_container()
{
	local base=$T/container.$((++COUNT)) ready

	mkfifo "$base.ready" "$base.out"
	INFO=$base.info ERR=$base.err
	exec {OUT}<>"$base.out"
	"$RUN" --link="$LINK" --ready-fd 8 --info-fd 9 "$@" 3>&- 8>"$base.ready" 9>"$INFO" \
		>"$base.out" 2>"$ERR" {OUT}>&- &
	LAUNCHER=$!
	LAUNCHERS+=("$LAUNCHER")
	read -rN1 -t "$PATIENCE" ready <"$base.ready" || fail "not ready: $(cat "$ERR")"
	equal "$ready" 1
	CHILD=$(jq .child_pid "$INFO")
	NAME=$(jq -r .name "$INFO")
}

# A line of the output of the container that was started last.
read_out()
{
	read -r -t "$PATIENCE" "$1" <&"$OUT" || fail "no output: $(cat "$ERR")"
}

# Runs a command in the namespaces of the last container, with its root's rights.
inside()
{
	nsenter --target "$CHILD" --user --net --mount --pid --uts --ipc --preserve-credentials \
		--root --wd=/ "$@"
}

# Ends a container as a user would and waits; sets STATUS.
stop()
{
	STATUS=0
	kill -TERM "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || STATUS=$?
}

stop_all()
{
	local pid

	for pid in "${LAUNCHERS[@]}"; do
		stop "$pid"
	done
	LAUNCHERS=()
}

await_exit()
{
	STATUS=0
	wait "$1" || STATUS=$?
}

# The host port that was chosen for the n-th --publish (from 0) of the last container.
published()
{
	jq ".ports[${1:-0}].host_port" "$INFO"
}

# --- peers ---

# start_server VARIABLE CMD...: CMD writes its port to the file that follows its --ready.
start_server()
{
	start_server_log "$T/server.$((++COUNT)).log" "$@"
}

# The same, with its output in a file.
start_server_log()
{
	local log=$1 variable=$2 fifo=$T/server.$((++COUNT)).ready

	shift 2
	mkfifo "$fifo"
	"$@" --ready "$fifo" 3>&- >>"$log" 2>&1 </dev/null &
	SERVERS+=("$!")
	read -r -t "$PATIENCE" "${variable?}" <"$fifo" || fail "no server: $(cat "$log")"
}

# start_container_server [OPTION...] -- SERVE-ARGS...: a container on the host's own root that runs
# serve.py. Sets INNER to the port inside as well.
start_container_server()
{
	local options=() fifo=$T/inner.$((++COUNT)).ready

	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	shift
	mkfifo "$fifo"
	start_container "${options[@]}" / "$PYTHON" "$TOOLS/serve.py" "$@" --ready "$fifo"
	read -r -t "$PATIENCE" INNER <"$fifo" || fail "no server inside: $(cat "$ERR")"
}

serve()
{
	local variable=$1

	shift
	start_server "$variable" "$PYTHON" "$TOOLS/serve.py" "$@"
}

client()
{
	"$PYTHON" "$TOOLS/client.py" "$@"
}

as_host_root()
{
	"$PYTHON" "$TOOLS/door.py" call "$WORLD_DOOR" "$@"
}

# let_ping "FIRST LAST": the groups of the host that may.
let_ping()
{
	as_host_root sysctl -qw net.ipv4.ping_group_range="$1"
}

# At the other end of the host's LAN, as that machine's root.
as_neighbour()
{
	as_host_root nsenter --net="/proc/$WORLD_NEIGHBOUR/ns/net" "$@"
}

# --- root file systems ---

# A minimal root file system with busybox and our hands off it; made once per file.
make_rootfs()
{
	local root=$1 applet

	mkdir -p "$root"/{bin,dev,etc,proc,sys,tmp,www}
	cp "$(command -v busybox)" "$root/bin/busybox"
	for applet in $(busybox --list); do
		[[ $applet == busybox ]] || ln -s busybox "$root/bin/$applet"
	done
	echo "hello from $(basename "$root")" >"$root/www/index.html"
	printf 'root:x:0:0:root:/:/bin/sh\n' >"$root/etc/passwd"
}

rootfs()
{
	ROOTFS=$BATS_FILE_TMPDIR/rootfs
	[[ -d $ROOTFS ]] || make_rootfs "$ROOTFS"
}

# start_both [OPTION...]: a container with a server at its port 8080, published at $PORT, that
# connects to a server of the host without a pause. OUT gets what steady.py says.
start_both()
{
	local line fifo=$T/both.ready

	mkfifo "$fifo"
	serve SERVER tcp whoami --address :: --quiet
	start_container --publish 0:8080 "$@" / sh -c "
		'$PYTHON' '$TOOLS/serve.py' tcp whoami --address :: --port 8080 --quiet \
			--ready '$fifo' >/dev/null 2>&1 &
		exec '$PYTHON' '$TOOLS/steady.py' '$HOST4' $SERVER --ready /dev/stdout"
	read -r -t "$PATIENCE" line <"$fifo"
	read_out line
	PORT=$(published)
}
