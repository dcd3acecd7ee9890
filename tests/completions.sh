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

# What bash would offer for PROGRAM WORD... with the cursor at the end of the last word.
offers() { # PROGRAM WORD...
	FUNCTION=${1##*/} bash -c '
		_init_completion() { cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}; }
		_filedir() { COMPREPLY=("files$*"); }
		_command_offset() { COMPREPLY=("command at $1"); }
		source "$1"
		shift
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		"_${FUNCTION//-/_}" "$1"
		printf "%s\n" "${COMPREPLY[@]}"
	' bash "$completions/${1##*/}.bash" "$build/$1" "${@:2}" | sort | xargs
}

expect() { # OFFER PROGRAM WORD...
	local offered
	offered=$(offers "${@:2}")
	[[ $offered != "$1" ]] || return 0
	echo "the completion offers '$offered', not '$1', for: ${*:2}" >&2
	status=1
}

run=launcher/netns-run ctl=src/ctl/netns-ctl
expect "$(documented $run | xargs)" $run --
expect --publish $run --pub
expect 'auto gateway tap' $run --link ''
expect 'files' $run --pid-file ''
expect 'files-d' $run ''
expect 'files-d' $run -p 80:80 ''
expect 'command at 4' $run -p 80:80 ./root l

expect 'ls' $ctl l
expect '--help --version' $ctl -
expect '--env --help --host-tool --interactive --tty --user --workdir' $ctl web exec --
expect '' $ctl web exec --user ''
expect 'command at 5' $ctl web exec -w /tmp ls ''
expect 'pause port ps' $ctl web p
expect 'add ls rm' $ctl web port ''
expect '--help --json' $ctl web ps -
expect '--help --json' $ctl ls -
expect '--help --json' $ctl web port ls --
expect 'QUIT' $ctl web kill QU
expect '' $ctl web stop -t ''
expect '' $ctl web wait ''
exit "$status"
