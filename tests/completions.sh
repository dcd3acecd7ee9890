#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# completions - do the shell completions offer what --help tells? completions.sh BUILD
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

# What bash would offer for netns-run WORD... with the cursor at the end of the last word.
offers() {
	bash -c '
		_init_completion() { cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}; }
		_filedir() { COMPREPLY=("files$*"); }
		_command_offset() { COMPREPLY=("command at $1"); }
		source "$1"
		shift
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_netns_run "$1"
		printf "%s\n" "${COMPREPLY[@]}"
	' bash "$completions/netns-run.bash" "$build/launcher/netns-run" "$@" | sort | xargs
}

expect() { # OFFER WORD...
	local offered
	offered=$(offers "${@:2}")
	[[ $offered != "$1" ]] || return 0
	echo "netns-run.bash offers '$offered', not '$1', for: ${*:2}" >&2
	status=1
}

expect "$(documented launcher/netns-run | xargs)" --
expect --publish --pub
expect 'auto gateway tap' --link ''
expect 'files' --pid-file ''
expect 'files-d' ''
expect 'files-d' -p 80:80 ''
expect 'command at 4' -p 80:80 ./root l
compare src/ctl/netns-ctl netns-ctl.bash
compare src/ctl/netns-ctl _netns-ctl
exit "$status"
