#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# attack - root with every capability inside tries to reach what is not its

load common

# attack OPTION...: attacks from a container of these options; sets ARRIVED, sorted, a line each.
attack()
{
	local facts witness pid

	# First: it would hold the witness's input open.
	start_container --name victim / sleep infinity
	mkfifo "$T/end.$((++COUNT))" "$T/facts.$COUNT"
	witness=$T/witness.$COUNT
	"$PYTHON" "$TOOLS/witness.py" "$HOST4" --ready "$T/facts.$COUNT" \
		<"$T/end.$COUNT" >"$witness" 3>&- &
	pid=$!
	SERVERS+=("$pid")
	exec {END}>"$T/end.$COUNT"
	read -r -t "$PATIENCE" facts <"$T/facts.$COUNT"
	netns_run --cap-add=all --security-opt seccomp=unconfined --name attacker "$@" / \
		"$PYTHON" "$TOOLS/attack.py" "$facts" \
		"$XDG_RUNTIME_DIR/netns-run/"{attacker,victim}/{control,launcher}.sock \
		{END}>&- >"$T/inside.$COUNT"
	exec {END}>&-
	wait "$pid"
	ARRIVED=$(tail -n +2 "$witness" | cat - "$T/inside.$COUNT" | sort)
}

HARMLESS="UDP to the host's network
forged UDP to the host's network"

@test "attack: nothing of the host but its network is reached" {
	attack
	equal "$ARRIVED" "$HARMLESS"
}

@test "attack: what the host's loopback is opened for is seen to arrive" {
	attack --host-loopback
	matches "$ARRIVED" "TCP to the host's alias"
	matches "$ARRIVED" "UDP to the host's IPv6 alias"
	# But not by an address that means the container itself.
	lacks "$ARRIVED" "forged TCP"
	lacks "$ARRIVED" "127.0.0.1"
	lacks "$ARRIVED" "another address"
}

@test "attack: forged frames of all kinds end neither the link nor its helper" {
	local before

	start_container --cap-add=all --security-opt seccomp=unconfined --name noisy / sleep infinity
	before=$(pgrep -P "$LAUNCHER" netns-forwarder)
	inside "$PYTHON" - <<-'END'
		import os, random, socket
		raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
		raw.bind(("eth0", 0))
		chance = random.Random(int(os.environ.get("NETNS_TEST_SEED", "7")))
		heads = [bytes.fromhex(kind) for kind in ("080045", "86dd60", "0806", "8100", "88a8", "0000", "080046", "08004f")]
		for _ in range(20000):
		    head = chance.choice([b"\2\0\0\0\0\1", b"\xff" * 6, b"\x52\x55\n\0\2\2"]) + b"\2" * 6
		    try:
		        raw.send(head + chance.choice(heads) + chance.randbytes(chance.randrange(1, 1400)))
		    except OSError:
		        pass
	END
	# What is still queued comes first.
	equal "$(inside dig +short +tries=3 +time=5 host.test A | tail -n 1)" "$HOST4"
	equal "$(pgrep -P "$LAUNCHER" netns-forwarder)" "$before"
}

@test "attack: neither agent nor helper is to be seen, from inside or by the same user" {
	local pid helper path

	start_container --cap-add=all --security-opt seccomp=unconfined / sleep infinity
	equal "$(inside bash -c 'cat /proc/[0-9]*/comm' | grep -c netns-)" \
		"$(inside bash -c 'cat /proc/1/comm' | grep -c netns-)"
	equal "$(inside ls /proc/1/fd | wc -l)" 0
	helper=$(pgrep -P "$LAUNCHER" netns-forwarder)
	for path in mem environ maps fd root cwd ns/user; do
		run cat "/proc/$helper/$path"
		matches "$output" "Permission denied"
	done
	run nsenter --target "$helper" --user --preserve-credentials true
	((status != 0)) || fail "the helper's user namespace can be entered"
}

@test "attack: the gateway's own listener serves nobody who was not admitted" {
	only_on gateway
	start_container --cap-add=all --security-opt seccomp=unconfined --name greedy / sleep infinity
	run inside "$PYTHON" -c '
import socket
for target in ("10.0.2.2", "10.0.2.100", "192.0.2.77"):
    s = socket.socket(); s.settimeout(3)
    try:
        s.connect((target, 5000)); print(target, "connected", s.recv(1))
    except OSError as error:
        pass'
	equal "$output" ""
	equal "$("$CTL" greedy inspect | jq .counters.outgoing_connected)" 0
}
