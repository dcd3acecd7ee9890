#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# debian-root - makes a tar archive of a Debian root for the system tests
#
# Usage: debian-root.sh FILE [RELEASE [PACKAGE...]]
#
# How it works: debootstrap wants root, so an ordinary user becomes root of a user namespace with
# subordinate ids. The archive has the ids as they are inside, for whoever unpacks it in a full map.
# It is made once. Where it cannot be made, that is told, and the tests that need it are skipped.
set -euo pipefail

readonly mirror=${NETNS_DEBIAN_MIRROR:-http://deb.debian.org/debian}

make() { # FILE RELEASE [PACKAGE...]
	local file=$1 release=$2 work include
	shift 2
	include=$(IFS=, && echo "$*")
	work=$(mktemp -d "${TMPDIR:-/tmp}/debian-root.XXXXXX")
	# shellcheck disable=SC2064
	trap "rm -rf --one-file-system '$work'" EXIT
	if ! debootstrap --variant=minbase ${include:+--include="$include"} "$release" "$work/root" \
		"$mirror" >"$work/log" 2>&1; then
		tail -n 3 "$work/log"
		return 1
	fi
	rm -rf "$work"/root/var/cache/apt/archives/*.deb "$work"/root/usr/share/{doc,info,locale,man}
	# Device nodes cannot be unpacked by an ordinary user, who does not need them either.
	rm -rf "$work"/root/{dev,proc,sys}/*
	tar --numeric-owner --create --file="$file.new" --directory="$work/root" .
	chmod 0644 "$file.new"
	mv "$file.new" "$file"
}

export PATH=$PATH:/usr/sbin:/sbin LC_ALL=C.UTF-8
if [[ ${1:-} == --make ]]; then
	shift
	make "$@"
	exit
fi
[[ ! -e $1 ]] || exit 0
(($# > 1)) || set -- "$1" bookworm
become=(unshare --mount --pid --fork --kill-child --mount-proc)
# Told that it is in a container, debootstrap binds the devices that this root may not make.
((EUID == 0)) || become=(env container=lxc "${become[@]}" --user --map-root-user --map-auto)
timeout --kill-after=10 600 "${become[@]}" "$0" --make "$@" ||
	echo "debian-root: $1 cannot be made from $mirror: the tests that need it are skipped"
