#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# capture - netns-ctl NAME capture: packets of a running container, for those who read pcap files

load common

# capture [OPTION...] [FILTER...]: in the background, with its output in $T/pcap unless -w says
# otherwise; returns when it listens. Sets PID, and LOG (descriptor of its standard error).
capture()
{
	local fifo=$T/log.$((++COUNT))

	mkfifo "$fifo"
	exec {LOG}<>"$fifo"
	"$CTL" "$NAME" capture "$@" >"${OUTPUT:-$T/pcap}" 2>"$fifo" 3>&- {OUT}>&- {LOG}>&- &
	PID=$!
	SERVERS+=("$PID")
	read_log "listening on .* of '$NAME'"
}

# A line of its standard error, in LINE, which must match.
read_log() # REGEX
{
	read -r -t "$PATIENCE" LINE <&"$LOG" || fail "netns-ctl says nothing"
	matches "$LINE" "^netns-ctl: $1"
}

# Ends it as Ctrl-C does. Sets CAPTURED, the number of packets.
end_capture() # [SIGNAL]
{
	kill "-${1:-INT}" "$PID"
	await_end
}

await_end()
{
	read_log '([0-9]+) packets captured, 0 dropped by the kernel'
	CAPTURED=${BASH_REMATCH[1]}
	await_exit "$PID"
	equal "$STATUS" 0
}

# What tcpdump reads; with its own filter behind it.
packets() # [FILTER...]
{
	tcpdump -nr "${FILE:-$T/pcap}" "$@" 2>/dev/null
}

count_packets() # [FILTER...]
{
	packets "$@" | wc -l
}

# A server on the host, and a container on a root without tcpdump, that may talk to it.
start_talkers() # [OPTION...]
{
	serve PORT tcp whoami --address :: --reply greetings
	rootfs
	start_container "$@" "$ROOTFS" sleep 1000
	ADDRESS=$(jq -r .ipv4 "$INFO")
	ADDRESS6=$(jq -r .ipv6 "$INFO")
}

# shellcheck disable=SC2120
talk() # [ADDRESS]
{
	"$CTL" "$NAME" exec nc "${1:-$HOST4}" "$PORT" </dev/null
}

@test "capture: a whole conversation with true addresses, both families" {
	start_talkers
	[[ ! -e $ROOTFS/bin/tcpdump ]]
	capture -w "$T/file"
	matches "$LINE" 'listening on eth0 of .*, snapshot length 262144 bytes'
	matches "$(talk)" greetings
	matches "$(talk "$HOST6")" greetings
	end_capture
	equal "$(stat -c %a "$T/file")" 600
	local FILE=$T/file syn="tcp[tcpflags] & tcp-syn != 0"
	equal "$(count_packets)" "$CAPTURED"
	equal "$(count_packets "$syn and src $ADDRESS and dst $HOST4 and dst port $PORT")" 1
	equal "$(count_packets "$syn and dst $ADDRESS and src $HOST4 and src port $PORT")" 1
	(($(count_packets "tcp[tcpflags] & tcp-fin != 0 and src $ADDRESS and dst $HOST4") >= 1))
	(($(count_packets "tcp[tcpflags] & tcp-fin != 0 and dst $ADDRESS and src $HOST4") >= 1))
	(($(count_packets "ip6[53] & 1 != 0 and src $ADDRESS6 and dst $HOST6") >= 1))
	(($(count_packets "ip6[53] & 1 != 0 and dst $ADDRESS6 and src $HOST6") >= 1))
	matches "$(packets -A "src $HOST4 and tcp port $PORT")" greetings
	matches "$(packets -A "src $HOST6 and tcp port $PORT")" greetings
}

@test "capture: the client of a published port has its true address" {
	start_container_server --publish 0:8000 -- tcp echo --port 8000
	capture tcp port 8000
	equal "$(as_neighbour "$PYTHON" "$TOOLS/client.py" talk tcp "$HOST4" "$(published)" --text hi)" hi
	end_capture
	matches "$(packets "src $NEIGHBOUR4")" "IP $NEIGHBOUR4\\.[0-9]+ > $(jq -r .ipv4 "$INFO")\\.8000"
	matches "$(packets "dst $NEIGHBOUR4")" "\\.8000 > $NEIGHBOUR4"
}

