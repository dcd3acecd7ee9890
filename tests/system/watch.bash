# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# watch - reads the events of networks one by one; on top of common

# watch_events ARGUMENT...: netns-ctl in the background; its lines come from $EVENTS.
watch_events()
{
	local fifo=$T/events.$((++COUNT))

	mkfifo "$fifo"
	exec {EVENTS}<>"$fifo"
	"$CTL" "$@" >"$fifo" 2>"$fifo.err" 3>&- {EVENTS}>&- &
	SERVERS+=("$!")
	WATCHER=$!
}

# The next line, of descriptor $1, as its members $2 (jq).
next_event()
{
	local line

	read -r -t "$PATIENCE" line <&"$1" || fail "no event"
	jq -r "$2" <<<"$line" || fail "no JSON: $line"
}
