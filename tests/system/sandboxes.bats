#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# sandboxes - a network for what bubblewrap and unshare start, as README tells it
# bats file_tags=runtimes

load common

# Called by their names, as in the recipes.
setup_file()
{
	mkdir "$BATS_FILE_TMPDIR/bin"
	ln -s "$(realpath "$NETNS_BUILD")/plugins/netns-attach" "$BATS_FILE_TMPDIR/bin"
	ln -s "$(realpath "$NETNS_BUILD")/src/ctl/netns-ctl" "$BATS_FILE_TMPDIR/bin"
}

# recipe SCRIPT: the lines of a recipe, in a directory of its own; its output must be there, and
# nothing but the network's name, before the line "inside". Sets INSIDE to what comes after it.
recipe()
{
	mkdir -p "$T/recipe"
	run env -C "$T/recipe" PATH="$BATS_FILE_TMPDIR/bin:$PATH" LINK="$LINK" PYTHON="$PYTHON" TOOLS="$TOOLS" \
		PORT="${PORT:-}" timeout "$((PATIENCE * 3))" bash -ec "$1"
	equal "$status" 0
	INSIDE=${output#*inside$'\n'}
}

# What a sandbox does with its network: resolves a name, reaches a server of the LAN.
INSIDE_COMMANDS='echo inside
	dig +short +timeout=5 @10.0.2.3 host.test
	"$PYTHON" "$TOOLS/client.py" talk tcp 192.0.2.1 "$PORT"'
export INSIDE_COMMANDS

# Sets PORT to that of a server on the LAN that says who asks.
serve_neighbour()
{
	mkfifo "$T/neighbour"
	as_neighbour timeout 60 "$PYTHON" "$TOOLS/serve.py" tcp whoami --reply ! --ready "$T/neighbour" \
		3>&- >/dev/null &
	SERVERS+=("$!")
	read -r -t "$PATIENCE" PORT <"$T/neighbour"
}

check_inside()
{
	matches "$INSIDE" "[0-9a-f.:]+"$'\n'"$HOST4 [0-9]+ !"
}

@test "sandboxes: bubblewrap waits for its network" {
	command -v bwrap >/dev/null || missing bwrap
	serve_neighbour
	recipe '
		mkfifo info block
		bwrap --unshare-user --unshare-pid --unshare-net --bind / / --proc /proc --info-fd 11 --block-fd 12 \
			bash -c "$INSIDE_COMMANDS" 11>info 12<>block &
		netns-attach --link="$LINK" --detach "$(jq ".[\"child-pid\"]" <info)"
		echo >block
		wait $!'
	check_inside
}

# With --dev it has a user namespace within the one that owns its network.
@test "sandboxes: bubblewrap with a nested user namespace" {
	command -v bwrap >/dev/null || missing bwrap
	serve_neighbour
	recipe '
		mkfifo info block
		bwrap --unshare-all --dev /dev --proc /proc --ro-bind /usr /usr --ro-bind /etc /etc \
			--symlink usr/bin /bin --symlink usr/lib /lib --symlink usr/lib64 /lib64 \
			--ro-bind "$TOOLS" "$TOOLS" --info-fd 11 --block-fd 12 \
			bash -c "$INSIDE_COMMANDS; readlink /proc/self/ns/user" 11>info 12<>block &
		pid=$(jq ".[\"child-pid\"]" <info)
		netns-attach --link="$LINK" --detach "$pid"
		echo >block
		wait $!'
	check_inside
}

@test "sandboxes: bubblewrap, with a published port and a policy of its caller" {
	local port

	command -v bwrap >/dev/null || missing bwrap
	port=$("$PYTHON" "$TOOLS/free_ports.py" 1)
	mkfifo "$T/info" "$T/block" "$T/ready"
	bwrap --unshare-user --unshare-net --bind / / --dev /dev --info-fd 11 --block-fd 12 --die-with-parent \
		"$PYTHON" "$TOOLS/serve.py" tcp whoami --address :: --port 8080 --reply ! --ready "$T/ready" \
		11>"$T/info" 12<>"$T/block" 3>&- >/dev/null &
	SERVERS+=("$!")
	"$NETNS_BUILD/plugins/netns-attach" --link="$LINK" --detach --publish "$port:8080" \
		"$(jq '."child-pid"' <"$T/info")" 3>&-
	echo >"$T/block"
	read -r -t "$PATIENCE" _ <"$T/ready"
	matches "$(as_neighbour "$PYTHON" "$TOOLS/client.py" talk tcp "$HOST4" "$port")" "^$NEIGHBOUR4 .*!$"
}

@test "sandboxes: unshare" {
	serve_neighbour
	recipe '
		mkfifo go
		unshare --user --map-root-user --net bash -c "read -r _ <go; $INSIDE_COMMANDS" &
		until [[ $(readlink /proc/$!/ns/net) != "$(readlink /proc/self/ns/net)" ]]; do :; done
		netns-attach --link="$LINK" --detach $!
		echo >go
		wait $!'
	check_inside
}

# Its namespaces belong to the system: they are root's, not ours.
@test "sandboxes: what belongs to the system is refused by name" {
	run "$NETNS_BUILD/plugins/netns-attach" --link="$LINK" "$WORLD_NEIGHBOUR"
	equal "$status" 1
	matches "${lines[0]}" '^netns-attach: .*(Permission denied|Operation not permitted)'
}
