#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# completions - do the shell completions offer what --help tells? completions.sh BUILD
set -euo pipefail

build=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
bin=$(mktemp -d)
trap 'rm -r "$bin"' EXIT
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
	local file=$completions/${1##*/}.bash
	[[ -e $file ]] || file=$completions/netns-run.bash # as doc/meson.build installs it
	FUNCTION=${1##*/} bash -c '
		_init_completion() { cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}; }
		__ltrim_colon_completions() { [[ $1 != *:* ]] || COMPREPLY=("${COMPREPLY[@]#"${1%"${1##*:}"}"}"); }
		_filedir() { COMPREPLY=("files$*"); }
		_command_offset() { COMPREPLY=("command at $1"); }
		_pids() { COMPREPLY=("pids"); }
		source "$1"
		shift
		COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		"_${FUNCTION//-/_}" "$1"
		printf "%s\n" "${COMPREPLY[@]}"
	' bash "$file" "$build/$1" "${@:2}" | sort | xargs
}

expect() { # OFFER PROGRAM WORD...
	local offered
	offered=$(offers "${@:2}")
	[[ $offered != "$1" ]] || return 0
	echo "the completion offers '$offered', not '$1', for: ${*:2}" >&2
	status=1
}

# What zsh would offer behind LINE, sorted.
expect_zsh() { # OFFER LINE
	local offered
	offered=$(PATH=$bin:$PATH TMPDIR=$bin timeout 60 zsh -f "$here/completions.zsh" "$completions" "$2" |
		sort -u | xargs)
	[[ $offered != "$1" ]] || return 0
	echo "zsh's completion offers '$offered', not '$1', for: $2" >&2
	status=1
}

# Programs as they are called by name, where two containers run.
make_programs() {
	ln -s "$build/launcher/netns-run" "$build/plugins/netns-attach" "$bin"
	cat >"$bin/netns-ctl" <<-EOF
		#!/bin/sh
		case "\$*" in
		ls) printf 'NAME  PID\nweb   17\ndb    18\n' ;;
		'web port ls')
			printf 'ID  RULE\n1   8080:80/tcp\n2   127.0.0.1:5353:53/udp\n3   [::1]:8081:81/tcp\n' ;;
		*) exec '$build/src/ctl/netns-ctl' "\$@" ;;
		esac
	EOF
	chmod +x "$bin/netns-ctl"
}

# The first words behind PREFIX in netns-ctl's help, sorted.
words_behind() { # PREFIX
	"$build/src/ctl/netns-ctl" --help | sed -nE "s/^ +netns-ctl $1([a-z]+) .*/\1/p" | sort -u | xargs
}

run=launcher/netns-run ctl=src/ctl/netns-ctl attach=plugins/netns-attach
expect "$(documented $run | xargs)" $run --
expect --publish $run --pub
expect 'auto gateway tap' $run --link ''
expect 'files' $run --pid-file ''
expect 'files-d' $run ''
expect 'files-d' $run -p 80:80 ''
expect 'command at 4' $run -p 80:80 ./root l
expect "$(documented $attach | xargs)" $attach --
expect --no-configure $attach --no-c
expect 'allow deny' $attach --egress ''
expect 'files' $attach --egress-file ''
expect '' $attach --listen-fd ''
expect 'pids' $attach --publish 8080:80 4
expect 'files' $attach ns/

kinds='ended flow-denied forwarder-restarted forwarder-upgraded lost port-added port-removed resolver-changed started'
everything=$(xargs -n1 <<<"$(words_behind '') web db" | sort | xargs)
verbs=$(words_behind 'NAME ')
of_port=$(words_behind 'NAME port ')
of_egress=$(words_behind 'NAME egress ')
ports='1 127.0.0.1:5353:53/udp 2 3 8080:80/tcp [::1]:8081:81/tcp'

expect 'ls' $ctl l
expect '--help --owner --version' $ctl -
expect "$verbs" $ctl web ''
expect '--env --help --host-tool --interactive --tty --user --workdir' $ctl web exec --
expect '' $ctl web exec --user ''
expect 'command at 5' $ctl web exec -w /tmp ls ''
expect "$of_port" $ctl web port ''
expect "$of_egress" $ctl web egress ''
expect '--before --help --keep-flows' $ctl web egress allow --
expect '--help --json' $ctl web ps -
expect '--help --json' $ctl ls -
expect '--help --json' $ctl web port ls --
expect 'QUIT' $ctl web kill QU
expect '' $ctl web stop -t ''
expect '' $ctl web wait ''
expect '--filter --help --last' $ctl events -
expect 'event=' $ctl events --filter ''
expect "$kinds" $ctl events --filter event =
expect 'port-added port-removed' $ctl web events -n 3 -f event = port
expect 'started' $ctl events --filter = event = st
expect 'files' $ctl web capture --write ''

make_programs
build=$bin
expect "$everything" netns-ctl ''
expect 'db doctor' netns-ctl d
expect "$ports" netns-ctl web port rm ''
expect '80/tcp' netns-ctl web port rm 8080:

expect_zsh "$everything" 'netns-ctl '
expect_zsh "$verbs" 'netns-ctl web '
expect_zsh "$of_port" 'netns-ctl web port '
expect_zsh "$of_egress" 'netns-ctl web egress '
expect_zsh "$ports" 'netns-ctl web port rm '
expect_zsh 'QUIT' 'netns-ctl web kill QU'
expect_zsh 'event=' 'netns-ctl events --filter '
expect_zsh "$kinds" 'netns-ctl events --filter event='
expect_zsh '--json' 'netns-ctl web ps --js'
expect_zsh 'auto gateway tap' 'netns-run --link '
expect_zsh '--publish' 'netns-run --pub'
expect_zsh 'auto gateway tap' 'netns-attach --link '
expect_zsh '--no-configure' 'netns-attach --no-c'
expect_zsh "$$" "netns-attach $$"
exit "$status"
