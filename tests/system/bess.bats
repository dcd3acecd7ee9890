#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# bess - slirp4netns --target-type=bess: the network of User Mode Linux, over a socket of frames

load common

setup_file()
{
	ln -s "$(realpath "$NETNS_BUILD")/forwarder/netns-forwarder" "$BATS_FILE_TMPDIR/slirp4netns"
}

REAL=$(command -v slirp4netns || true)

# start_slirp PROGRAM ARG...: until it listens at $T/bess. Sets SLIRP, and ERR to a descriptor of its
# standard error.
start_slirp()
{
	local program=$1 line

	shift
	mkfifo "$T/err.$((++COUNT))"
	exec {ERR}<>"$T/err.$COUNT"
	"$program" "$@" --target-type=bess "$T/bess" 3>&- >"$T/out" 2>&"$ERR" {ERR}>&- </dev/null &
	SLIRP=$! LAUNCHER=$!
	LAUNCHERS+=("$SLIRP")
	read -r -t "$PATIENCE" line <&"$ERR" || fail "it does not listen"
	matches "$line" "Waiting for connection to $T/bess"
}

# start_machine [MTU]: namespaces with a machine's device. Sets MACHINE.
start_machine()
{
	local line fifo=$T/machine.$((++COUNT))

	mkfifo "$fifo"
	unshare --user --map-root-user --net -- "$PYTHON" "$TOOLS/frames.py" connect "$T/bess" vec0 "${1:-1500}" 3>&- >"$fifo" &
	MACHINE=$!
	SERVERS+=("$MACHINE")
	read -r -t "$PATIENCE" line <"$fifo"
	equal "$line" connected
}

within()
{
	nsenter --target "$MACHINE" --preserve-credentials --user --net "$@"
}

@test "bess: a machine has a network, ports, and ends it when it goes" {
	local port published inner

	only_on tap # there is no device of ours that could be a gateway's
	start_slirp "$BATS_FILE_TMPDIR/slirp4netns" --api-socket "$T/api" --mtu 1500
	equal "$(stat -c %a "$T/bess")" 600
	start_machine
	within ping -c1 -W5 10.0.2.2
	[[ ! -e $T/bess ]] || fail "there is a socket for a second machine"
	serve port tcp whoami --address 127.0.0.1 --reply !
	matches "$(within "$PYTHON" "$TOOLS/client.py" talk tcp 10.0.2.2 "$port")" '^127\.0\.0\.1 [0-9]+ !$'
	matches "$(within dig +short +timeout=5 @10.0.2.3 host.test)" .
	start_server inner nsenter --target "$MACHINE" --preserve-credentials --user --net "$PYTHON" \
		"$TOOLS/serve.py" tcp whoami --reply !
	published=$("$PYTHON" "$TOOLS/free_ports.py" 1)
	matches "$(timeout "$PATIENCE" nc -U "$T/api" <<-END
		{"execute":"add_hostfwd","arguments":{"proto":"tcp","host_port":$published,"guest_port":$inner}}
	END
	)" '"id":1'
	matches "$(client talk tcp 127.0.0.1 "$published")" '!$'
	kill "$MACHINE"
	await_exit "$SLIRP"
	equal "$STATUS" 0
}

# Whole frames of the largest MTU, both ways.
@test "bess: a large MTU" {
	only_on tap
	start_slirp "$BATS_FILE_TMPDIR/slirp4netns" --mtu 65520
	start_machine 65520
	within ping -c1 -W5 -s 65000 10.0.2.2
}

@test "bess: it starts as the real one does" {
	local program line

	only_on tap
	[[ $REAL ]] || missing slirp4netns
	for program in "$REAL" "$BATS_FILE_TMPDIR/slirp4netns"; do
		start_slirp "$program" --disable-host-loopback
		start_machine
		within ping -c1 -W5 10.0.2.2
		read -r -t "$PATIENCE" line <&"$ERR"
		matches "$line" "^sent \"tapfd\"=[0-9]+ \(not really TAP\) for $T/bess$"
		read -r -t "$PATIENCE" line <&"$ERR"
		matches "$line" '^received tapfd=[0-9]+$'
		kill "$SLIRP"
		await_exit "$SLIRP"
	done
	matches "$(cat "$T/out")" '^WARNING: BESS mode is experimental'
}

@test "bess: what ends it before a machine has come" {
	only_on tap
	mkfifo "$T/exit"
	exec 6<>"$T/exit" 7<"$T/exit" 9>"$T/exit" 6>&-
	start_slirp "$BATS_FILE_TMPDIR/slirp4netns" --exit-fd 7 9>&-
	exec 7>&- 9>&-
	await_exit "$SLIRP"
	equal "$STATUS" 0
	[[ ! -e $T/bess ]] || fail "its socket is left"
	start_slirp "$BATS_FILE_TMPDIR/slirp4netns"
	stop "$SLIRP"
	equal "$STATUS" 143
	run "$BATS_FILE_TMPDIR/slirp4netns" --target-type=bess "$T/nowhere/bess"
	equal "$status" 1
	matches "$output" "listen on the socket $T/nowhere/bess: No such file"
}
