# bash completion for netns-ctl(1)

_netns_ctl() {
	local cur words cword
	_init_completion || return

	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W '--help --json --version' -- "$cur")
		return
	fi
	case $cword,${words[2]-},${words[3]-} in
	1,*)
		mapfile -t COMPREPLY < <(compgen -W "ls $(_netns_ctl_names)" -- "$cur")
		;;
	2,*)
		[[ ${words[1]} == ls ]] ||
			mapfile -t COMPREPLY < <(compgen -W 'port inspect' -- "$cur")
		;;
	3,port,*)
		mapfile -t COMPREPLY < <(compgen -W 'ls add rm' -- "$cur")
		;;
	*,port,rm)
		mapfile -t COMPREPLY < <(compgen -W "$(_netns_ctl_ids "${words[1]}")" -- "$cur")
		;;
	esac
}

_netns_ctl_names() {
	netns-ctl ls 2>/dev/null | awk 'NR > 1 {print $1}'
}

_netns_ctl_ids() {
	netns-ctl "$1" port ls 2>/dev/null | awk 'NR > 1 {print $1}'
}

complete -F _netns_ctl netns-ctl
