#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# fragments - packets in pieces, whole and not

load common

@test "fragments: datagrams larger than the MTU arrive whole, and their answers" {
	local port large=(1453 5000 65000)

	serve port udp echo --address ::
	equal "$(netns_run --mtu 1500 / "$PYTHON" "$TOOLS/udp.py" sizes "$HOST4" "$port" 1472 1473 5000 65000)" ok
	# libslirp makes no fragments of IPv6.
	[[ $LINK == gateway ]] || large=()
	equal "$(netns_run --mtu 1500 / "$PYTHON" "$TOOLS/udp.py" sizes "$HOST6" "$port" 1452 "${large[@]}")" ok
}

# libslirp 4.7.0 writes to an address out of some of these.
@test "fragments: lone ones, with every flag, do no harm" {
	local pid

	start_container / sleep infinity
	pid=$("$CTL" "$NAME" stats --json 2>/dev/null | jq .forwarder.pid)
	equal "$(inside "$PYTHON" "$TOOLS/lone_fragments.py" eth0 10.0.2.2)" sent
	equal "$(inside dig +short host.test A)" "$HOST4"
	equal "$(cat "$ERR")" ""
	equal "$("$CTL" "$NAME" stats --json 2>/dev/null | jq .forwarder.pid)" "$pid"
}
