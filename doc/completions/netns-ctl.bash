# bash completion for netns-ctl(1)

# How it works: verbs and options are what "netns-ctl --help" and "netns-ctl NAME VERB --help" print.
# An option whose line there has a "=" takes a value.

_netns_ctl_names() { # PROGRAM
	"$1" ls 2>/dev/null | awk 'NR > 1 {print $1}'
}

# The words that may stand behind "netns-ctl PREFIX".
_netns_ctl_verbs() { # PROGRAM PREFIX
	"$1" --help 2>/dev/null | sed -nE "s/^ +netns-ctl $2([a-z]+) .*/\1/p" | sort -u
}

_netns_ctl_options() { # PROGRAM VERB...
	"$@" --help 2>/dev/null | grep -oE -- '^ +(-., )?--[a-z0-9-]+' | grep -oE -- '--.*'
}

_netns_ctl_takes_value() { # OPTION PROGRAM VERB...
	"${@:2}" --help 2>/dev/null | grep -qE -- "^ +($1, --[a-z0-9-]+|(-., )?$1)="
}

_netns_ctl_operands() { # PROGRAM NAME VERB...
	case ${*:3} in
	'port rm') "$1" "$2" port ls 2>/dev/null | awk 'NR > 1 {print $1}' ;;
	kill) compgen -A signal SIG | sed 's/^SIG//' ;;
	exec) compgen -c ;;
	esac
}

_netns_ctl() {
	# shellcheck disable=SC2034 # _init_completion sets them
	local cur prev words cword split i
	_init_completion -s || return

	local program=$1 offers last=2
	[[ ${COMP_WORDS[1]-} != @(ls|doctor) ]] || last=1
	[[ ${COMP_WORDS[2]-} != port ]] || last=3
	if ((COMP_CWORD <= last)); then
		case $COMP_CWORD in
		1) offers="$(_netns_ctl_verbs "$program" '') $(_netns_ctl_names "$program")" ;;
		2) offers=$(_netns_ctl_verbs "$program" 'NAME ') ;;
		*) offers=$(_netns_ctl_verbs "$program" 'NAME port ') ;;
		esac
		[[ $cur != -* ]] || offers='--help --version'
		mapfile -t COMPREPLY < <(compgen -W "$offers" -- "$cur")
		return
	fi

	# COMP_WORDS, not words, as _command_offset counts in it: there "=" and ":" stand apart.
	local -a verb=("$program" "${COMP_WORDS[@]:1:last}")
	local operand=0
	for ((i = last + 1; i < COMP_CWORD && operand == 0; i++)); do
		case ${COMP_WORDS[i]} in
		--) operand=$((i + 1)) ;;
		-*)
			! _netns_ctl_takes_value "${COMP_WORDS[i]}" "${verb[@]}" || ((++i))
			[[ ${COMP_WORDS[i]} != = ]] || ((++i))
			;;
		:*) ((++i)) ;;
		*) operand=$i ;;
		esac
	done
	if [[ ${COMP_WORDS[2]} == exec ]] && ((operand && operand < COMP_CWORD)); then
		_command_offset "$operand"
	elif [[ $prev == -* && $prev != -- ]] && _netns_ctl_takes_value "$prev" "${verb[@]}"; then
		return
	elif [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_netns_ctl_options "${verb[@]}")" -- "$cur")
	else
		mapfile -t COMPREPLY < <(compgen -W "$(_netns_ctl_operands "${verb[@]}")" -- "$cur")
	fi
} && complete -F _netns_ctl netns-ctl
