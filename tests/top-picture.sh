#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# top-picture - the picture of netns-ctl top in README: top-picture.sh BUILD FILE.svg
#
# How it works: as an ordinary user, on the private host of the system tests (system/tools/world),
# it starts containers with some traffic between them, that host and its neighbour, looks at them
# with netns-ctl top on a terminal of python3-pyte, and draws that terminal's screen.
set -euo pipefail

tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tools=$tests/system/tools
python=/usr/bin/python3
build=$(realpath "$1")
picture=$(realpath "$2")

[[ ${WORLD_DOOR:-} ]] || exec "$tools/world" "${BASH_SOURCE[0]}" "$build" "$picture"

folder=$(mktemp -d)
export XDG_RUNTIME_DIR=$folder/run
mkdir "$XDG_RUNTIME_DIR"
cd "$folder"
trap 'kill $(jobs -p) 2>/dev/null; wait; rm -rf "$folder"' EXIT

make_rootfs() {
	local applet
	mkdir -p rootfs/{bin,dev,etc,proc,sys,tmp,www}
	cp "$(command -v busybox)" rootfs/bin/busybox
	for applet in $(busybox --list); do
		[[ $applet == busybox ]] || ln -s busybox "rootfs/bin/$applet"
	done
	head -c 150000 /dev/urandom >rootfs/www/piece
	# shellcheck disable=SC2016 # for the shell inside
	printf '%s\n' '#!/bin/sh' 'while cat /www/piece; do usleep $(($$ % 7 * 20000 + 60000)); done' \
		>rootfs/bin/radio
	chmod +x rootfs/bin/radio
}

# start NAME [OPTION...] ROOTFS CMD...: returns when it runs.
start() {
	local name=$1
	shift
	mkfifo "$name.ready"
	"$build/launcher/netns-run" --name "$name" --ready-fd 8 "$@" 8>"$name.ready" >/dev/null 2>&1 &
	read -rN1 _ <"$name.ready"
}

# serve VARIABLE ARGS...: a server on the host, paced by --pause.
serve() {
	local variable=$1
	shift
	mkfifo "$variable.ready"
	"$python" "$tools/serve.py" tcp "$@" --address :: --quiet --ready "$variable.ready" >/dev/null &
	read -r "${variable?}" <"$variable.ready"
}

# A listener at the other end of the host's network.
listen() {
	"$python" "$tools/door.py" call "$WORLD_DOOR" nsenter --net="/proc/$WORLD_NEIGHBOUR/ns/net" \
		nc -d 192.0.2.77 8080 >/dev/null 2>&1 &
}

make_rootfs
source='' sink=''
serve source produce --size 100000000000 --pause 0.003
serve sink checksum --pause 0.02
start web --publish 8080:80 rootfs nc -ll -p 80 -e radio
start build rootfs sh -c "exec nc host.test $source"
start backup --link tap rootfs sh -c "exec nc host.test $sink </dev/zero"
start resolver rootfs sh -c 'while nslookup host.test; do sleep 9; done'
start sandbox --net none rootfs sleep 1000
listen
listen
listen

"$python" "$tools/screen.py" --size 18 112 --svg "$picture" "$build/src/ctl/netns-ctl" top -d 2 <<-'END'
	expect web
	send aj
	expect web +gateway +0:(3[2-9]|4)
	expect nc\[
	picture
	send q
	end
END
