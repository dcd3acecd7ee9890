#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# rate - limits of bandwidth: --rate-in, --rate-out
#
# How it works
#
# tools/rate.py measures what arrives in a few seconds, without the first half. Machines are busy, so
# what arrives may be less than the limit by a third; it may never be more than a twentieth above it.

load common

setup_file()
{
	# What is measured is a limit, not the speed of an emulated machine.
	export SECONDS_EACH=2.2
}

rate()
{
	"$PYTHON" "$TOOLS/rate.py" "$@"
}

serve_rate()
{
	start_server "$1" "$PYTHON" "$TOOLS/rate.py" serve
}

# near KBITS LIMIT: what arrived is by the limit.
near()
{
	(($1 * 100 <= $2 * 105)) || fail "$1 kbit/s arrived, where the limit is $2"
	(($1 * 100 >= $2 * 66)) || fail "only $1 kbit/s arrived, where the limit is $2"
}

# moves KBITS DIRECTION PROTOCOL [STREAMS]: from within the container.
moves()
{
	near "$("$CTL" "$NAME" exec "$PYTHON" "$TOOLS/rate.py" "$2" "$3" 10.0.2.2 "$SERVER" "$SECONDS_EACH" \
		"${4:-1}")" "$1"
}

# A container with a server that it can reach. start_limited [OPTION...]
start_limited()
{
	serve_rate SERVER
	start_container --host-loopback "$@" / sleep infinity
}

@test "rate: TCP keeps to the limit, in both directions and with several streams" {
	start_limited --rate-in 20mbit --rate-out 8M
	moves 20000 down tcp
	moves 8000 up tcp
	moves 8000 up tcp 4
}

@test "rate: UDP keeps to the limit, and TCP beside it has its share" {
	start_limited --rate-in 20mbit --rate-out 8mbit
	moves 20000 down udp
	moves 8000 up udp
	"$CTL" "$NAME" exec "$PYTHON" "$TOOLS/rate.py" up udp 10.0.2.2 "$SERVER" 3 >"$T/udp" &
	local share
	share=$("$CTL" "$NAME" exec "$PYTHON" "$TOOLS/rate.py" up tcp 10.0.2.2 "$SERVER" 2)
	wait $!
	((share > 2000)) || fail "TCP got $share of 8000 kbit/s"
	((share + $(<"$T/udp") <= 2 * 8400)) || fail "TCP $share, UDP $(<"$T/udp")"
}

@test "rate: published ports keep to it" {
	local fifo=$T/inner.ready port

	mkfifo "$fifo"
	start_container --rate-in 8mbit --rate-out 20mbit --publish 127.0.0.1:0:7000 --publish \
		127.0.0.1:0:7000/udp / "$PYTHON" "$TOOLS/rate.py" serve --address 0.0.0.0 --port 7000 --ready "$fifo"
	read -r -t "$PATIENCE" port <"$fifo"
	equal "$port" 7000
	near "$(rate up tcp 127.0.0.1 "$(published)" "$SECONDS_EACH")" 8000
	near "$(rate down tcp 127.0.0.1 "$(published)" "$SECONDS_EACH" 4)" 20000
}

@test "rate: who says little is answered soon beside who says much" {
	local ms

	start_limited --rate-in 20mbit --rate-out 20mbit
	"$CTL" "$NAME" exec "$PYTHON" "$TOOLS/rate.py" up tcp 10.0.2.2 "$SERVER" 4 4 >"$T/bulk" &
	ms=$("$CTL" "$NAME" exec "$PYTHON" "$TOOLS/rate.py" exchange 10.0.2.2 "$SERVER" 2)
	wait $!
	((ms < $(patient 100))) || fail "an exchange took $ms ms"
	near "$(<"$T/bulk")" 20000
}

@test "rate: ICMP counts as well" {
	start_limited --rate-out 16kbit,burst=3000
	# 3,000 bytes go at once, 2,000 a second after that.
	run "$CTL" "$NAME" exec ping -c 6 -w 10 -i 0.01 -s 1000 10.0.2.2
	equal "$status" 0
	matches "$output" ' 6 received'
	matches "$output" 'time=[1-9][0-9]{2}'
}

