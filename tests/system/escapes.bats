#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# escapes - ways around a policy that an attacker found

load common
load egress
load target

@test "escapes: who is in the network itself cannot command it, whatever PIDs it sees" {
	local words

	start_target
	mkfifo "$T/ready"
	"$NETNS_BUILD/plugins/netns-attach" --link="$LINK" --name guest --egress deny --ready-fd 8 "$TARGET" \
		8>"$T/ready" 3>&- &
	LAUNCHERS+=("$!")
	read -rN1 -t "$PATIENCE" _ <"$T/ready"
	for words in "" "unshare --net" "unshare --user --net"; do
		# shellcheck disable=SC2086
		run --separate-stderr within $words "$CTL" guest egress allow '*'
		assert_failed 1 ".*container 'guest'"
	done
	run within "$CTL" guest upgrade
	((status != 0)) || fail "it replaced its own forwarder"
	equal "$("$CTL" guest egress ls --json | jq -c '[.default, .rules]')" '["deny",[]]'
}

@test "escapes: what is no host name is no way around rules of names" {
	local name

	only_on tap # the way of DNS is the same on both
	serve_zone evil.test="$FAR4"
	start_container --dns "$ZONE" --deny '*.evil.test' / sleep infinity
	equal "$(look_up evil.test A)" "NOERROR $FAR4"
	for name in x '\-x' '\000' 'a b' 'x!' '*' 'a\.b' "$(printf 'x%.0s' {1..63}).y_"; do
		equal "$(look_up -q "$name.evil.test" A)" REFUSED
	done
	# It allows nothing: this is one label below test.
	start_container --dns "$ZONE" --egress deny --allow '*.evil.test' / sleep infinity
	equal "$(look_up -q 'a\.evil.test' A)" REFUSED
	matches "$(look_up -q x.evil.test A)" ^NXDOMAIN
}

@test "escapes: the host by the IPv6 forms of its IPv4 address" {
	start_container --deny @host / sleep infinity
	reaches ECONNREFUSED tcp "64:ff9b::$HOST4" 80
	reaches ECONNREFUSED tcp "64:ff9b:1::$HOST4" 80
	reaches ECONNREFUSED tcp 2002:c000:24d::1 80
}

@test "escapes: a name does not open an address that the host gets later" {
	local tcp late=203.0.114.7

	serve tcp tcp whoami --address ::
	serve_zone good.test=$late
	start_container --dns "$ZONE" --egress deny --allow good.test / sleep infinity
	equal "$(look_up good.test A)" "NOERROR $late"
	as_host_root ip address add $late/32 dev lan0
	reaches ECONNREFUSED tcp $late "$tcp"
	"$CTL" "$NAME" egress allow "@host:$tcp"
	reaches open tcp $late "$tcp"
	as_host_root ip address del $late/32 dev lan0
}

@test "escapes: names of others do not push out the user's own" {
	local tcp

	only_on tap # the way of DNS is the same on both
	serve_far tcp tcp whoami --address "$FAR4"
	# shellcheck disable=SC2046
	serve_zone $(seq -f "n%g.test=$FAR4" 70)
	start_container --dns "$ZONE" --add-host "bad.test:$FAR4" --deny bad.test / sleep infinity
	reaches ECONNREFUSED tcp "$FAR4" "$tcp"
	# shellcheck disable=SC2046
	equal "$(inside dig +short $(seq -f "n%g.test" 70) | grep -c "$FAR4")" 70
	reaches ECONNREFUSED tcp "$FAR4" "$tcp"
}

@test "escapes: a flood of connections leaves descriptors for orders and names" {
	ulimit -n 256
	start_container --cap-add=all --security-opt seccomp=unconfined / sleep infinity
	inside "$PYTHON" "$TOOLS/flood.py" 192.0.2.9 2000
	equal "$(inside dig +short +tries=2 host.test A)" "$HOST4"
	"$CTL" "$NAME" egress deny 192.0.2.9
	equal "$("$CTL" "$NAME" flows --json | jq -c 'map(select(.protocol == "tcp"))')" '[]'
}

@test "escapes: neither do sockets that libslirp has no use for, nor connections that stand" {
	local port

	serve_far port tcp hold --address "$FAR4" --quiet
	ulimit -n 256
	start_container / sleep infinity
	inside "$PYTHON" -c '
import socket, sys, time
held = []
for i in range(230):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 1)
    sock.sendto(b"x", (sys.argv[1], 9))
    held.append(sock)
for sock in held:
    sock.close()
held = []
for i in range(230):
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setblocking(False)
    sock.connect_ex((sys.argv[1], int(sys.argv[2])))
    held.append(sock)
print("held", flush=True)
time.sleep(3600)
' "$FAR4" "$port" >"$T/held" 3>&- &
	SERVERS+=("$!")
	until [[ -s $T/held ]]; do read -rt 0.02 <> <(:) || true; done
	# Where libslirp is on its way to the limit, or the relay at it.
	until (($("$CTL" "$NAME" stats --json | jq .forwarder.fds) > 180)); do :; done
	equal "$("$CTL" "$NAME" egress deny "$FAR4")" "1 deny $FAR4"
	equal "$("$CTL" "$NAME" flows --json |
		jq -c "map(select(.protocol == \"tcp\" and .state != \"closing\"))")" '[]'
}

# libslirp takes datagrams from anybody at the socket of each end inside; only that of the published
# port is for strangers.
@test "escapes: a published port opens no way out for other addresses with its number" {
	local port line

	mkfifo "$T/go"
	start_server port as_neighbour "$PYTHON" -c '
import socket, sys
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind((sys.argv[1], 0))
open(sys.argv[4], "w").write("%d\n" % sock.getsockname()[1])
data, peer = sock.recvfrom(100)
sock.sendto(b"first", peer)
open(sys.argv[2]).read()
sock.sendto(b"second", peer)
stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
stranger.sendto(b"third", peer)
open(sys.argv[2], "w").write("sent\n")
' "$FAR4" "$T/go"
	start_container --egress deny --allow "$FAR4" --publish 0:8081/udp / \
		sh -c 'ip address add 10.0.2.55/24 dev eth0 && exec "$@"' sh "$PYTHON" -c '
import socket, sys
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(("10.0.2.55", 8081))
sock.sendto(b"x", (sys.argv[1], int(sys.argv[2])))
while True:
    print(sock.recv(100).decode(), flush=True)
' "$FAR4" "$port"
	read_out line
	equal "$line" first
	"$CTL" "$NAME" egress rm "$FAR4"
	echo >"$T/go"
	read -r -t "$PATIENCE" line <"$T/go"
	equal "$line" sent
	! read -r -t 1 line <&"$OUT" || fail "got '$line'"
}
