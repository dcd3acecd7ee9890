#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# hostile_clients - whatever speaks to a container's sockets costs bounded memory and stops nobody

load common

# A container with a server inside, at $PORT of the host; sets FORWARDER.
start_target()
{
	start_container_server --name target --publish 127.0.0.1:0:7000 -- tcp echo --port 7000
	PORT=$(published)
	DIR=$XDG_RUNTIME_DIR/netns-run/target
	FORWARDER=$(pgrep -P "$LAUNCHER" netns-forwarder)
}

hostile()
{
	"$PYTHON" "$TOOLS/hostile_client.py" "$1" "$DIR/$2.sock" "${@:3}"
}

# Resident memory in KiB of who serves a socket.
memory_of()
{
	local pid=$LAUNCHER

	[[ $1 != control ]] || pid=$FORWARDER
	awk '/^VmRSS:/ { print $2 }' "/proc/$pid/status"
}

descriptors_of()
{
	local pid=$LAUNCHER

	[[ $1 != control ]] || pid=$FORWARDER
	as_host_root ls "/proc/$pid/fd" | wc -l
}

# Both sockets answer, and the network works both ways.
assert_serves()
{
	equal "$(timeout "$PATIENCE" "$CTL" target inspect | jq -r .name)" target
	"$CTL" target port ls >/dev/null
	equal "$(client talk tcp 127.0.0.1 "$PORT" --text ping)" ping
	equal "$(inside dig +short +tries=1 +time=5 host.test A)" "$HOST4"
}

# assert_grown SOCKET BEFORE KIB
assert_grown()
{
	local now

	now=$(memory_of "$1")
	echo "# $1.sock: $2 KiB before, $now KiB after" >&3
	((now - $2 < $3)) || fail "$1.sock: from $2 to $now KiB"
}

@test "hostile clients: a thousand that are silent" {
	local which before

	start_target
	for which in control launcher; do
		before=$(memory_of "$which")
		start_server _ "$PYTHON" "$TOOLS/hostile_client.py" crowd "$DIR/$which.sock" 1000
		assert_serves
		assert_grown "$which" "$before" 4096
	done
}

# bats test_tags=load
@test "hostile clients: a thousand that ask without end and read nothing, beside a transfer" {
	local which before transfer

	start_target
	for which in control launcher; do
		before=$(memory_of "$which")
		head -c 50000000 /dev/urandom >"$T/data"
		nc -N 127.0.0.1 "$PORT" <"$T/data" >"$T/echoed" 3>&- &
		transfer=$!
		SERVERS+=("$transfer")
		hostile deaf "$which" 1000
		assert_grown "$which" "$before" 40960
		await_exit "$transfer"
		cmp "$T/data" "$T/echoed"
		assert_serves
	done
}

@test "hostile clients: garbage" {
	local which before

	start_target
	for which in control launcher; do
		before=$(memory_of "$which")
		hostile garbage "$which"
		assert_grown "$which" "$before" 4096
	done
	assert_serves
}

@test "hostile clients: requests that are too large" {
	start_target
	equal "$(hostile large control | jq -r .error.code)" EMSGSIZE
	equal "$(hostile large launcher | jq -r .error.code)" EMSGSIZE
	assert_serves
}

@test "hostile clients: half a request" {
	start_target
	hostile half control
	hostile half launcher
	assert_serves
}

# A single message has as many as may come and go by themselves.
@test "hostile clients: descriptors that nobody asked for are closed" {
	local which before

	start_target
	for which in control launcher; do
		assert_serves
		before=$(descriptors_of "$which")
		hostile fds "$which"
		assert_serves
		(($(descriptors_of "$which") < before + 60)) ||
			fail "$which: $before, then $(descriptors_of "$which") descriptors"
	done
}

@test "hostile clients: descriptors with half a request are bounded in number" {
	local which before

	start_target
	for which in control launcher; do
		before=$(descriptors_of "$which")
		start_server _ "$PYTHON" "$TOOLS/hostile_client.py" hoard "$DIR/$which.sock" 200
		(($(descriptors_of "$which") < before + 200 + 300)) ||
			fail "$which: $before, then $(descriptors_of "$which") descriptors"
		assert_serves
	done
}

@test "hostile clients: another user, even where the files are open" {
	local open=("$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$T" "$XDG_RUNTIME_DIR"
		"$XDG_RUNTIME_DIR/netns-run") which

	((WORLD_UIDS > 1)) || missing "subordinate ids"
	start_target
	chmod 0755 "${open[@]}" "$DIR"
	chmod 0666 "$DIR"/*.sock
	for which in control launcher; do
		equal "$(as_host_root setpriv --reuid 1001 --regid 1001 --clear-groups \
			"$PYTHON" "$TOOLS/hostile_client.py" knock "$DIR/$which.sock")" refused
	done
	chmod 0700 "${open[@]}" "$DIR"
	assert_serves
}

@test "hostile clients: the container's own root, with the sockets mounted in" {
	local which

	mkdir -m 0700 "$XDG_RUNTIME_DIR/netns-run"
	start_container --name target --volume "$XDG_RUNTIME_DIR/netns-run:/mnt" / sleep infinity
	DIR=$XDG_RUNTIME_DIR/netns-run/target
	for which in control launcher; do
		equal "$(inside "$PYTHON" "$TOOLS/hostile_client.py" knock "/mnt/target/$which.sock")" refused
		matches "$(hostile knock "$which")" '"return"'
	done
}

@test "hostile clients: brackets without end" {
	start_target
	"$PYTHON" - "$DIR" <<'EOF'
import socket, sys
for name, kind in (("control", socket.SOCK_STREAM), ("launcher", socket.SOCK_SEQPACKET)):
    for text in (b"[", b'{"a":'):
        with socket.socket(socket.AF_UNIX, kind) as sock:
            sock.connect(f"{sys.argv[1]}/{name}.sock")
            sock.send(text * (60000 // len(text)) + b"\n")
            sock.shutdown(socket.SHUT_WR)
            assert b"error" in sock.recv(65536)
EOF
	assert_serves
}
