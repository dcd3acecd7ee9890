#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# sandbox - what the forwarder of a running container has, and what is told when it has more

load common

# A container and its forwarder; sets FORWARDER.
start_sandboxed()
{
	start_container --name boxed "$@" / sleep infinity
	FORWARDER=$(pgrep --parent "$LAUNCHER" --exact netns-forwarder)
}

# layers [MEMBER]: of the forwarder, or what inspect has as MEMBER.
layers()
{
	"$CTL" boxed inspect | jq -c ".${1:-sandbox} | [.mode, .layers, .missing]"
}

status_of()
{
	awk -v key="$1:" '$1 == key { print $2 }' "/proc/$FORWARDER/status"
}

namespace_of()
{
	as_host_root readlink "/proc/$1/ns/$2"
}

ALL='["on",["privileges","root","landlock","seccomp"],{}]'
LAUNCHER_ALL='["on",["privileges","landlock","seccomp"],{}]'

@test "sandbox: it is on, and inspect has its layers" {
	start_sandboxed
	equal "$(layers)" "$ALL"
	equal "$(cat "$ERR")" ""
}

@test "sandbox: the forwarder has no capability, no core and no way back" {
	local set

	start_sandboxed
	for set in CapInh CapPrm CapEff CapBnd CapAmb; do
		equal "$(status_of "$set")" 0000000000000000
	done
	equal "$(status_of NoNewPrivs)" 1
	equal "$(status_of Seccomp)" 2
	equal "$(awk '/^Max core/ { print $5, $6 }' "/proc/$FORWARDER/limits")" "0 0"
	run cat "/proc/$FORWARDER/environ"
	matches "$output" "Permission denied"
}

@test "sandbox: its root is empty, and only the network is the host's" {
	local kind

	start_sandboxed
	equal "$(as_host_root ls -A "/proc/$FORWARDER/root")" proc
	for kind in user mnt ipc uts; do
		lacks "$(namespace_of "$FORWARDER" "$kind")" "$(namespace_of $$ "$kind")"
		lacks "$(namespace_of "$FORWARDER" "$kind")" "$(namespace_of "$CHILD" "$kind")"
	done
	equal "$(namespace_of "$FORWARDER" net)" "$(namespace_of $$ net)"
	equal "$(namespace_of "$FORWARDER" pid)" "$(namespace_of $$ pid)"
}

# What netns-run was started with is not for its helper: files, directories, a terminal.
@test "sandbox: it has no descriptor but its own" {
	local links

	exec 7<"$BATS_TEST_FILENAME" 6<"$T"
	start_sandboxed
	exec 6<&- 7<&-
	links=$(as_host_root find "/proc/$FORWARDER/fd" -type l -printf '%l\n' |
		grep -vE '^(socket:|anon_inode:|pipe:|/dev/net/tun$|/dev/null$|/memfd:)')
	# The directory that it removes should netns-run be killed, and standard error.
	equal "$(grep -vxF "$ERR" <<<"$links")" "$XDG_RUNTIME_DIR/netns-run/boxed"
	equal "$(as_host_root awk '/^flags/ { print substr($2, length($2)) }' \
		"/proc/$FORWARDER/fdinfo/2")" 1
}

@test "sandbox: the next forwarder has it, too" {
	local line

	mkfifo "$T/events"
	exec 5<>"$T/events"
	start_sandboxed --events-fd 5
	kill -SYS "$FORWARDER"
	while read -r -t "$PATIENCE" line <&5 && [[ $line != *forwarder-restarted* ]]; do :; done
	exec 5<&-
	matches "$(cat "$ERR")" "netns-run: netns-forwarder was killed by signal 31.*; restarted"
	equal "$(layers)" "$ALL"
	"$CTL" boxed upgrade
	equal "$(layers)" "$ALL"
}

