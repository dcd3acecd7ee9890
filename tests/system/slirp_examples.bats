#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# slirp_examples - the examples of slirp4netns(1), word for word, with netns-forwarder in its place
#
# Only /tmp is another directory, and ports are free ones.

load common

setup_file()
{
	mkdir "$BATS_FILE_TMPDIR/bin"
	ln -s "$(realpath "$NETNS_BUILD")/forwarder/netns-forwarder" "$BATS_FILE_TMPDIR/bin/slirp4netns"
}

export NETNS_RUN_LINK=$LINK

# open_terminal NAME COMMAND: a shell that is typed into; its descriptors are NAME_IN and NAME_OUT.
open_terminal()
{
	local name=$1

	mkfifo "$T/$name.in" "$T/$name.out"
	exec {IN}<>"$T/$name.in" {OUT}<>"$T/$name.out"
	env -C "$T" PATH="$BATS_FILE_TMPDIR/bin:$PATH" bash -c "exec $2" <"$T/$name.in" >"$T/$name.out" 2>&1 \
		3>&- {IN}>&- {OUT}>&- &
	SERVERS+=("$!")
	declare -g "${name}_IN=$IN" "${name}_OUT=$OUT"
}

# type NAME LINE: what the shell prints until it is ready for the next line goes to SAID, and its
# status to STATUS.
type()
{
	local in=${1}_IN out=${1}_OUT line

	printf '%s; echo "=$?"\n' "${2//\/tmp\//$T/}" >&"${!in}"
	SAID=
	while read -r -t "$PATIENCE" line <&"${!out}" || fail "no answer to: $2 (so far: $SAID)"; do
		[[ ! $line =~ ^(.*)=([0-9]+)$ ]] || break
		SAID+=$line$'\n'
	done
	SAID+=${BASH_REMATCH[1]}
	STATUS=${BASH_REMATCH[2]}
}

# The same, which must succeed.
types()
{
	type "$@"
	equal "$STATUS: $SAID" "0: $SAID"
}

# The steps that all others come after; OPTION... are more of slirp4netns's.
start_example()
{
	local line

	open_terminal NAMESPACE 'unshare --user --map-root-user --net --mount'
	types NAMESPACE 'echo $$ > /tmp/pid'
	mkfifo "$T/slirp.out"
	env -C "$T" PATH="$BATS_FILE_TMPDIR/bin:$PATH" bash -c "exec ${*//\/tmp\//$T/}" 3>&- >"$T/slirp.out" \
		2>"$T/slirp.err" </dev/null &
	SLIRP=$! LAUNCHER=$!
	LAUNCHERS+=("$SLIRP")
	exec {OUT}<"$T/slirp.out"
	while read -r -t "$PATIENCE" line <&"$OUT" || fail "$(cat "$T/slirp.err")"; do
		[[ $line != *'is accessible as'* ]] || break
	done
	# It says so before the network is there: the shell waits as its user would.
	types NAMESPACE 'until ip -4 address show dev tap0 2>/dev/null | grep -q inet; do :; done'
}

@test "slirp_examples: the first one" {
	# shellcheck disable=SC2016
	start_example 'slirp4netns --configure --mtu=65520 $(cat /tmp/pid) tap0'
	types NAMESPACE 'ip a'
	matches "$SAID" 'tap0(@[a-z0-9]+)?: <BROADCAST,MULTICAST,UP,LOWER_UP.*> mtu 65520'
	matches "$SAID" 'inet 10.0.2.100/24 brd 10.0.2.255 scope global tap0'
	types NAMESPACE 'echo "nameserver 10.0.2.3" > /tmp/resolv.conf'
	types NAMESPACE 'mount --bind /tmp/resolv.conf /etc/resolv.conf'
	types NAMESPACE 'dig +short +timeout=5 host.test'
	[[ $SAID ]] || fail "no answer by 10.0.2.3"
	types NAMESPACE 'ping -c1 -W5 10.0.2.2'
}