@test "rate: a burst goes at once" {
	local begin

	start_limited --rate-out 8kbit,burst=1m
	"$CTL" "$NAME" exec "$PYTHON" "$TOOLS/client.py" connect tcp 10.0.2.2 "$SERVER"
	serve sink tcp checksum
	begin=$SECONDS
	# At the rate alone it would take 8 minutes.
	"$CTL" "$NAME" exec "$PYTHON" "$TOOLS/client.py" send tcp 10.0.2.2 "$sink" --size 500000
	((SECONDS - begin < $(patient 10)))
}

@test "rate: the lowest lets something through, the highest is none" {
	start_limited --rate-in 1kbit --rate-out 1kbit
	equal "$("$CTL" "$NAME" exec "$PYTHON" "$TOOLS/client.py" connect tcp 10.0.2.2 "$SERVER")" open
	stop "$LAUNCHER"
	start_limited --rate-in 10tbit --rate-out unlimited
	(($("$CTL" "$NAME" exec "$PYTHON" "$TOOLS/rate.py" up tcp 10.0.2.2 "$SERVER" 1) > 100000))
	(($("$CTL" "$NAME" exec "$PYTHON" "$TOOLS/rate.py" down tcp 10.0.2.2 "$SERVER" 1) > 100000))
}

@test "rate: changes while it runs hold at once, also for what goes on, and for the next forwarder" {
	start_limited --rate-out 1kbit
	"$CTL" "$NAME" exec "$PYTHON" "$TOOLS/rate.py" up tcp 10.0.2.2 "$SERVER" 2 2 >"$T/bulk" &
	"$CTL" "$NAME" rate out 8mbit
	wait $!
	near "$(<"$T/bulk")" 8000
	"$CTL" "$NAME" rate in 20mbit out unlimited
	moves 20000 down tcp
	"$CTL" "$NAME" rate out 8mbit,burst=1m
	equal "$("$CTL" "$NAME" rate | tr -s ' ' | paste -sd ' ')" \
		'DIRECTION RATE BURST in 20mbit 125000 out 8mbit 1048576'
	"$PYTHON" "$TOOLS/kill_forwarder.py" "$XDG_RUNTIME_DIR/netns-run/$NAME/state.json" >"$T/times"
	equal "$("$CTL" "$NAME" rate --json | jq -c '[.in.rate, .out.rate, .out.burst]')" '[20000000,8000000,1048576]'
	"$CTL" "$NAME" upgrade
	equal "$("$CTL" "$NAME" rate --json | jq -c '[.in.rate, .out.rate, .out.burst]')" '[20000000,8000000,1048576]'
	moves 20000 down udp
}

@test "rate: a wrong change is refused with its cure, and changes nothing" {
	local words

	start_limited --rate-out 8mbit
	for words in 'in' 'in fast' 'up 1mbit' 'in 1mbit in 2mbit' 'in 1mbit out' 'in 5 out 1mbit' \
		'in 1mbit out 1mbit x' '1mbit' '--json in 1mbit'; do
		# shellcheck disable=SC2086
		run --separate-stderr "$CTL" "$NAME" rate $words
		assert_failed 125 .
		assert_hint .
	done
	equal "$("$CTL" "$NAME" rate --json | jq -c '[.in.rate, .out.rate]')" '[null,8000000]'
	run --separate-stderr "$CTL" nobody rate in 1mbit
	assert_failed 1 "no running container is called 'nobody'"
}

@test "rate: inspect and stats tell it" {
	start_limited --rate-out 8mbit,burst=64k
	"$CTL" "$NAME" inspect >"$T/inspect"
	equal "$(jq -c '[.rates.in.rate, .rates.out.rate, .rates.out.burst]' "$T/inspect")" '[null,8000000,65536]'
	"$CTL" "$NAME" stats --json >"$T/stats"
	equal "$(jq -c .network.rates.out.rate "$T/stats")" 8000000
}

@test "rate: what is no rate is refused with its cure" {
	run --separate-stderr netns_run --rate-in fast / true
	assert_failed 125 "--rate-in: 'fast' is not a rate"
	matches "$stderr" 'hint: write 100mbit'
	run --separate-stderr netns_run --rate-out 999 / true
	assert_failed 125 "--rate-out: 999 is too low for a rate"
	run --separate-stderr netns_run --rate-out 11tbit / true
	assert_failed 125 "--rate-out: 11tbit is too high for a rate"
	run --separate-stderr netns_run --rate-in 1mbit --net=none / true
	assert_failed 125 '--rate-in has no meaning with --net=none'
}
