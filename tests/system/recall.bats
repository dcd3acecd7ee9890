#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# recall - what a forwarder has learnt of names holds for the one after it

load common
load egress

kill_forwarder()
{
	"$PYTHON" "$TOOLS/kill_forwarder.py" "$XDG_RUNTIME_DIR/netns-run/$NAME/state.json" >/dev/null
}

pins()
{
	"$CTL" "$NAME" egress ls --json | jq .pins
}

@test "recall: an address that a name opened stays open through a crash and an upgrade" {
	local tcp

	serve_far tcp tcp whoami --address ::
	serve_zone good.test=$NEIGHBOUR4 good.test=$NEIGHBOUR6
	start_container --dns $ZONE --egress deny --allow "good.test:$tcp" / sleep infinity
	equal "$(from_inside connect tcp "$NEIGHBOUR4" "$tcp")" ECONNREFUSED
	equal "$(look_up good.test A)" "NOERROR $NEIGHBOUR4"
	kill_forwarder
	equal "$(from_inside connect tcp "$NEIGHBOUR4" "$tcp")" open
	equal "$(from_inside connect tcp "$NEIGHBOUR6" "$tcp")" ECONNREFUSED
	equal "$(look_up good.test AAAA)" "NOERROR $NEIGHBOUR6"
	"$CTL" "$NAME" upgrade
	equal "$(pins)" 2
	kill_forwarder
	equal "$(from_inside connect tcp "$NEIGHBOUR4" "$tcp")" open
	equal "$(from_inside connect tcp "$NEIGHBOUR6" "$tcp")" open
	equal "$(from_inside connect tcp "$NEIGHBOUR4" "$((tcp ^ 1))")" ECONNREFUSED
	# It goes with its rule, as ever.
	"$CTL" "$NAME" egress rm "good.test:$tcp"
	equal "$(from_inside connect tcp "$NEIGHBOUR4" "$tcp")" ECONNREFUSED
	kill_forwarder
	equal "$(from_inside connect tcp "$NEIGHBOUR4" "$tcp")" ECONNREFUSED
}

@test "recall: it closes when it would have closed" {
	local tcp start

	serve_far tcp tcp whoami --address ::
	serve_zone good.test=$NEIGHBOUR4
	start_container --dns $ZONE --egress deny --allow "good.test:$tcp" --egress-pin 3 / sleep infinity
	start=$(date +%s%3N)
	equal "$(look_up good.test A)" "NOERROR $NEIGHBOUR4"
	"$CTL" "$NAME" upgrade
	equal "$(from_inside connect tcp "$NEIGHBOUR4" "$tcp")" open
	kill_forwarder
	until [[ $(from_inside connect tcp "$NEIGHBOUR4" "$tcp") == ECONNREFUSED ]]; do
		(($(date +%s%3N) - start < $(patient 6000))) || fail "still open"
	done
	(($(date +%s%3N) - start >= 3000)) || fail "closed too soon"
	"$CTL" "$NAME" upgrade
	equal "$(from_inside connect tcp "$NEIGHBOUR4" "$tcp")" ECONNREFUSED
}

@test "recall: a connection that a name let out is still cut with its rule after an upgrade" {
	only_on gateway
	local tcp line

	start_beside_expired_pin tcp
	"$CTL" "$NAME" upgrade
	# Its pin has expired, and is known all the same.
	"$CTL" "$NAME" egress allow 192.0.2.200
	equal "$("$CTL" "$NAME" flows --json | jq '[.[] | select(.state == "established")] | length')" 1
	"$CTL" "$NAME" egress rm good.test
	read_out line
	equal "$line" ECONNRESET
}
