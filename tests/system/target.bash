# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# target - namespaces that somebody else has made, for what connects them; on top of common

# start_target: namespaces that nobody has connected. Sets TARGET (pid) and NETNS (path).
start_target()
{
	local fifo=$T/target.$((++COUNT)).ready up

	mkfifo "$fifo"
	unshare --user --map-root-user --net -- bash -c 'echo up >"$0"; exec sleep infinity' "$fifo" \
		3>&- >/dev/null &
	TARGET=$!
	SERVERS+=("$TARGET")
	NETNS=/proc/$TARGET/ns/net
	read -r -t "$PATIENCE" up <"$fifo"
	equal "$up" up
}

within()
{
	nsenter --target "$TARGET" --preserve-credentials --user --net "$@"
}
