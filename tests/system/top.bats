#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# top - netns-ctl top: as text, and on a terminal whose screen is looked at

load common

# top [OPTION...]: one picture as text, after a short look.
top()
{
	"$CTL" top --batch -n 1 -d 0.3 "$@"
}

# screen [OPTION...] CMD...: with steps on standard input, see tools/screen.py.
screen()
{
	"$PYTHON" "$TOOLS/screen.py" "$@"
}

need_pyte()
{
	"$PYTHON" -c 'import pyte' 2>/dev/null || missing "the Python module pyte"
}

# A container that receives without end from a server on the host.
start_busy() # NAME [OPTION...]
{
	local name=$1

	shift
	[[ ${PORT:-} ]] || serve PORT tcp produce --address :: --size 100000000000
	start_container --name "$name" "$@" / sh -c "echo go; exec nc $HOST4 $PORT >/dev/null"
	read_out LINE
}

@test "top --batch: containers with their rates, and their flows" {
	start_busy busy
	rootfs
	start_container --name idle --net none "$ROOTFS" sleep 1000
	run top
	equal "$status" 0
	matches "${lines[0]}" '^netns-ctl top [0-9:]{8}   2 containers, [1-9][0-9]* flows?, [0-9]+ process'
	matches "${lines[1]}" '^up +[0-9.]+[KMG]?/s  down +[0-9.]+[MG]/s .* cpu [0-9.]+%  memory [0-9.]+M$'
	matches "$output" $'\n'". busy +$LINK +0:[0-9]{2} +[0-9.]+[KMG]? +[0-9.]+[MG] .* 1 +[0-9.]+ +[0-9.]+[KM] .*sleep|nc"
	matches "$output" "tcp +:[0-9]+ .. +$HOST4:$PORT +[0-9.]+[KMG]? +[0-9.]+[MG] established +0:[0-9]{2} nc\[[0-9]+\]"
	matches "$output" $'\n'". idle +none +0:[0-9]{2} +- +- .* 0 +0.0 "
}

@test "top --batch: without containers, and several pictures" {
	run top
	equal "$status" 0
	matches "$output" ' 0 containers, 0 flows, 0 processes'
	run "$CTL" top -b -n 3 -d 0.1
	equal "$(grep -c 'netns-ctl top' <<<"$output")" 3
}

@test "top --batch: sees containers come and go" {
	rootfs
	mkfifo "$T/pictures"
	exec {PICTURES}<>"$T/pictures"
	"$CTL" top -b -d 0.1 >"$T/pictures" 3>&- {PICTURES}>&- &
	local pid=$!
	SERVERS+=("$pid")
	await_picture '0 containers'
	start_container --name late "$ROOTFS" sleep 1000
	await_picture ' late '
	stop "$LAUNCHER"
	await_picture '0 containers'
	kill "$pid"
	await_exit "$pid"
	equal "$STATUS" 0
}

await_picture() # REGEX
{
	local line

	while read -r -t "$PATIENCE" line <&"$PICTURES"; do
		[[ ! $line =~ $1 ]] || return 0
	done
	fail "no '$1'"
}

@test "top: a forwarder that is silent holds up nothing" {
	start_busy busy
	local silent
	rootfs
	start_container --name silent "$ROOTFS" sleep 1000
	silent=$(pgrep -P "$LAUNCHER" netns-forwarder)
	kill -STOP "$silent"
	local before=$EPOCHREALTIME
	run top
	kill -CONT "$silent"
	matches "$output" '. silent .* \? +0.0'
	matches "$output" 'its forwarder does not answer'
	matches "$output" '. busy .*[0-9][MG] .* 1 '
	awk -v a="$before" -v b="$EPOCHREALTIME" -v s="$(patient 4)" 'BEGIN { exit !(b - a < s) }'
}

@test "top: on a terminal, sorted and opened by keys" {
	need_pyte
	start_busy busy
	rootfs
	start_container --name another "$ROOTFS" sleep 1000
	run screen "$CTL" top -d 0.3 <<-END
		expect ^▸ busy .*[MG] .*\n▸ another
		expect ^  NAME .*LINK .*DOWN/s .*MEM
		lacks tcp
		send \r
		expect ^▾ busy .*\n  tcp +:[0-9]+ →  $HOST4:$PORT +.*[MG] established
		send \x1b[B
		send n
		expect ^▸ another.*\n▾ busy .*\n  tcp
		send r
		send \r
		expect ^▸ busy .*\n▸ another
		send aa
		lacks tcp
		send ?
		expect sort by rate
		lacks another
		send x
		expect another
		send q
		end
	END
	equal "${lines[-1]}" 0
}

@test "top: the size of the terminal, and ASCII" {
	need_pyte
	start_busy busy
	run screen --ascii "$CTL" top -d 0.3 <<-END
		expect ^\+ busy .*[MG] +[.:=+*%#-]
		send a
		expect ^- busy .*\n  tcp +:[0-9]+ -> $HOST4:$PORT
		resize 30 160
		expect COMMAND +\n- busy .*sh -c|COMMAND\n- busy .*nc $HOST4
		expect established .*nc\[
		resize 7 40
		expect ^- busy
		resize 2 10
		resize 1 1
		resize 24 80
		expect ^- busy .*\n  tcp
		send \x03
		end
	END
	equal "${lines[-1]}" 0
	equal "$(grep -P '[^\x00-\x7f]' <<<"$output")" ""
}

@test "top: gives the terminal back, and writes only what changes" {
	need_pyte
	rootfs
	start_container --name idle "$ROOTFS" sleep 1000
	run screen bash -c "'$CTL' top -d 0.2; stty -a; echo back" <<-END
		expect idle
		quiet 1000
		send q
		expect back
		end
	END
	matches "$output" ' icanon .* echo '
	equal "${lines[-1]}" 0
	# Also when somebody ends it.
	run screen bash -c "'$CTL' top -d 0.2; stty -a; echo back" <<-END
		expect idle
		signal TERM
		expect back
		end
	END
	matches "$output" ' icanon .* echo '
	equal "${lines[-1]}" 0
}

@test "top: what a container calls itself does not steer the terminal" {
	need_pyte
	rootfs
	start_container --name evil "$ROOTFS" sh -c 'exec sleep 1000' $'\e]0;owned\a\e[31m\u202eesrever\x9b2J'
	run screen --size 24 160 "$CTL" top -d 0.2 <<-END
		expect evil .*owned
		clean
		send q
		end
	END
	equal "${lines[-1]}" 0
	lacks "$(top | tr -d '\n')" $'\e'
}

@test "top: ends when its terminal goes, and needs one" {
	rootfs
	start_container --name idle "$ROOTFS" sleep 1000
	run --separate-stderr "$CTL" top </dev/null
	assert_failed 1 "standard input and output are no terminal"
	assert_hint 'netns-ctl top --batch'
	run --separate-stderr "$CTL" top -b -d 0
	assert_failed 125 "'0' is no number of seconds from 0.1"
	run --separate-stderr "$CTL" top -b -n 0
	assert_failed 125 "--iterations must be a number"
	need_pyte
	TERM=nonsense run script -qec "TERM=nonsense '$CTL' top" /dev/null
	equal "$status" 1
	matches "$output" "the terminal is of an unknown type 'nonsense'"
	screen "$CTL" top <<-END
		expect idle
		hangup
	END
}
