# bash completion for netns-run(1) and netns-attach(1)

# How it works: the options are what "PROGRAM --help" prints. What stands behind the "=" tells how
# the value is completed: choices as A|B in lower case, FILE, DIR; anything else is free.

# Words for the value of an option: its placeholder in the help, or nothing if it takes none.
_netns_run_value() { # PROGRAM OPTION
	"$1" --help 2>/dev/null | sed -nE "s/^ +(-., )?$2=([^ ]+).*/\2/p; s/^ +$2, --[a-z0-9-]+=([^ ]+).*/\1/p"
}

_netns_run_complete_value() { # PLACEHOLDER
	case $1 in
	*FILE*) _filedir ;;
	DIR) _filedir -d ;;
	*[!a-z0-9\|-]*) ;;
	*\|*) mapfile -t COMPREPLY < <(compgen -W "${1//|/ }" -- "$cur") ;;
	esac
}

# The value of the option before the cursor, or an option; false where an operand stands.
_netns_run_complete_option() { # PROGRAM
	local placeholder

	if [[ $prev == -* && $prev != -- ]]; then
		placeholder=$(_netns_run_value "$1" "$prev")
		if [[ $placeholder ]]; then
			_netns_run_complete_value "$placeholder"
			return
		fi
	fi
	[[ $cur == -* ]] || return
	mapfile -t COMPREPLY < <(compgen -W \
		"$("$1" --help 2>/dev/null | grep -oE -- '^ +(-., )?--[a-z0-9-]+' | grep -oE -- '--.*')" \
		-- "$cur")
}

_netns_run() {
	# shellcheck disable=SC2034 # _init_completion sets them
	local cur prev words cword split i
	_init_completion -s || return

	# Behind ROOTFS and CMD the command's own completion takes over. COMP_WORDS, not words, as
	# _command_offset counts in it: there "=" and ":" stand apart.
	local operand=0
	for ((i = 1; i < COMP_CWORD && operand == 0; i++)); do
		case ${COMP_WORDS[i]} in
		--) operand=$((i + 1)) ;;
		-*)
			[[ -z $(_netns_run_value "$1" "${COMP_WORDS[i]}") ]] || ((i++))
			[[ ${COMP_WORDS[i]} == = ]] && ((i++))
			;;
		:*) ((i++)) ;;
		*) operand=$i ;;
		esac
	done
	if ((operand && operand < COMP_CWORD)); then
		_command_offset $((operand + 1))
		return
	fi
	_netns_run_complete_option "$1" || _filedir -d
} && complete -F _netns_run netns-run

# A process, or the path of a namespace.
_netns_attach() {
	# shellcheck disable=SC2034 # _init_completion sets them
	local cur prev words cword split
	_init_completion -s || return

	if _netns_run_complete_option "$1"; then
		return
	elif [[ $cur == */* ]]; then
		_filedir
	else
		_pids
	fi
} && complete -F _netns_attach netns-attach
