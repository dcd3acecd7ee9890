# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# egress - a neighbour with many addresses, for tests of what may leave; on top of common
#
# How it works
#
# The neighbour has two addresses more, FAR4 and FAR6, so that one of its servers can be allowed and
# the other not. Its servers answer on all of them.

load zone

FAR4=198.51.100.9
FAR6=2001:db8:9::9
PRIVATE4=10.1.2.3

setup_file()
{
	as_neighbour bash -euc "
		ip address add $FAR4/32 dev lo
		ip address add $PRIVATE4/32 dev lo
		ip address add $FAR6/128 dev lo"
}

teardown_file()
{
	as_neighbour bash -c "
		ip address flush dev lo to 198.51.100.0/24
		ip address flush dev lo to $PRIVATE4
		ip address flush dev lo to $FAR6"
}

# serve_far VARIABLE PROTOCOL MODE [OPTION...]: at the neighbour; clients are in $T/far.
serve_far()
{
	local variable=$1

	shift
	start_server_log "$T/far" "$variable" "$PYTHON" "$TOOLS/door.py" call "$WORLD_DOOR" \
		nsenter --net="/proc/$WORLD_NEIGHBOUR/ns/net" "$PYTHON" "$TOOLS/serve.py" "$@"
}

look_up()
{
	inside dig +tries=1 +time=3 +noall +comments +answer "$@" |
		awk '/status:/ { sub(",", "", $6); print $6 } /IN/ { print $5 }' | xargs
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

# start_beside_expired_pin VARIABLE: a container with a connection to the neighbour at good.test,
# which that name let out and whose pin has expired meanwhile. VARIABLE gets the port.
start_beside_expired_pin()
{
	local -n ret_port=$1
	local line

	serve_far "$1" tcp echo --address ::
	serve_zone "good.test=$NEIGHBOUR4"
	start_container --dns "$ZONE" --egress deny --allow good.test --egress-pin 1 / \
		sh -c 'getent ahostsv4 good.test >/dev/null && exec "$@"' sh \
		"$PYTHON" "$TOOLS/hold_one.py" tcp "$NEIGHBOUR4" "$ret_port"
	read_out line
	equal "$line" open
	until [[ $(from_inside connect tcp "$NEIGHBOUR4" "$ret_port") == ECONNREFUSED ]]; do :; done
}
