# bash completion for netns-ctl(1)

# How it works: verbs and options are what "netns-ctl --help" and "netns-ctl NAME VERB --help" print.
# What stands behind the "=" of an option there tells how its value is completed: choices as A|B in
# lower case, FILE, DIR, event=KIND; anything else is free. Containers, ports and kinds of events are
# asked for.

_netns_ctl_names() { # PROGRAM
	"$1" ls 2>/dev/null | awk 'NR > 1 {print $1}'
}

# Ids and rules of what is published.
_netns_ctl_ports() { # PROGRAM NAME
	"$1" "$2" port ls 2>/dev/null | awk 'NR > 1 {print $1; print $2}'
}

# The parser itself names them all when it does not know one.
_netns_ctl_kinds() { # PROGRAM
	"$1" events --filter event= 2>&1 | sed -n 's/.*take one of: //p' | tr -d ,
}

# The words that may stand behind "netns-ctl PREFIX".
_netns_ctl_verbs() { # PROGRAM PREFIX
	"$1" --help 2>/dev/null | sed -nE "s/^ +netns-ctl $2([a-z]+) .*/\1/p" | sort -u
}

_netns_ctl_options() { # PROGRAM VERB...
	"$@" --help 2>/dev/null | grep -oE -- '^ +(-., )?--[a-z0-9-]+' | grep -oE -- '--.*'
}

# The placeholder of an option's value; nothing if it takes none.
_netns_ctl_value() { # OPTION PROGRAM VERB...
	"${@:2}" --help 2>/dev/null |
		sed -nE "s/^ +(-., )?$1=([^ ]+).*/\2/p; s/^ +$1, --[a-z0-9-]+=([^ ]+).*/\1/p"
}

_netns_ctl_operands() { # PROGRAM NAME VERB...
	case ${*:3} in
	'port rm') _netns_ctl_ports "$1" "$2" ;;
	kill) compgen -A signal SIG | sed 's/^SIG//' ;;
	exec) compgen -c ;;
	esac
}

_netns_ctl_complete_value() { # PROGRAM PLACEHOLDER
	case $2 in
	event=KIND)
		# Readline completes what is behind the "=" alone.
		local word=${COMP_WORDS[COMP_CWORD]}
		if [[ $word == = || ${COMP_WORDS[COMP_CWORD - 2]} == event ]]; then
			mapfile -t COMPREPLY < <(compgen -W "$(_netns_ctl_kinds "$1")" -- "${word#=}")
		else
			mapfile -t COMPREPLY < <(compgen -W event= -- "$word")
			compopt -o nospace 2>/dev/null
		fi
		;;
	*FILE*) _filedir ;;
	DIR) _filedir -d ;;
	*[!a-z0-9\|-]*) ;;
	*\|*) mapfile -t COMPREPLY < <(compgen -W "${2//|/ }" -- "$cur") ;;
	esac
}

_netns_ctl() {
	# shellcheck disable=SC2034 # _init_completion sets them
	local cur prev words cword split i
	_init_completion -s || return

	local program=$1 offers last=2 alone
	alone=" $(_netns_ctl_verbs "$program" '' | xargs) "
	[[ $alone != *" ${COMP_WORDS[1]-} "* ]] || last=1
	((last == 1)) || [[ ! ${COMP_WORDS[2]-} =~ ^(port|egress)$ ]] || last=3
	if ((COMP_CWORD <= last)); then
		case $COMP_CWORD in
		1) offers="$alone $(_netns_ctl_names "$program")" ;;
		2) offers=$(_netns_ctl_verbs "$program" 'NAME ') ;;
		*) offers=$(_netns_ctl_verbs "$program" "NAME ${COMP_WORDS[2]} ") ;;
		esac
		[[ $cur != -* ]] || offers='--help --version --owner'
		mapfile -t COMPREPLY < <(compgen -W "$offers" -- "$cur")
		return
	fi

	# COMP_WORDS, not words, as _command_offset counts in it: there "=" and ":" stand apart.
	local -a verb=("$program" "${COMP_WORDS[@]:1:last}")
	local operand=0 option=''
	for ((i = last + 1; i < COMP_CWORD && operand == 0; i++)); do
		option=''
		case ${COMP_WORDS[i]} in
		--) operand=$((i + 1)) ;;
		-*)
			[[ $(_netns_ctl_value "${COMP_WORDS[i]}" "${verb[@]}") ]] || continue
			option=${COMP_WORDS[i]}
			((++i))
			[[ ${COMP_WORDS[i]-} != = ]] || ((++i))
			# event=KIND is three words here.
			while ((i + 1 <= COMP_CWORD)) && [[ ${COMP_WORDS[i + 1]-} == = ]]; do
				((i += 2))
			done
			;;
		:*) ((++i)) ;;
		*) operand=$i ;;
		esac
	done
	if ((last == 2 && operand && operand < COMP_CWORD)) && [[ ${COMP_WORDS[2]} == exec ]]; then
		_command_offset "$operand"
	elif [[ $option ]] && ((i > COMP_CWORD)); then
		_netns_ctl_complete_value "$program" "$(_netns_ctl_value "$option" "${verb[@]}")"
	elif [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_netns_ctl_options "${verb[@]}")" -- "$cur")
	else
		local line=${COMP_LINE:0:COMP_POINT}
		# The whole word, of which readline completes what is behind the last ":".
		[[ $line != *:* ]] || cur=${line##*[[:space:]]}
		mapfile -t COMPREPLY < <(compgen -W "$(_netns_ctl_operands "${verb[@]}")" -- "$cur")
		__ltrim_colon_completions "$cur"
	fi
} && complete -F _netns_ctl netns-ctl
