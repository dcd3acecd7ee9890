#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# pasta - netns-forwarder under that name: podman's and RootlessKit's options, beside the real one

load common
load target

setup_file()
{
	ln -s "$(realpath "$NETNS_BUILD")/forwarder/netns-forwarder" "$BATS_FILE_TMPDIR/pasta"
}

REAL=$(command -v pasta || true)
export NETNS_RUN_LINK=$LINK

# What podman 5 passes, but for ports and the namespace.
PODMAN=(--config-net --dns-forward 169.254.1.1 -T none -U none --no-map-gw --quiet
	--map-guest-addr 169.254.1.2)

pasta()
{
	timeout "$PATIENCE" "$BATS_FILE_TMPDIR/pasta" "$@" 3>&-
}

# Ends the namespaces, and with them the network.
stop_target()
{
	local helper=${1:-}

	kill -KILL "$TARGET"
	wait "$TARGET" 2>/dev/null || true
	[[ ! $helper ]] || timeout "$PATIENCE" tail --pid="$helper" -f /dev/null
}

kind_of()
{
	within ip -json -details link show "$1" | jq -r '.[0].linkinfo.info_kind'
}

addresses_of()
{
	within ip -json address show dev "$1" |
		jq -r '.[0].addr_info[] | select(.scope == "global") | "\(.local)/\(.prefixlen)"' | xargs
}

# serve_within VARIABLE ARG...: a server in the namespaces.
serve_within()
{
	local variable=$1

	shift
	start_server "$variable" nsenter --target "$TARGET" --preserve-credentials --user --net \
		"$PYTHON" "$TOOLS/serve.py" "$@"
}

free_port()
{
	PORT=$("$PYTHON" "$TOOLS/free_ports.py" 1)
}

# --- the command line ---

@test "pasta: --help and --version, which callers look at" {
	local option

	run "$BATS_FILE_TMPDIR/pasta" --version
	equal "$status" 0
	matches "${lines[0]}" '^pasta [^ ]+'
	run "$BATS_FILE_TMPDIR/pasta" --help
	equal "$status" 0
	for option in --config-net --dns-forward --map-guest-addr --no-map-gw --netns --pid; do
		[[ $output == *"$option"* ]] || fail "--help lacks $option"
	done
	run "$NETNS_BUILD/forwarder/netns-forwarder" --compat=pasta --version
	equal "$status" 0
	# RootlessKit asks so whether it may use that.
	run "$BATS_FILE_TMPDIR/pasta" --host-lo-to-ns-lo --version
	equal "$status" 1
}

# podman looks for this text to learn what a pasta can do.
@test "pasta: an unknown option is unrecognized" {
	run --separate-stderr "$BATS_FILE_TMPDIR/pasta" --bogus
	equal "$status" 1
	matches "${stderr_lines[0]}" "unrecognized option '--bogus'"
	matches "$stderr" 'Usage: pasta'
	equal "$output" ""
	run --separate-stderr "$BATS_FILE_TMPDIR/pasta" --mtu
	equal "$status" 1
	matches "${stderr_lines[0]}" "option '--mtu' requires an argument"
}

