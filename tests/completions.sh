#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# completions - do the shell completions know exactly the options of --help? completions.sh BUILD
set -euo pipefail

build=$1
completions=$(cd "$(dirname "$0")/../doc/completions" && pwd)
status=0

options_in() {
	grep -oE -- '(^|[^[:alnum:]-])--[a-z][a-z0-9-]*' | grep -oE -- '--[a-z0-9-]+' | sort -u
}

# A GLib program's options stand in lines of their own; its examples may hold other words.
documented() { # PROGRAM
	"$build/$1" --help | grep -E '^ +(-|netns-ctl)' | options_in
}

compare() { # PROGRAM FILE
	local difference
	if difference=$(diff <(documented "$1") <(grep -v '^#' "$completions/$2" | options_in)); then
		return
	fi
	printf '%s differs from %s --help (<: only there):\n%s\n' "$2" "$1" "$difference" >&2
	status=1
}

compare launcher/netns-run netns-run.bash
compare launcher/netns-run _netns-run
compare src/ctl/netns-ctl netns-ctl.bash
compare src/ctl/netns-ctl _netns-ctl
exit "$status"
