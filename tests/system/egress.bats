#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# egress - what leaves the host is what the rules allow
#
# How it works
#
# The neighbour has two addresses more, FAR4 and FAR6, so that one of its servers can be allowed and
# the other not. Its servers answer on all of them.

load common

FAR4=198.51.100.9
FAR6=2001:db8:9::9

setup_file()
{
	as_neighbour bash -euc "
		ip address add $FAR4/32 dev lo
		ip address add $FAR6/128 dev lo"
}

teardown_file()
{
	as_neighbour bash -c "
		ip address del $FAR4/32 dev lo
		ip address del $FAR6/128 dev lo"
}

# serve_far VARIABLE PROTOCOL MODE [OPTION...]: at the neighbour; clients are in $T/far.
serve_far()
{
	local variable=$1

	shift
	start_server_log "$T/far" "$variable" "$PYTHON" "$TOOLS/door.py" call "$WORLD_DOOR" \
		nsenter --net="/proc/$WORLD_NEIGHBOUR/ns/net" "$PYTHON" "$TOOLS/serve.py" "$@"
}

# As root of the last container.
from_inside()
{
	inside "$PYTHON" "$TOOLS/client.py" "$@"
}

# reaches EXPECTED PROTOCOL ADDRESS PORT: "open", or the error that connecting ends with, at once.
reaches()
{
	local expected=$1 lines

	shift
	mapfile -t lines < <(from_inside connect "$@" --time --timeout 3)
	equal "${lines[0]}" "$expected"
	((${lines[1]%.*} < $(patient 800))) || fail "after ${lines[1]} ms"
}

@test "egress: with deny nothing leaves, at once, and with allow what the rules say" {
	local tcp udp4 udp6

	serve_far tcp tcp whoami --address ::
	serve_far udp4 udp whoami --address 0.0.0.0
	serve_far udp6 udp whoami --address "$NEIGHBOUR6"
	start_container --egress deny --allow "tcp:$NEIGHBOUR4:$tcp" --allow "udp:[$NEIGHBOUR6]:$udp6" \
		/ sleep infinity
	reaches open tcp "$NEIGHBOUR4" "$tcp"
	reaches ECONNREFUSED tcp "$NEIGHBOUR4" "$((tcp + 1))"
	reaches ECONNREFUSED tcp "$NEIGHBOUR6" "$tcp"
	reaches ECONNREFUSED tcp "$FAR4" "$tcp"
	reaches ECONNREFUSED tcp "$FAR6" "$tcp"
	reaches open udp "$NEIGHBOUR6" "$udp6"
	reaches EHOSTUNREACH udp "$NEIGHBOUR4" "$udp4"
	reaches EACCES udp "$FAR6" "$udp6"
}
