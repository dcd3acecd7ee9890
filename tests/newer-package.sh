#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# newer-package - unpacks packages of a newer Debian release: newer-package.sh DIR PACKAGE...
#
# How it works: an own configuration makes apt look at that release alone, in a directory that goes
# away; nothing is installed. It suits programs that need little of their release, such as those in
# Go; others bring their C library. It is done once. Where it cannot be done, that is told, and the
# tests that need it are skipped.
set -euo pipefail

readonly release=trixie mirror=${NETNS_DEBIAN_MIRROR:-http://deb.debian.org/debian}

configure() { # WORK
	mkdir -p "$1"/{lists/partial,cache/archives/partial,parts}
	touch "$1/status"
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $release main" \
		>"$1/sources.list"
	cat >"$1/apt.conf" <<-END
		Dir::State::Lists "$1/lists";
		Dir::State::status "$1/status";
		Dir::Cache "$1/cache";
		Dir::Etc::sourcelist "$1/sources.list";
		Dir::Etc::sourceparts "$1/parts";
		APT::Sandbox::User "";
		Acquire::Languages "none";
	END
}

make() { # DIR PACKAGE...
	local work package
	work=$(mktemp -d "${TMPDIR:-/tmp}/newer-package.XXXXXX")
	# shellcheck disable=SC2064
	trap "rm -rf '$work'" EXIT
	configure "$work"
	export APT_CONFIG=$work/apt.conf
	apt-get --quiet=2 update
	(cd "$work" && apt-get --quiet=2 download "${@:2}")
	for package in "$work"/*.deb; do
		dpkg-deb --extract "$package" "$work/root"
	done
	rm -rf "$1"
	mv "$work/root" "$1"
	chmod -R a+rX "$1"
}

[[ ! -d $1 ]] || exit 0
if [[ ${NEWER_PACKAGE_STAGE:-} == limited ]]; then
	make "$@"
	exit
fi
NEWER_PACKAGE_STAGE=limited timeout --kill-after=10 120 "$0" "$@" ||
	echo "newer-package: ${*:2} of $release cannot be had from $mirror: the tests that need it are skipped"