@test "capture: a filter lets through what it says, from the first packet on" {
	start_talkers
	local i
	# Traffic before, while the socket is made, and of another kind.
	"$CTL" "$NAME" exec sh -c "while :; do nc -w 1 -u $HOST4 9 </dev/null; done" \
		>/dev/null 2>&1 3>&- {OUT}>&- &
	SERVERS+=("$!")
	for i in 1 2 3; do
		capture tcp and dst port "$PORT"
		talk >/dev/null
		end_capture
		((CAPTURED > 2))
		equal "$(count_packets)" "$CAPTURED"
		equal "$(count_packets "tcp dst port $PORT and src $ADDRESS")" "$CAPTURED"
	done
}

@test "capture: a pipe gets each packet as it comes, and its reader may leave" {
	start_talkers
	mkfifo "$T/lines" "$T/packets"
	exec {LINES}<>"$T/lines"
	tcpdump -lnr "$T/packets" >"$T/lines" 2>/dev/null 3>&- {OUT}>&- {LINES}>&- &
	local reader=$! line
	SERVERS+=("$reader")
	OUTPUT=$T/packets capture tcp
	talk >/dev/null
	read -r -t "$PATIENCE" line <&"$LINES"
	matches "$line" "IP $ADDRESS\\.[0-9]+ > $HOST4\\.$PORT: Flags \[S\]"
	kill -0 "$PID"
	# Without a packet.
	kill "$reader"
	await_end
}

@test "capture: tshark reads along" {
	command -v tshark >/dev/null || missing tshark
	start_talkers
	mkfifo "$T/packets"
	tshark -lnr "$T/packets" -T fields -e ip.src -e tcp.dstport -c 1 >"$T/shark" 2>/dev/null \
		3>&- {OUT}>&- &
	local reader=$!
	OUTPUT=$T/packets capture tcp and dst port "$PORT"
	talk >/dev/null
	await_exit "$reader"
	equal "$(cat "$T/shark")" "$ADDRESS"$'\t'"$PORT"
	await_end
}

@test "capture: ends by --count, --size and --duration" {
	start_talkers
	capture -c 2 tcp
	talk >/dev/null
	await_end
	equal "$CAPTURED $(count_packets)" "2 2"
	# The third packet of a conversation is no longer than the second.
	capture --size 200 -s 50 tcp
	talk >/dev/null
	await_end
	(($(stat -c %s "$T/pcap") <= 200 && $(stat -c %s "$T/pcap") > 200 - 66))
	equal "$(count_packets)" "$CAPTURED"
	local before=$EPOCHREALTIME
	capture --duration 0.3
	await_end
	awk -v a="$before" -v b="$EPOCHREALTIME" 'BEGIN { exit !(b - a >= 0.3) }'
	equal "$(count_packets)" "$CAPTURED"
}

@test "capture: --snaplen cuts packets and tells their length" {
	start_talkers
	capture --snaplen 50 -w - tcp
	talk >/dev/null
	end_capture
	equal "$(count_packets 'tcp[tcpflags] & tcp-syn != 0')" 2
	"$PYTHON" "$TOOLS/pcap.py" "$T/pcap" >"$T/records"
	equal "$(awk '$2 > 50' "$T/records")" ""
	matches "$(awk '$2 == 50 && $3 > 50' "$T/records")" .
}

@test "capture: segments larger than the MTU are whole" {
	serve PORT tcp checksum --address ::
	start_container / sleep 1000
	capture tcp dst port "$PORT"
	"$CTL" "$NAME" exec "$PYTHON" "$TOOLS/client.py" send tcp "$HOST4" "$PORT" --size 3000000
	end_capture
	"$PYTHON" "$TOOLS/pcap.py" "$T/pcap" >"$T/records"
	equal "$(awk '$2 != $3' "$T/records")" ""
	# As many bytes as were sent, or some twice.
	(($(awk '{ sum += $4 } END { print sum }' "$T/records") >= 3000000))
	(($(awk '$3 > largest { largest = $3 } END { print largest }' "$T/records") > 10000))
}

