# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# zone - name servers with records of a test's own, at the neighbour; on top of common

# serve_zone RECORD...: one (tools/zone_server.py), in ZONE. Those behind the door outlive their
# test, so each has an address that none has had.
serve_zone()
{
	local ready zones=$BATS_RUN_TMPDIR/zones

	echo "$BATS_TEST_NAME" >>"$zones"
	ZONE=198.51.100.$((100 + $(wc -l <"$zones")))
	as_neighbour ip address add "$ZONE/32" dev lo
	start_server ready "$PYTHON" "$TOOLS/door.py" call "$WORLD_DOOR" \
		nsenter --net="/proc/$WORLD_NEIGHBOUR/ns/net" "$PYTHON" "$TOOLS/zone_server.py" "$ZONE" "$@"
}