@test "slirp_examples: its API" {
	local port inner json

	# shellcheck disable=SC2016
	start_example 'slirp4netns --api-socket /tmp/slirp4netns.sock --configure $(cat /tmp/pid) tap0'
	port=$("$PYTHON" "$TOOLS/free_ports.py" 1)
	start_server inner nsenter --target "$(<"$T/pid")" --preserve-credentials --user --net "$PYTHON" \
		"$TOOLS/serve.py" tcp whoami --reply !
	json='{"execute": "add_hostfwd", "arguments": {"proto": "tcp", "host_addr": "0.0.0.0", "host_port": 8080, "guest_addr": "10.0.2.100", "guest_port": 80}}'
	json=${json/8080/$port}
	types NAMESPACE "json='${json/80\}/$inner\}}'"
	# shellcheck disable=SC2016
	types NAMESPACE 'echo -n $json | nc -U /tmp/slirp4netns.sock'
	equal "$(jq -c . <<<"$SAID")" '{"return":{"id":1}}'
	matches "$(client talk tcp 127.0.0.1 "$port")" '!$'
	types NAMESPACE "json='{\"execute\": \"list_hostfwd\"}'"
	# shellcheck disable=SC2016
	types NAMESPACE 'echo -n $json | nc -U /tmp/slirp4netns.sock'
	equal "$(jq -c '.return.entries | map([.id, .proto, .host_addr, .host_port, .guest_addr, .guest_port])' <<<"$SAID")" \
		"[[1,\"tcp\",\"0.0.0.0\",$port,\"10.0.2.100\",$inner]]"
	types NAMESPACE "json='{\"execute\": \"remove_hostfwd\", \"arguments\": {\"id\": 1}}'"
	# shellcheck disable=SC2016
	types NAMESPACE 'echo -n $json | nc -U /tmp/slirp4netns.sock'
	equal "$(jq -c . <<<"$SAID")" '{"return":{}}'
	equal "$(client connect tcp 127.0.0.1 "$port")" ECONNREFUSED
}

@test "slirp_examples: paths of the namespaces" {
	local pid

	open_terminal NAMESPACE 'unshare --user --map-root-user --net --mount'
	types NAMESPACE 'echo $$ > /tmp/pid'
	pid=$(<"$T/pid")
	# shellcheck disable=SC2016
	open_terminal HOST 'bash'
	types HOST "slirp4netns --configure --netns-type=path --userns-path=/proc/$pid/ns/user /proc/$pid/ns/net tap0 >/tmp/log 2>&1 & :"
	types NAMESPACE 'until ip -4 address show dev tap0 2>/dev/null | grep -q inet; do :; done'
	types NAMESPACE 'ping -c1 -W5 10.0.2.2'
	# shellcheck disable=SC2016
	types HOST 'kill $!; wait $!; true'
}

@test "slirp_examples: namespaces within its namespace" {
	local line

	# shellcheck disable=SC2016
	start_example 'slirp4netns --configure $(cat /tmp/pid) tap0'
	# shellcheck disable=SC2016
	open_terminal NESTED 'nsenter -t $(cat '"$T"'/pid) -U --preserve-credentials -n -m'
	while read -r line; do
		types NESTED "$line"
	done <<-'END'
		mount -t tmpfs none /run
		ip netns add foo
		ip netns add bar
		ip link add veth-foo type veth peer name veth-bar
		ip link set veth-foo netns foo
		ip link set veth-bar netns bar
		ip netns exec foo ip link set veth-foo name eth0
		ip netns exec bar ip link set veth-bar name eth0
		ip netns exec foo ip link set lo up
		ip netns exec bar ip link set lo up
		ip netns exec foo ip link set eth0 up
		ip netns exec bar ip link set eth0 up
		ip netns exec foo ip addr add 192.168.42.100/24 dev eth0
		ip netns exec bar ip addr add 192.168.42.101/24 dev eth0
		ip netns exec bar ping -c1 -W5 192.168.42.100
	END
}