@test "capture: packets have the time when they came" {
	start_talkers
	local before=$EPOCHREALTIME
	capture tcp port "$PORT"
	talk >/dev/null
	end_capture
	local after=$EPOCHREALTIME
	"$PYTHON" "$TOOLS/pcap.py" "$T/pcap" >"$T/records"
	sort -cn "$T/records"
	equal "$(awk -v a="$before" -v b="$after" '$1 < a || $1 > b' "$T/records")" ""
	# Nanoseconds, not microseconds with zeros.
	matches "$(cut -d' ' -f1 "$T/records" | tr '\n' ' ')" '[1-9]([0-9]{2}|[0-9][1-9]|0[1-9]) |[1-9] '
}

@test "capture: ends with the container, and has its last packets" {
	start_talkers
	capture tcp
	talk >/dev/null
	stop "$LAUNCHER"
	read_log "[0-9]+ packets captured, 0 dropped by the kernel; container '$NAME' has ended"
	await_exit "$PID"
	equal "$STATUS" 0
	matches "$(packets)" "$HOST4.$PORT"
	lacks "$LINE" ' 0 packets captured'
}

@test "capture: --net none has its loopback interface, each packet once" {
	rootfs
	start_container --net none "$ROOTFS" sleep 1000
	capture icmp
	matches "$LINE" 'listening on lo'
	"$CTL" "$NAME" exec ping -c 2 127.0.0.1 >/dev/null
	end_capture
	equal "$CAPTURED" 4
	equal "$(count_packets 'icmp[icmptype] == icmp-echo')" 2
}

@test "capture: --net host is refused" {
	start_container --net host / sleep 1000
	run --separate-stderr "$CTL" "$NAME" capture -w "$T/file"
	assert_failed 1 "the container has no network of its own"
	assert_hint tcpdump
	[[ ! -e $T/file ]]
}

@test "capture: whatever the command may not, and whoever is PID 1" {
	serve PORT tcp whoami --address ::
	rootfs
	local options
	for options in '--cap-drop all' '--init=off' '--user 0:0 --read-only' '--uidmap single'; do
		# shellcheck disable=SC2086
		start_container $options "$ROOTFS" sleep 1000
		capture tcp port "$PORT"
		talk >/dev/null
		end_capture
		((CAPTURED > 4)) || fail "$CAPTURED packets with $options"
		"$CTL" "$NAME" kill
		await_exit "$LAUNCHER"
	done
}

@test "capture -i any: all interfaces, with a filter" {
	start_talkers
	capture -i any "tcp port $PORT or icmp"
	talk >/dev/null
	"$CTL" "$NAME" exec ping -c 1 127.0.0.1 >/dev/null
	end_capture
	equal "$(count_packets)" "$CAPTURED"
	equal "$(count_packets icmp)" 2
	matches "$(packets "tcp port $PORT")" " Out +IP $ADDRESS\\.[0-9]+ > $HOST4"
	equal "$(count_packets not tcp and not icmp)" 0
}

@test "capture: VLAN tags are where they were on the wire" {
	start_container / sleep 1000
	capture -i lo vlan 42
	# The kernel takes the tag out of a frame that it receives.
	"$CTL" "$NAME" exec "$PYTHON" -c '
import socket
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as packets:
    packets.bind(("lo", 0))
    for tag in (b"\x00\x29", b"\x20\x2a", b"\x00\x2b"):
        packets.send(bytes(6) + b"\2\0\0\0\0\1" + b"\x81\x00" + tag + b"\x88\xb5" + 46 * b"x")'
	end_capture
	equal "$CAPTURED" 1
	matches "$(packets -e)" '02:00:00:00:00:01 > 00:00:00:00:00:00, ethertype 802.1Q \(0x8100\), length 64: vlan 42, p 1, ethertype Unknown \(0x88b5\)'
}

