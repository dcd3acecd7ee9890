#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# install-packages - installs what is missing of groups of tests/packages: install-packages.sh GROUP...
set -euo pipefail

list=$(dirname "$0")/packages

packages_of() { # GROUP...
	local group
	for group in "$@"; do
		sed -n "s/^$group: *//p" "$list" | tr -s ' ' '\n'
	done | sort -u
}

is_installed() {
	[[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

as_root() {
	if ((EUID == 0)); then
		"$@"
	else
		sudo "$@"
	fi
}

missing=()
for package in $(packages_of "$@"); do
	is_installed "$package" || missing+=("$package")
done
((${#missing[@]})) || exit 0

if ! command -v apt-get >/dev/null; then
	echo "install-packages: no apt-get here; install by hand: ${missing[*]}" >&2
	exit 1
fi
if ((EUID != 0)) && ! command -v sudo >/dev/null; then
	echo "install-packages: no sudo here; as root: apt-get install ${missing[*]}" >&2
	exit 1
fi
echo "Installing: ${missing[*]}"
as_root apt-get update -q
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
	"${missing[@]}"
