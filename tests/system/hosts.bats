#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# hosts - containers on two hosts, joined by VXLAN and by WireGuard inside their namespaces
#
# The second host is the neighbour at the other end of the LAN, with an ordinary user of its own.

load common

# start_pair PORT [OPTION...]: a container on each host with this UDP port of its own published. Sets
# HERE and THERE, the PIDs of their commands.
start_pair()
{
	local publish=$1:$1/udp ready

	shift
	rootfs
	start_container --name here --cap-add NET_ADMIN --publish "$publish" "$@" "$ROOTFS" sleep 3600
	HERE=$CHILD
	mkfifo "$T/there.ready"
	as_neighbour setpriv --reuid "$(id -u)" --regid "$(id -g)" --clear-groups --inh-caps=-all \
		env XDG_RUNTIME_DIR="$XDG_RUNTIME_DIR" "$RUN" --link="$LINK" --name there --ready-fd 1 \
		--pid-file "$T/there.pid" --cap-add NET_ADMIN --publish "$publish" "$@" "$ROOTFS" sleep 3600 \
		3>&- >"$T/there.ready" 2>"$T/there.err" </dev/null &
	read -rN1 -t "$PATIENCE" ready <"$T/there.ready" || fail "not ready: $(cat "$T/there.err")"
	equal "$ready" 1
	THERE=$(<"$T/there.pid")
	SECOND=$!
}

stop_there()
{
	kill -KILL "$THERE"
	await_exit "$SECOND"
}

# in_host PID CMD...: with the rights of root in a container's namespaces, with the host's programs.
in_host()
{
	local pid=$1

	shift
	nsenter --target "$pid" --preserve-credentials --user --net "$@"
}

# measure LABEL ADDRESS [OPTION...]: from here to there, with what iperf3 says as a comment.
measure()
{
	local label=$1 address=$2 line result

	shift 2
	exec {OUT}< <(in_host "$THERE" iperf3 --server --one-off --forceflush 2>&1 3>&-)
	while read -r -t "$PATIENCE" line <&"$OUT" && [[ $line != *listening* ]]; do :; done
	result=$(in_host "$HERE" timeout "$((PATIENCE * 3))" iperf3 --client "$address" --time 2 --json "$@") ||
		fail "$(jq -r .error <<<"$result")"
	exec {OUT}<&-
	jq -r --arg name "$label" '.end | "# \($name): \(.sum_received.bits_per_second / 1e9 * 100 | round / 100)" +
		" Gbit/s, \(.sum_sent.retransmits // 0) segments sent again"' <<<"$result" >&3
	RECEIVED=$(jq .end.sum_received.bytes <<<"$result")
	[[ ${RECEIVED%.*} -gt 1000000 ]] || fail "received $RECEIVED bytes only"
}

# Sets up vxlan0 in a container: PID ADDRESS OPTION...
add_vxlan()
{
	local pid=$1 address=$2

	shift 2
	in_host "$pid" ip link add vxlan0 type vxlan id 42 dev eth0 "$@"
	in_host "$pid" ip address add "$address" dev vxlan0
	in_host "$pid" ip link set vxlan0 up
}

mtu_of()
{
	in_host "$1" ip -json link show "$2" | jq '.[0].mtu'
}

# join_vxlan PORT REMOTE-HERE REMOTE-THERE
join_vxlan()
{
	start_pair "$1" --mtu 1500
	add_vxlan "$HERE" 10.50.0.1/24 remote "$3" dstport "$1"
	add_vxlan "$THERE" 10.50.0.2/24 remote "$2" dstport "$1"
}