@test "capture: an interface that goes ends it, one that is down does not" {
	start_container / sleep 1000
	"$CTL" "$NAME" exec ip link add v0 type veth peer v1 || missing "veth interfaces"
	"$CTL" "$NAME" exec sh -c 'ip link set v1 up; ip link set v0 up
		ip address add 192.0.2.201/24 dev v0'
	capture -i v0 arp
	"$CTL" "$NAME" exec sh -c 'ip link set v0 down; ip link set v0 up
		ping -c 1 -W 1 192.0.2.202' || true
	"$CTL" "$NAME" exec ip link del v0
	read_log '[1-9][0-9]* packets captured, .*; interface v0 has gone'
	await_exit "$PID"
	equal "$STATUS" 0
	matches "$(packets)" 'who-has 192.0.2.202'
}

@test "capture: a reader that does not read holds up neither traffic nor Ctrl-C" {
	serve PORT tcp checksum --address ::
	start_container / sleep 1000
	mkfifo "$T/packets"
	exec {READER}<>"$T/packets"
	OUTPUT=$T/packets capture
	"$CTL" "$NAME" exec "$PYTHON" "$TOOLS/client.py" send tcp "$HOST4" "$PORT" --size 60000000
	local before=$EPOCHSECONDS
	kill -INT "$PID"
	read_log '[0-9]+ packets captured, [1-9][0-9]* dropped by the kernel'
	read_log 'standard output is not read: the last packets are lost'
	await_exit "$PID"
	equal "$STATUS" 1
	((EPOCHSECONDS - before <= $(patient 5)))
	exec {READER}>&-
}

@test "capture: a full device is an error" {
	start_talkers
	capture -w /dev/full tcp || true
	talk >/dev/null || true
	local line lines=
	while read -r -t "$PATIENCE" line <&"$LOG"; do
		lines+=$line$'\n'
		[[ $line != *'No space'* ]] || break
	done
	matches "$lines" 'write to /dev/full: No space left on device'
	await_exit "$PID"
	equal "$STATUS" 1
}

@test "capture: what is wrong has its line, and costs no file" {
	rootfs
	start_container "$ROOTFS" sleep 1000
	echo precious >"$T/file"
	run --separate-stderr "$CTL" "$NAME" capture -w "$T/file" tcp prt 80
	assert_failed 1 "the filter 'tcp prt 80' is wrong: "
	assert_hint 'pcap-filter\(7\)'
	run --separate-stderr "$CTL" "$NAME" capture -w "$T/file" -i eth7
	assert_failed 1 "the container has no interface 'eth7'"
	assert_hint 'lo, eth0'
	run --separate-stderr "$CTL" nobody capture -w "$T/file"
	assert_failed 1 ".*nobody"
	run --separate-stderr "$CTL" "$NAME" capture -w "$T/no/such/file"
	assert_failed 1 "write to .*/no/such/file: No such file"
	run --separate-stderr "$CTL" "$NAME" capture --duration 1h
	assert_failed 125 "'1h' is no number of seconds"
	run --separate-stderr "$CTL" "$NAME" capture --size 10
	assert_failed 125 "a file without packets has 24 bytes"
	run --separate-stderr "$CTL" "$NAME" capture -c 0
	assert_failed 125 "--count must be a number from 1"
	run --separate-stderr "$CTL" "$NAME" capture -s 300000
	assert_failed 125 "--snaplen must be a number from 1 to 262144"
	equal "$(cat "$T/file")" precious
	run script -qec "'$CTL' $NAME capture" /dev/null
	equal "$status" 1
	matches "$output" 'packets are not for a terminal'
	matches "$output" 'tcpdump -nr -'
}

@test "capture: a client of ours that asks for nonsense" {
	rootfs
	start_container "$ROOTFS" sleep 1000
	matches "$("$PYTHON" "$TOOLS/session_client.py" "$NAME" packet-socket '{"cooked":3}')" \
		"'cooked' is no boolean.*EINVAL"
	"$CTL" "$NAME" exec true
}

@test "capture: a paused container is refused" {
	rootfs
	start_container "$ROOTFS" sleep 1000
	"$CTL" "$NAME" pause 2>/dev/null || skip "this machine delegates no cgroup with a freezer"
	run --separate-stderr "$CTL" "$NAME" capture -w "$T/file"
	assert_failed 1 "container '$NAME' is paused"
	assert_hint "netns-ctl $NAME resume"
	"$CTL" "$NAME" resume
}
