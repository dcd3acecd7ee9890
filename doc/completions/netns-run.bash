# bash completion for netns-run(1)

_netns_run() {
	# shellcheck disable=SC2034 # _init_completion sets them
	local cur prev words cword split i
	_init_completion -s || return

	# Behind ROOTFS and CMD the command's own completion takes over. COMP_WORDS, not words, as
	# _command_offset counts in it: there "=" and ":" stand apart.
	local -r with_value=' -p --publish --name --link --ifname -m --mtu --udp-timeout --mac --cidr --cidr6 --dns
		--host-port --ready-fd --info-fd --pid-file '
	local operand=0
	for ((i = 1; i < COMP_CWORD && operand == 0; i++)); do
		case ${COMP_WORDS[i]} in
		--) operand=$((i + 1)) ;;
		-*)
			[[ $with_value =~ [[:space:]]${COMP_WORDS[i]}[[:space:]] ]] && ((i++))
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

	case $prev in
	--link)
		mapfile -t COMPREPLY < <(compgen -W 'auto gateway tap' -- "$cur")
		return
		;;
	--pid-file)
		_filedir
		return
		;;
	-p | --publish | --name | --ifname | -m | --mtu | --udp-timeout | --mac | --cidr | --cidr6 | --dns | \
		--host-port | --ready-fd | --info-fd)
		return
		;;
	esac
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W '--help --publish --name --link --ifname --mtu --udp-timeout
			--mac --cidr --cidr6 --no-ipv6 --dns --host-port --host-loopback --ready-fd
			--info-fd --pid-file --version' -- "$cur")
		return
	fi
	_filedir -d
} && complete -F _netns_run netns-run