@test "hosts: VXLAN carries full packets, unbroken, at speed" {
	local before

	command -v iperf3 >/dev/null || missing iperf3
	join_vxlan 4789 "$HOST4" "$NEIGHBOUR4"
	equal "$(mtu_of "$HERE" vxlan0)" 1450
	in_host "$HERE" ping -c1 -W5 -M 'do' -s 1422 10.50.0.2
	run in_host "$HERE" ping -c1 -W1 -M 'do' -s 1423 10.50.0.2
	[[ $status -ne 0 ]] || fail "a packet longer than the MTU has passed"
	before=$(awk '/^Ip: [0-9]/' /proc/net/snmp | cut -d' ' -f15-20)
	measure "VXLAN, $LINK, one stream up" 10.50.0.2
	measure "VXLAN, $LINK, one stream down" 10.50.0.2 --reverse
	# Of the host's IP: what was cut into fragments, and put together again.
	equal "$(awk '/^Ip: [0-9]/' /proc/net/snmp | cut -d' ' -f15-20)" "$before"
	stop_there
}

# The kernel chooses the outer source port by the inner flow: each makes a flow of ours.
@test "hosts: VXLAN's flows have source ports of their own" {
	local flows

	command -v iperf3 >/dev/null || missing iperf3
	join_vxlan 4789 "$HOST4" "$NEIGHBOUR4"
	measure "VXLAN, $LINK, eight streams" 10.50.0.2 --parallel 8
	flows=$("$CTL" here flows --json | jq -s '[.[] | if type == "array" then .[] else . end |
		select(tostring | test("4789"))] | length')
	[[ $flows -ge 4 ]] || fail "only $flows flows: $("$CTL" here flows)"
	stop_there
}

@test "hosts: VXLAN at any port, and over IPv6" {
	command -v iperf3 >/dev/null || missing iperf3
	join_vxlan 14789 "$HOST4" "$NEIGHBOUR4"
	measure "VXLAN, $LINK, port 14789" 10.50.0.2
	stop_there
	stop_all
	rm "$T"/there.*
	join_vxlan 4789 "$HOST6" "$NEIGHBOUR6"
	equal "$(mtu_of "$HERE" vxlan0)" 1430
	in_host "$HERE" ping -c1 -W5 -M 'do' -s 1402 10.50.0.2
	measure "VXLAN over IPv6, $LINK" 10.50.0.2
	stop_there
}

# The kernel's WireGuard or, where it has none, wireguard-go: PID KEY ADDRESS PEER-KEY ENDPOINT.
add_wireguard()
{
	in_host "$1" unshare --mount bash -c '
		ip link add wg0 type wireguard 2>/dev/null || {
			mount -t tmpfs tmpfs /run
			LOG_LEVEL=error wireguard-go wg0 >/dev/null 2>&1 3>&-
		}
		wg set wg0 listen-port 51820 private-key <(echo "$1") peer "$3" endpoint "$4" \
			allowed-ips 10.60.0.0/24
		ip address add "$2" dev wg0
		ip link set wg0 mtu 1420 up' bash "${@:2}"
}

@test "hosts: WireGuard joins them, with one published port on each" {
	local key_here key_there

	command -v wg >/dev/null || missing wireguard-tools
	command -v iperf3 >/dev/null || missing iperf3
	start_pair 51820 --mtu 1500
	if ! in_host "$HERE" ip link add probe0 type wireguard 2>/dev/null; then
		command -v wireguard-go >/dev/null || missing "WireGuard in the kernel, or wireguard-go"
	fi
	key_here=$(wg genkey) key_there=$(wg genkey)
	add_wireguard "$HERE" "$key_here" 10.60.0.1/24 "$(wg pubkey <<<"$key_there")" "$NEIGHBOUR4:51820"
	add_wireguard "$THERE" "$key_there" 10.60.0.2/24 "$(wg pubkey <<<"$key_here")" "$HOST4:51820"
	in_host "$HERE" ping -c1 -W5 -M 'do' -s 1392 10.60.0.2
	measure "WireGuard, $LINK, one stream up" 10.60.0.2
	measure "WireGuard, $LINK, one stream down" 10.60.0.2 --reverse
	stop_there
}