@test "pasta: what it does not do is one line" {
	local option

	for option in --no-tcp --no-icmp --splice-only --freebind "--pcap x" "--runas 1" "--stats 1" \
		"-s x" --one-off "-U 127.0.0.1/53"; do
		# shellcheck disable=SC2086
		run --separate-stderr "$BATS_FILE_TMPDIR/pasta" $option 1
		equal "$option: $status" "$option: 1"
		matches "${stderr_lines[0]}" 'not supported|cannot lead'
		((${#stderr_lines[@]} <= 2)) || fail "more than two lines: $stderr"
	done
}

# Where the real one is at hand, podman5.bats asks it the same.
@test "pasta: bad values have the real one's complaints" {
	local arguments complaint

	while IFS='|' read -r arguments complaint; do
		# shellcheck disable=SC2086
		run --separate-stderr pasta $arguments
		equal "$arguments: $status ${stderr#pasta: }" "$arguments: 1 $complaint"
	done <"$TOOLS/pasta_complaints"
	run --separate-stderr "$BATS_FILE_TMPDIR/pasta" -n 255.0.255.0 1
	equal "$status $stderr" "1 Invalid netmask: 255.0.255.0"
}

@test "pasta: what is no namespace, or nobody's" {
	run pasta --netns /nowhere
	equal "$status" 1
	matches "$output" '/nowhere: No such file'
	run pasta --netns /etc/passwd
	equal "$status" 1
	matches "$output" '/etc/passwd is no network namespace'
	run pasta 999999999
	equal "$status" 1
	matches "$output" '/proc/999999999/ns/net: No such file'
	run pasta --config-net $$
	equal "$status" 1
}

# --- the network ---

@test "pasta: the namespace has the host's addresses, routers and name of its interface" {
	start_target
	pasta "${PODMAN[@]}" -t none -u none --pid "$T/pid" --netns "/proc/$TARGET/ns/net"
	equal "$(kind_of lan0)" "$([[ $LINK == tap ]] && echo tun || echo veth)"
	equal "$(addresses_of lan0)" "$HOST4/24 $HOST6/64"
	equal "$(within ip -json route show default | jq -r '.[0] | "\(.gateway) \(.dev)"')" "$NEIGHBOUR4 lan0"
	equal "$(within ip -json -6 route show default | jq -r '.[0] | "\(.gateway) \(.dev)"')" "$NEIGHBOUR6 lan0"
	kill -0 "$(<"$T/pid")"
	stop_target "$(<"$T/pid")"
}

@test "pasta: addresses, prefix, router, name, MTU and MAC addresses that are given" {
	start_target
	pasta --quiet --config-net -t none -u none -a 10.0.9.100 -n 255.255.0.0 -g 10.0.9.2 -I tap0 -m 4000 \
		--ns-mac-addr 02:00:00:00:00:07 -M 02:00:00:00:00:09 -a fd09::100/112 -P "$T/pid" "$TARGET"
	equal "$(addresses_of tap0)" "10.0.9.100/16 fd09::100/112"
	equal "$(within ip -json route show default | jq -r '.[0].gateway')" 10.0.9.2
	equal "$(within ip -json link show tap0 | jq -r '.[0] | "\(.mtu) \(.address)"')" "4000 02:00:00:00:00:07"
	within "$PYTHON" "$TOOLS/client.py" connect tcp "$NEIGHBOUR4" 9 >/dev/null
	equal "$(within ip -json neigh show 10.0.9.2 | jq -r '.[0].lladdr')" 02:00:00:00:00:09
	stop_target "$(<"$T/pid")"
}

@test "pasta: one family, and no address at all" {
	start_target
	pasta --quiet --config-net -4 -t none -u none -P "$T/pid" "$TARGET"
	equal "$(addresses_of lan0)" "$HOST4/24"
	stop_target "$(<"$T/pid")"
	start_target
	pasta --quiet --config-net -6 -t none -u none -P "$T/pid" "$TARGET"
	equal "$(addresses_of lan0)" "$HOST6/64"
	stop_target "$(<"$T/pid")"
	start_target
	run pasta --quiet -i lo -t none -u none "$TARGET"
	equal "$status" 1
	matches "$output" '^pasta: no IPv4 address to copy'
}

@test "pasta: machines of the host's own network are reached, and see the host" {
	local address

	start_target
	pasta "${PODMAN[@]}" -t none -u none -P "$T/pid" "$TARGET"
	mkfifo "$T/ready"
	as_neighbour timeout 60 "$PYTHON" "$TOOLS/serve.py" tcp whoami --ready "$T/ready" 3>&- >/dev/null &
	SERVERS+=("$!")
	read -r -t "$PATIENCE" PORT <"$T/ready"
	matches "$(within "$PYTHON" "$TOOLS/client.py" talk tcp "$NEIGHBOUR4" "$PORT")" "^$HOST4 [0-9]"
	matches "$(within "$PYTHON" "$TOOLS/client.py" talk tcp "$NEIGHBOUR6" "$PORT")" "^$HOST6 [0-9]"
	# Nobody is there: the host finds out, and on a gateway link the namespace does.
	address=192.0.2.200
	[[ $LINK == tap ]] ||
		equal "$(within "$PYTHON" "$TOOLS/client.py" connect tcp "$address" 9 --timeout 30)" EHOSTUNREACH
	stop_target "$(<"$T/pid")"
}

@test "pasta: the host's services at --map-guest-addr, and nowhere else" {
	local all loopback

	serve all tcp whoami --address 0.0.0.0 --reply !
	serve loopback tcp whoami --address 127.0.0.1 --reply !
	start_target
	pasta "${PODMAN[@]}" -t none -u none -P "$T/pid" "$TARGET"
	matches "$(within "$PYTHON" "$TOOLS/client.py" talk tcp 169.254.1.2 "$all")" "^$HOST4 [0-9]+ !$"
	equal "$(within "$PYTHON" "$TOOLS/client.py" connect tcp 169.254.1.2 "$loopback")" ECONNREFUSED
	# The router is itself, not the host; the namespace's own address is the namespace.
	lacks "$(within "$PYTHON" "$TOOLS/client.py" connect tcp "$NEIGHBOUR4" "$loopback")" open
	equal "$(within "$PYTHON" "$TOOLS/client.py" connect tcp "$HOST4" "$all")" ECONNREFUSED
	equal "$(within "$PYTHON" "$TOOLS/client.py" connect tcp 192.0.0.170 "$loopback")" ECONNREFUSED
	stop_target "$(<"$T/pid")"
}

@test "pasta: UDP to --map-guest-addr is answered from there" {
	local all

	serve all udp whoami --address 0.0.0.0 --reply !
	start_target
	pasta "${PODMAN[@]}" -t none -u none -P "$T/pid" "$TARGET"
	matches "$(within "$PYTHON" "$TOOLS/client.py" talk udp 169.254.1.2 "$all")" ' !$'
	stop_target "$(<"$T/pid")"
}

@test "pasta: the router's address, or another, is the host's loopback" {
	local port

	serve port tcp whoami --address 127.0.0.1 --reply !
	start_target
	pasta --quiet --config-net -t none -u none -P "$T/pid" "$TARGET"
	matches "$(within "$PYTHON" "$TOOLS/client.py" talk tcp "$NEIGHBOUR4" "$port")" '^127\.0\.0\.1 [0-9]+ !$'
	stop_target "$(<"$T/pid")"
	start_target
	pasta --quiet --config-net -t none -u none --map-host-loopback 192.0.2.99 -P "$T/pid" "$TARGET"
	matches "$(within "$PYTHON" "$TOOLS/client.py" talk tcp 192.0.2.99 "$port")" '^127\.0\.0\.1 [0-9]+ !$'
	lacks "$(within "$PYTHON" "$TOOLS/client.py" connect tcp "$NEIGHBOUR4" "$port")" open
	stop_target "$(<"$T/pid")"
	# The last one counts, as podman appends its command line's to those of its configuration.
	start_target
	pasta --quiet --config-net -t none -u none --map-host-loopback 192.0.2.99 \
		--map-host-loopback none -P "$T/pid" "$TARGET"
	lacks "$(within "$PYTHON" "$TOOLS/client.py" connect tcp 192.0.2.99 "$port")" open
	stop_target "$(<"$T/pid")"
}

@test "pasta: paths are of the directory that it is called in" {
	start_target
	(cd "$T" && pasta --quiet --config-net -t none -u none -P pid -l log "$TARGET")
	[[ -e $T/log ]]
	kill -0 "$(<"$T/pid")"
	stop_target "$(<"$T/pid")"
}

@test "pasta: without a state directory the network is there, and no ports are followed" {
	start_target
	mkdir "$T/run"
	echo "no directory" >"$T/run/netns-run"
	XDG_RUNTIME_DIR=$T/run run pasta --config-net -P "$T/pid" "$TARGET"
	equal "$status" 0
	matches "$output" 'without a state directory no ports are followed'
	equal "$(addresses_of lan0)" "$HOST4/24 $HOST6/64"
	stop_target "$(<"$T/pid")"
}

@test "pasta: --dns-forward asks the host's name server" {
	start_target
	pasta "${PODMAN[@]}" -t none -u none -P "$T/pid" "$TARGET"
	within dig +short +timeout=5 @169.254.1.1 host.test >"$T/udp"
	[[ -s $T/udp ]] || fail "no answer by UDP"
	within dig +short +tcp +timeout=5 @169.254.1.1 host.test >"$T/tcp"
	equal "$(<"$T/tcp")" "$(<"$T/udp")"
	equal "$(within dig +short +timeout=5 @169.254.1.1 host.internal)" 169.254.1.2
	stop_target "$(<"$T/pid")"
	start_target
	pasta "${PODMAN[@]}" --dns-host 127.0.0.9 -t none -u none -P "$T/pid" "$TARGET"
	lacks "$(within dig +tries=1 +timeout=3 @169.254.1.1 host.test)" NOERROR
	stop_target "$(<"$T/pid")"
}

# --- ports ---

@test "pasta: published ports, and where their clients seem to be" {
	local inner udp family

	start_target
	free_port
	serve_within inner tcp whoami --reply !
	serve_within udp udp whoami --reply !
	pasta "${PODMAN[@]}" -t "$PORT-$PORT:$inner-$inner" -u "$PORT-$PORT:$udp-$udp" -P "$T/pid" "$TARGET"
	matches "$(client talk tcp 127.0.0.1 "$PORT")" '^192\.0\.0\.170 [0-9]+ !$'
	matches "$(client talk tcp ::1 "$PORT")" '^100::170 [0-9]+ !$'
	matches "$(client talk tcp "$HOST4" "$PORT")" '^169\.254\.1\.2 [0-9]+ !$'
	matches "$(as_neighbour "$PYTHON" "$TOOLS/client.py" talk tcp "$HOST4" "$PORT")" "^$NEIGHBOUR4 [0-9]+ !$"
	matches "$(as_neighbour "$PYTHON" "$TOOLS/client.py" talk tcp "$HOST6" "$PORT")" "^$NEIGHBOUR6 [0-9]+ !$"
	matches "$(client talk udp 127.0.0.1 "$PORT")" ' !$'
	matches "$(client talk udp "$HOST4" "$PORT")" ' !$'
	matches "$(as_neighbour "$PYTHON" "$TOOLS/client.py" talk udp "$HOST4" "$PORT")" "^$NEIGHBOUR4 [0-9]+ !$"
	stop_target "$(<"$T/pid")"
	equal "$(client connect tcp 127.0.0.1 "$PORT")" ECONNREFUSED
}

@test "pasta: ports of one address, and one that is taken" {
	local inner port

	start_target
	free_port
	serve_within inner tcp whoami --reply !
	pasta "${PODMAN[@]}" -t "127.0.0.1/$PORT:$inner" -u none -P "$T/pid" "$TARGET"
	matches "$(client talk tcp 127.0.0.1 "$PORT")" ' !$'
	equal "$(client connect tcp "$HOST4" "$PORT")" ECONNREFUSED
	stop_target "$(<"$T/pid")"
	serve port tcp whoami
	start_target
	run pasta "${PODMAN[@]}" -t "$port:80" -u none "$TARGET"
	equal "$status" 1
	matches "$output" "^pasta: cannot publish .*$port"
	equal "$(within ip -json link | jq -r '.[].ifname')" lo
}

@test "pasta: auto publishes what is listened at inside, while it is" {
	local inner server

	start_target
	pasta --quiet --config-net -u none -P "$T/pid" "$TARGET"
	serve_within inner tcp whoami --reply !
	server=${SERVERS[-1]}
	client await tcp 127.0.0.1 "$inner"
	# Another forwarder goes on with it.
	pkill -KILL --parent "$(<"$T/pid")" netns-forwarder
	matches "$(client talk tcp 127.0.0.1 "$inner")" ' !$'
	kill "$server"
	client gone tcp 127.0.0.1 "$inner"
	stop_target "$(<"$T/pid")"
}

@test "pasta: -T leads ports of the namespace's loopback to the host's" {
	local port here

	serve port tcp whoami --address ::1 --reply six
	serve port tcp whoami --address 127.0.0.1 --port "$port" --reply four
	serve here tcp checksum --address 127.0.0.1
	start_target
	pasta --quiet --config-net --no-map-gw -t none -u none -T "8080:$port,8081:$here,8082:9" \
		-P "$T/pid" "$TARGET"
	matches "$(within "$PYTHON" "$TOOLS/client.py" talk tcp 127.0.0.1 8080)" '^127\.0\.0\.1 [0-9]+ four$'
	matches "$(within "$PYTHON" "$TOOLS/client.py" talk tcp ::1 8080)" '^::1 [0-9]+ six$'
	within "$PYTHON" "$TOOLS/client.py" send tcp 127.0.0.1 8081 --size 3000000
	lacks "$(within "$PYTHON" "$TOOLS/client.py" talk tcp 127.0.0.1 8082)" four
	equal "$(within "$PYTHON" "$TOOLS/client.py" connect tcp 127.0.0.1 8083)" ECONNREFUSED
	# A port that is taken inside.
	run pasta --quiet -t none -u none -I tap1 -T "8080:$port" "$TARGET"
	equal "$status" 1
	matches "$output" 'port 8080 of the namespace.s loopback: Address already in use'
	stop_target "$(<"$T/pid")"
}

@test "pasta: -T auto follows what is listened at on the host's loopback" {
	local port six server

	only_on tap # which makes no difference
	start_target
	pasta --quiet --config-net --no-map-gw -t none -u none -T auto -P "$T/pid" "$TARGET"
	serve port tcp whoami --address 127.0.0.1 --reply four
	server=${SERVERS[-1]}
	serve six tcp whoami --address ::1 --reply six
	within "$PYTHON" "$TOOLS/client.py" await tcp 127.0.0.1 "$port"
	matches "$(within "$PYTHON" "$TOOLS/client.py" talk tcp 127.0.0.1 "$port")" '^127\.0\.0\.1 [0-9]+ four$'
	equal "$(within "$PYTHON" "$TOOLS/client.py" connect tcp ::1 "$port")" ECONNREFUSED
	within "$PYTHON" "$TOOLS/client.py" await tcp ::1 "$six"
	matches "$(within "$PYTHON" "$TOOLS/client.py" talk tcp ::1 "$six")" '^::1 [0-9]+ six$'
	kill "$server"
	within "$PYTHON" "$TOOLS/client.py" gone tcp 127.0.0.1 "$port"
	# One that is bound inside is the namespace's own.
	serve_within port tcp whoami --reply inner
	serve server tcp whoami --address 127.0.0.1 --port "$port" --reply four
	matches "$(within "$PYTHON" "$TOOLS/client.py" talk tcp 127.0.0.1 "$port")" 'inner$'
	stop_target "$(<"$T/pid")"
}

# Clients inside must not end it for all others.
@test "pasta: -T goes on when it can have no more threads" {
	local port

	only_on tap # which makes no difference
	serve port tcp echo --address 127.0.0.1 --quiet
	start_target
	(ulimit -v 800000 && pasta --quiet --config-net -t none -u none -T "8080:$port" -P "$T/pid" "$TARGET")
	within "$PYTHON" -c "
import socket
served = refused = 0
held = []
while not refused and served < 256:
    try:
        s = socket.create_connection(('127.0.0.1', 8080), $PATIENCE)
        s.sendall(b'x')
        assert s.recv(1) == b'x', served
        served += 1
        held.append(s)
    except ConnectionError:
        refused += 1
assert refused and served > 5, served
held[0].sendall(b'y')
assert held[0].recv(1) == b'y'"
	stop_target "$(<"$T/pid")"
}

# Else what is published could not be listened at any more.
@test "pasta: -T auto leaves out what -t publishes" {
	local server other

	only_on tap # which makes no difference
	start_target
	free_port
	pasta --quiet --config-net -t "$PORT" -u none -T auto -P "$T/pid" "$TARGET"
	serve other tcp whoami --address 127.0.0.1
	within "$PYTHON" "$TOOLS/client.py" await tcp 127.0.0.1 "$other"
	equal "$(within "$PYTHON" "$TOOLS/client.py" connect tcp 127.0.0.1 "$PORT")" ECONNREFUSED
	serve_within server tcp whoami --port "$PORT" --reply inner
	matches "$(client talk tcp 127.0.0.1 "$PORT")" " inner$"
	stop_target "$(<"$T/pid")"
}

@test "pasta: netns-ctl knows the network" {
	local name inner

	start_target
	serve_within inner tcp whoami --reply !
	free_port
	pasta "${PODMAN[@]}" -t none -u none -P "$T/pid" "$TARGET"
	name=$("$CTL" ls --json | jq -r '.[].name')
	matches "$name" '^pasta-'
	"$CTL" "$name" port add "127.0.0.1:$PORT:$inner"
	matches "$(client talk tcp 127.0.0.1 "$PORT")" ' !$'
	equal "$("$CTL" "$name" inspect | jq -r .ipv4.address)" "$HOST4"
	stop_target "$(<"$T/pid")"
	equal "$("$CTL" ls --json | jq length)" 0
}

# --- life ---

@test "pasta: in the foreground it ends with the namespace, or by a signal" {
	local pid end

	mkfifo "$T/pid"
	for end in target signal; do
		start_target
		"$BATS_FILE_TMPDIR/pasta" --quiet --config-net -f -t none -u none -P "$T/pid" "$TARGET" 3>&- &
		LAUNCHERS+=("$!")
		read -r -t "$PATIENCE" pid <"$T/pid"
		equal "$pid" "$!"
		[[ $end != signal ]] || kill -TERM "$pid"
		[[ $end != target ]] || stop_target
		await_exit "$pid"
		equal "$end: $STATUS" "$end: 0"
	done
}

@test "pasta: it holds no file of its caller" {
	start_target
	# The pipe's end is the end of whoever holds it.
	timeout "$PATIENCE" bash -c '"$@" | cat' bash "$BATS_FILE_TMPDIR/pasta" "${PODMAN[@]}" -t none -u none \
		-P "$T/pid" "$TARGET" 3>&-
	kill -0 "$(<"$T/pid")"
	stop_target "$(<"$T/pid")"
}

@test "pasta: killed at once, it leaves nothing" {
	start_target
	pasta "${PODMAN[@]}" -t none -u none -P "$T/pid" "$TARGET"
	kill -KILL "$(<"$T/pid")"
	timeout "$PATIENCE" tail --pid="$(<"$T/pid")" -f /dev/null
	pasta "${PODMAN[@]}" -t none -u none -P "$T/pid" "$TARGET"
	equal "$(addresses_of lan0)" "$HOST4/24 $HOST6/64"
	stop_target "$(<"$T/pid")"
}

# --- a command ---

@test "pasta: a command in namespaces of its own, and its status" {
	local port

	serve port tcp whoami --address 127.0.0.1 --reply !
	run pasta --quiet -t none -u none ip -json address show dev lan0
	equal "$status" 0
	equal "$(jq -r '.[0].addr_info[0].local' <<<"$output")" "$HOST4"
	run pasta --quiet -t none -u none sh -c 'id -u; exit 7'
	equal "$status" 7
	equal "$output" 0
	run pasta --quiet -t none -u none "$PYTHON" "$TOOLS/client.py" talk tcp "$NEIGHBOUR4" "$port"
	matches "$output" '^127\.0\.0\.1 [0-9]+ !$'
	run -127 pasta --quiet -t none -u none /nowhere/program
}
