#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# owner - netns-ctl --owner: the host's root and containers that are another user's

load common

as_root()
{
	((WORLD_UIDS > 1)) || missing "subordinate ids: there is one user"
	as_host_root env XDG_RUNTIME_DIR="$XDG_RUNTIME_DIR" "$CTL" "$@"
}

@test "owner: the host's root lists, changes, enters and ends a user's container" {
	local port

	start_container --name mine --publish 127.0.0.1:0:80 / sleep infinity
	port=$(published)
	matches "$(as_root --owner "$(id -u)" ls)" "mine"
	equal "$(as_root --owner="$(id -un)" mine port rm "127.0.0.1:$port" && "$CTL" mine port ls --json)" "[]"
	matches "$(as_root --owner "$(id -u)" mine port add "127.0.0.1:$port:81")" "127.0.0.1:$port:81"
	equal "$(as_root --owner "$(id -u)" mine inspect | jq -r .name)" mine
	equal "$(as_root --owner "$(id -u)" mine exec sh -c 'id -u; hostname; cat' <<<word | paste -sd' ')" \
		"0 $(hostname) word"
	as_root --owner "$(id -u)" mine stop
	await_exit "$LAUNCHER"
}

@test "owner: what root makes for a user is that user's" {
	start_container --name mine / sleep infinity
	as_root --owner "$(id -u)" mine capture --duration 1 -w "$T/packets" 2>/dev/null
	equal "$(stat -c %u "$T/packets")" "$(id -u)"
	# With no right of root's left.
	as_host_root touch "$T/roots"
	run --separate-stderr as_root --owner "$(id -u)" mine capture --duration 1 -w "$T/roots"
	equal "$status" 1
	matches "$stderr" "Permission denied"
}

@test "owner: whose they are is asked for by root alone, and from outside" {
	start_container --name mine / sleep infinity
	run --separate-stderr "$CTL" --owner root ls
	assert_failed 125 "the containers of root are not yours"
	assert_hint "runuser -u root"
	run --separate-stderr "$CTL" --owner nosuch ls
	assert_failed 125 "there is no user 'nosuch'"
	run --separate-stderr "$CTL" --owner
	assert_failed 125 "--owner needs a user"
	"$CTL" --owner "$(id -un)" mine inspect >/dev/null
	# Root as such is not the owner, and root inside is nobody here.
	run --separate-stderr as_root mine inspect
	assert_failed 1 "no running container is called 'mine'"
	assert_hint "--owner"
	for options in "" --cap-add=all; do
		run netns_run $options / "$CTL" --owner "$(id -u)" mine stop
		((status > 0))
	done
	"$CTL" mine exec true
}
