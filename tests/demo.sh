#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# demo - from a bare Debian to a published web server: installs, builds, runs the tour
#
# How it works: what needs root (packages, /dev/net/tun) is done first, with sudo where the caller is
# an ordinary user. The tour itself (demo-tour.sh) always runs as an ordinary user; if the caller is
# root that is the user netns-demo, which is made if it does not exist.
set -euo pipefail

readonly demo_user=netns-demo
tests=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$tests")
stage=
cd "$top"

headline() {
	printf '\n== %s ==\n' "$*"
}

as_root() {
	if ((EUID == 0)); then
		"$@"
	else
		sudo "$@"
	fi
}

as_user() {
	if ((EUID == 0)); then
		runuser -u "$demo_user" -- env -u XDG_RUNTIME_DIR HOME=/ "$@"
	else
		"$@"
	fi
}

make_rootfs() { # DIR
	rm -rf "$1"
	mkdir -p "$1"/{bin,dev,etc,proc,sys,tmp}
	cp "$(command -v busybox)" "$1/bin/busybox"
	"$1/bin/busybox" --list | grep -vx busybox | while read -r applet; do
		ln -sf busybox "$1/bin/$applet"
	done
	echo '<h1>Hello from inside the container</h1>' >"$1/index.html"
	echo 'root:x:0:0:root:/:/bin/sh' >"$1/etc/passwd"
}

open_tun() {
	[[ -e /dev/net/tun ]] || as_root modprobe tun
	as_user test -w /dev/net/tun && return
	echo "/dev/net/tun is closed to ordinary users: opening it (chmod 0666), as udev does"
	as_root chmod 0666 /dev/net/tun
}

# The ordinary user may not be able to enter the directory that the repository lies in.
choose_stage() {
	if as_user test -x "$top/build/launcher/netns-run" -a -r "$tests/demo-tour.sh" \
		-a -x "$top/rootfs/bin/busybox"; then
		stage=$top
		return
	fi
	stage=$(mktemp -d /tmp/netns-demo.XXXXXX)
	chmod 0755 "$stage"
	mkdir -p "$stage"/build/{launcher,forwarder,src/ctl} "$stage/tests"
	for program in launcher/netns-run forwarder/netns-forwarder src/ctl/netns-ctl; do
		cp "$top/build/$program" "$stage/build/$program"
	done
	cp "$tests/demo-tour.sh" "$stage/tests"
	cp -a "$top/rootfs" "$stage/rootfs"
	chmod -R go+rX "$stage"
	echo "$demo_user cannot enter $top: the tour runs in a copy, $stage"
}

remove_stage() {
	[[ -z $stage || $stage == "$top" ]] || rm -rf "$stage"
}

trap remove_stage EXIT

headline 'Packages'
"$tests/install-packages.sh" build demo
echo 'All that is needed is installed.'

headline 'Build'
"$tests/build.sh" build

headline 'A root file system from busybox: ./rootfs'
make_rootfs rootfs
ls rootfs

if ((EUID == 0)) && ! id "$demo_user" >/dev/null 2>&1; then
	useradd --system --no-create-home --home-dir / --shell /usr/sbin/nologin "$demo_user"
fi
open_tun
choose_stage
cd "$stage"
as_user "$stage/tests/demo-tour.sh"