@test "sandbox: off gives privileges up all the same, and require is content" {
	start_sandboxed --sandbox=off
	equal "$(layers)" '["off",["privileges"],{}]'
	equal "$(layers launcher_sandbox)" '["off",[],{}]'
	equal "$(status_of CapPrm)$(status_of NoNewPrivs)$(status_of Seccomp)" 000000000000000010
	stop "$LAUNCHER"
	NETNS_RUN_SANDBOX=require start_sandboxed
	equal "$(layers)" "${ALL/on/require}"
	equal "$(layers launcher_sandbox)" "${LAUNCHER_ALL/on/require}"
}

@test "sandbox: the launcher gains nothing any more, and its helper is as before" {
	start_sandboxed
	equal "$(awk '/^(NoNewPrivs|Seccomp):/ { print $2 }' "/proc/$LAUNCHER/status" | paste -sd' ')" "1 2"
	kill -KILL "$FORWARDER"
	# It answers when there is another one.
	equal "$("$CTL" boxed inspect | jq -c '[.sandbox.mode, .sandbox.layers, .sandbox.missing]')" "$ALL"
	equal "$("$CTL" boxed exec awk '/^Seccomp_filters/ { print $2 }' /proc/self/status)" \
		"$(inside awk '/^Seccomp_filters/ { print $2 }' /proc/2/status)"
}

# As many user namespaces as the container itself takes.
with_user_namespaces()
{
	unshare --user --map-root-user --mount bash -c '
		mount -t proc proc /proc 2>/dev/null
		echo '"$1"' >/proc/sys/user/max_user_namespaces; shift; exec "$@"' - "$@"
}

# Written down, too: also for when it does not answer.
@test "sandbox: inspect has the launcher's layers, whatever became of the forwarder" {
	local n

	start_sandboxed
	equal "$(layers launcher_sandbox)" "$LAUNCHER_ALL"
	"$CTL" boxed upgrade
	equal "$(layers launcher_sandbox)" "$LAUNCHER_ALL"
	equal "$(jq -c .launcher_sandbox.layers "$XDG_RUNTIME_DIR/netns-run/boxed/state.json")" \
		"$(jq -c '.[1]' <<<"$LAUNCHER_ALL")"
	# Those of what it has lost: seccomp(2) and Landlock, no privilege by execve(2).
	n=$(awk '$1 == "NoNewPrivs:" || $1 == "Seccomp:" { n += $2 } END { print n }' "/proc/$LAUNCHER/status")
	equal "$n" 3
	stop "$LAUNCHER"
	start_container --name boxed --net none / sleep infinity
	equal "$(layers launcher_sandbox)" "$LAUNCHER_ALL"
}

@test "sandbox: a layer that cannot be had is told in one line, or is an error" {
	local n=1

	[[ $LINK == tap ]] || n=2
	run --separate-stderr with_user_namespaces $n "$RUN" --link="$LINK" / ip -o link show eth0
	equal "$status" 0
	matches "$output" eth0
	matches "$stderr" "netns-run: netns-forwarder's sandbox lacks root \(make namespaces: "
	run --separate-stderr with_user_namespaces $n "$RUN" --link="$LINK" --sandbox=require / true
	equal "$status" 125
	matches "$stderr" "the sandbox lacks the layer 'root': make namespaces"
	matches "$stderr" "hint: take --sandbox=on"
}

@test "sandbox: within a container of our own it works as far as that lets it" {
	run --separate-stderr netns_run --cap-add=all --security-opt seccomp=unconfined \
		--volume "$NETNS_BUILD:$NETNS_BUILD" --volume /dev/net/tun:/dev/net/tun / \
		"$RUN" --link=tap --name inner / cat /etc/resolv.conf
	equal "$status" 0
	matches "$output" "nameserver 10\."
	lacks "$stderr" "landlock"
	lacks "$stderr" "seccomp"
}

@test "sandbox: what contradicts itself, or is no mode, is refused" {
	run --separate-stderr netns_run --sandbox=require --net=none / true
	assert_failed 125 "--sandbox has no meaning with --net=none"
	NETNS_RUN_SANDBOX=maybe run --separate-stderr netns_run / true
	assert_failed 125 "NETNS_RUN_SANDBOX: unknown sandbox 'maybe'"
	assert_hint "on, off or require"
}
