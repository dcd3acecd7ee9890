#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# slirp4netns - netns-forwarder under that name: its options, its output, its API, beside the real one

load common
load target

setup_file()
{
	ln -s "$(realpath "$NETNS_BUILD")/forwarder/netns-forwarder" "$BATS_FILE_TMPDIR/slirp4netns"
}

REAL=$(command -v slirp4netns || true)
export NETNS_RUN_LINK=$LINK

# start_slirp ARG...: waits until it is ready. Sets SLIRP (pid), OUT and ERR (files).
start_slirp()
{
	start_program "$BATS_FILE_TMPDIR/slirp4netns" --ready-fd 8 "$@"
}

# start_program CMD...: any command whose slirp4netns has 8 as its ready-fd.
start_program()
{
	local fifo=$T/slirp.$((++COUNT)).ready ready

	OUT=$T/slirp.$COUNT.out ERR=$T/slirp.$COUNT.err
	mkfifo "$fifo"
	"$@" 3>&- 8>"$fifo" >"$OUT" 2>"$ERR" </dev/null &
	SLIRP=$! LAUNCHER=$!
	LAUNCHERS+=("$SLIRP")
	read -rN1 -t "$PATIENCE" ready <"$fifo" || fail "not ready: $(cat "$ERR")"
	equal "$ready" 1
}

# The kind of a device inside: tun or veth.
kind_of()
{
	within ip -json -details link show "$1" | jq -r '.[0].linkinfo.info_kind'
}

expected_kind()
{
	[[ $LINK == tap ]] && echo tun || echo veth
}

api()
{
	local reply

	reply=$(timeout "$PATIENCE" nc -U "$T/api" <<<"$1") || fail "no answer to $1"
	echo "$reply"
}

# Sets PORT to one that nobody has.
free_port()
{
	PORT=$("$PYTHON" "$TOOLS/free_ports.py" 1)
}

# --- the command line ---

@test "slirp4netns: --help has what podman, RootlessKit and nerdctl look for" {
	local option

	run "$BATS_FILE_TMPDIR/slirp4netns" --help
	equal "$status" 0
	for option in --disable-host-loopback --mtu --enable-sandbox --enable-seccomp --cidr --outbound-addr \
		--outbound-addr6 --enable-ipv6 --netns-type --api-socket --userns-path --exit-fd --ready-fd; do
		[[ $output == *"$option"* ]] || fail "--help lacks $option"
	done
}

@test "slirp4netns: --help has every option of the real one" {
	local option

	[[ $REAL ]] || missing slirp4netns
	run "$BATS_FILE_TMPDIR/slirp4netns" -h
	for option in $("$REAL" --help | grep -oE '^(-., )?--[a-z0-9-]+' | grep -oE -- '--.*'); do
		[[ $output == *"$option"* ]] || fail "--help lacks $option"
	done
}

@test "slirp4netns: --version is made of the lines that others parse" {
	run "$BATS_FILE_TMPDIR/slirp4netns" -v
	equal "$status" 0
	matches "${lines[0]}" '^slirp4netns version [0-9]+\.[0-9]+\.[0-9]+'
	matches "${lines[1]}" '^commit: .'
	matches "${lines[2]}" '^libslirp: [0-9.]+$'
	matches "${lines[3]}" '^SLIRP_CONFIG_VERSION_MAX: [0-9]+$'
	matches "${lines[4]}" '^libseccomp: [0-9.]+$'
	run "$NETNS_BUILD/forwarder/netns-forwarder" --compat=slirp4netns --version
	matches "${lines[0]}" '^slirp4netns version '
	run --separate-stderr "$NETNS_BUILD/forwarder/netns-forwarder" --compat=tincan 1 tap0
	equal "$status" 1
	matches "$stderr" "cannot stand in for 'tincan'"
}

# The caller's PATH is not ours.
@test "slirp4netns: installed programs find each other" {
	mkdir -p "$T"/prefix/{bin,libexec/netns-run}
	cp "$NETNS_BUILD/forwarder/netns-forwarder" "$T/prefix/bin"
	cp "$NETNS_BUILD/plugins/netns-slirp4netns" "$T/prefix/libexec"
	ln -s ../../bin/netns-forwarder "$T/prefix/libexec/netns-run/slirp4netns"
	run env -i "$T/prefix/libexec/netns-run/slirp4netns" --version
	equal "$status" 0
	matches "$output" 'libslirp: [0-9.]+'
}

# Each line is a bad command line. The complaint and the status are the real one's.
@test "slirp4netns: bad options have the real one's complaints" {
	local line arguments theirs

	[[ $REAL ]] || missing slirp4netns
	while read -r line; do
		read -ra arguments <<<"$line"
		run --separate-stderr "$REAL" "${arguments[@]}"
		theirs="$status ${stderr_lines[0]:-}"
		run --separate-stderr "$BATS_FILE_TMPDIR/slirp4netns" "${arguments[@]}"
		equal "$line: $status ${stderr_lines[0]:-}" "$line: $theirs"
	done <<-'END'

		1
		-m 0 1 tap0
		-m 65522 1 tap0
		--mtu=x 1 tap0
		--cidr 10.0.2.0/26 1 tap0
		--cidr 10.0.2.0/0 1 tap0
		--cidr 10.0.2.1/24 1 tap0
		--cidr x 1 tap0
		-e -3 1 tap0
		-e x 1 tap0
		-r -1 1 tap0
		x tap0
		0 tap0
		--netns-type=path /nowhere tap0
		--userns-path=/nowhere 1 tap0
		--macaddress=02:00:00:00:00:01 1 tap0
		-c --macaddress=x 1 tap0
		--target-type=x 1 tap0
		-c --target-type=bess /nowhere
		--netns-type=path --target-type=bess /nowhere
		--userns-path=/proc/self/ns/user --target-type=bess /nowhere
		--outbound-addr=x 1 tap0
	END
}

@test "slirp4netns: what an unknown option or a missing value gets" {
	run "$BATS_FILE_TMPDIR/slirp4netns" --bogus
	equal "$status" 1
	matches "$output" "unrecognized option '--bogus'"
	matches "$output" 'Usage: '
	run "$BATS_FILE_TMPDIR/slirp4netns" --mtu
	equal "$status" 1
	matches "$output" "option '--mtu' requires an argument"
	NETNS_RUN_LINK=bogus run "$BATS_FILE_TMPDIR/slirp4netns" $$ tap0
	equal "$status" 1
	matches "$output" "unknown link 'bogus'"
}

@test "slirp4netns: it prints what the real one prints, and ends when its exit-fd is closed" {
	local program options=(-c -6 --enable-seccomp --no-host-loopback --outbound-addr=127.0.0.1
		--macaddress=02:00:00:00:00:07 --cidr=10.77.0.0/16 --mtu=9000 --api-socket "$T/api")

	[[ $REAL ]] || missing slirp4netns
	for program in "$REAL" "$BATS_FILE_TMPDIR/slirp4netns"; do
		start_target
		mkfifo "$T/exit"
		exec 6<>"$T/exit" 7<"$T/exit" 9>"$T/exit" 6>&-
		start_program "$program" -r 8 "${options[@]}" -e 7 "$TARGET" tap0 extra 9>&-
		exec 7>&- 9>&-
		rm "$T/exit"
		await_exit "$SLIRP"
		equal "$STATUS" 0
		matches "$(cat "$ERR")" 'received tapfd='
		matches "$(cat "$ERR")" 'exitfd event'
		cp "$OUT" "$T/printed.$(basename "$(dirname "$program")")"
	done
	# What it had not flushed before its fork comes twice.
	grep -v '^seccomp: ' "$T"/printed.bin | awk '!seen[$0]++' >"$T/theirs"
	run diff "$T/theirs" "$T/printed.$(basename "$BATS_FILE_TMPDIR")"
	equal "$output" ""
}

# --- attaching ---

@test "slirp4netns: -c configures the device as the real one does" {
	start_target
	start_slirp -c --mtu 4000 --macaddress 02:00:00:00:00:07 "$TARGET" tap7
	equal "$(kind_of tap7)" "$(expected_kind)"
	equal "$(within cat /sys/class/net/tap7/{mtu,address} 2>/dev/null || within ip -json link show tap7 |
		jq -r '.[0].mtu, .[0].address' | xargs)" "4000 02:00:00:00:00:07"
	equal "$(within ip -4 -json addr show tap7 | jq -r '.[0].addr_info[0] | "\(.local)/\(.prefixlen)"')" \
		10.0.2.100/24
	equal "$(within ip -json route show default | jq -r '.[0] | "\(.gateway) \(.dev)"')" "10.0.2.2 tap7"
	equal "$(within ip -json link show lo | jq -r '.[0].flags | index("UP") != null')" true
	lacks "$(within ip -6 addr show tap7)" "scope global"
}

@test "slirp4netns: --cidr, -6 and --cidr6 give the addresses that the real one counts" {
	start_target
	start_slirp -c -6 --cidr 10.77.0.0/16 --cidr6 fd77::/64 "$TARGET" tap0
	equal "$(within ip -4 -json addr show tap0 | jq -r '.[0].addr_info[0] | "\(.local)/\(.prefixlen)"')" \
		10.77.0.100/16
	matches "$(within ip -6 addr show tap0 scope global)" 'fd77::100/64'
	matches "$(within ip -6 route show default)" 'via fd77::2'
}

@test "slirp4netns: the host's loopback and its name server, and without them" {
	local port

	serve port tcp whoami --address 127.0.0.1 --reply !
	start_target
	start_slirp -c "$TARGET" tap0
	matches "$(within "$PYTHON" "$TOOLS/client.py" talk tcp 10.0.2.2 "$port")" '!$'
	within dig +short +timeout=5 @10.0.2.3 host.test >"$T/dns"
	[[ -s $T/dns ]] || fail "no answer by 10.0.2.3"
	stop "$SLIRP"
	start_slirp -c --disable-host-loopback --disable-dns "$TARGET" tap0
	lacks "$(within "$PYTHON" "$TOOLS/client.py" connect tcp 10.0.2.2 "$port")" open
	run within dig +short +tries=1 +timeout=1 @10.0.2.3 host.test
	[[ $status -ne 0 ]] || fail "10.0.2.3 answers: $output"
}

@test "slirp4netns: by path, with a user namespace's path and from within it" {
	start_target
	start_slirp -c --userns-path="/proc/$TARGET/ns/user" --netns-type=path "/proc/$TARGET/ns/net" tap11
	equal "$(kind_of tap11)" "$(expected_kind)"
	stop "$SLIRP"
	# The user namespace that owns the network namespace is found without being named.
	start_slirp -c --netns-type=path "/proc/$TARGET/ns/net" tap11
	equal "$(kind_of tap11)" "$(expected_kind)"
	stop "$SLIRP"
	start_program nsenter --target "$TARGET" --preserve-credentials --user \
		"$BATS_FILE_TMPDIR/slirp4netns" -r 8 -c --netns-type=path "/proc/$TARGET/ns/net" tap11
	equal "$(kind_of tap11)" "$(expected_kind)"
	within ping -c1 -W5 10.0.2.2
}

@test "slirp4netns: a TAP's descriptor" {
	start_target
	start_program "$PYTHON" "$TOOLS/tap_fd.py" "$TARGET" tapx "$BATS_FILE_TMPDIR/slirp4netns" \
		--netns-type=tapfd -r 8 {}
	within ip address add 10.0.2.100/24 dev tapx
	within ip link set tapx up
	within ping -c1 -W5 10.0.2.2
	stop "$SLIRP"
	run "$BATS_FILE_TMPDIR/slirp4netns" --netns-type=tapfd 0
	equal "$status" 1
	matches "$output" 'slirp4netns: take descriptor 0 for a TAP: '
}

@test "slirp4netns: a TAP that somebody has configured is used as it is" {
	start_target
	within ip tuntap add name tap0 mode tap
	within ip address add 10.0.2.100/24 dev tap0
	within ip link set tap0 up
	NETNS_RUN_LINK=auto start_slirp "$TARGET" tap0
	equal "$(kind_of tap0)" tun
	within ping -c1 -W5 10.0.2.2
	stop "$SLIRP"
	equal "$(kind_of tap0)" tun
	within ip -4 addr show tap0 | grep -q 10.0.2.100
	NETNS_RUN_LINK=gateway run "$BATS_FILE_TMPDIR/slirp4netns" "$TARGET" tap0
	equal "$status" 1
	matches "$output" 'the TAP tap0 exists and has addresses'
}

# What RootlessKit does: a bare persistent TAP, whose addresses come when slirp4netns is ready.
@test "slirp4netns: a bare TAP gives way to the gateway's device" {
	local port mac

	serve port tcp whoami --address 127.0.0.1
	start_target
	within ip tuntap add name tap0 mode tap
	within ip link set tap0 up
	mac=$(within ip -json link show tap0 | jq -r '.[0].address')
	start_slirp --mtu 65520 "$TARGET" tap0
	equal "$(kind_of tap0)" "$(expected_kind)"
	equal "$(within ip -json link show tap0 | jq -r '.[0].address')" "$mac"
	equal "$(within ip -json link | jq length)" 2
	within ip link set dev tap0 mtu 65520
	within ip address add 10.0.2.100/24 dev tap0
	within ip route add default via 10.0.2.2 dev tap0
	matches "$(within "$PYTHON" "$TOOLS/client.py" talk tcp 10.0.2.2 "$port")" '^127\.0\.0\.1 '
}

@test "slirp4netns: a TAP that another process holds is refused and stays as it is" {
	start_target
	start_program "$PYTHON" "$TOOLS/tap_fd.py" "$TARGET" tapx "$BATS_FILE_TMPDIR/slirp4netns" \
		--netns-type=tapfd -r 8 {}
	run "$BATS_FILE_TMPDIR/slirp4netns" -c "$TARGET" tapx
	equal "$status" 1
	matches "$output" 'tapx: Device or resource busy'
	equal "$(kind_of tapx)" tun
}

@test "slirp4netns: what is no namespace, or nobody's" {
	run "$BATS_FILE_TMPDIR/slirp4netns" 999999999 tap0
	equal "$status" 1
	matches "$output" '/proc/999999999/ns/net: No such file'
	run "$BATS_FILE_TMPDIR/slirp4netns" --netns-type=path /etc/passwd tap0
	equal "$status" 1
	matches "$output" '/etc/passwd is no network namespace'
	# Our own belongs to somebody else.
	run "$BATS_FILE_TMPDIR/slirp4netns" -c $$ tap0
	equal "$status" 1
	matches "$output" 'Operation not permitted'
}

# --- life ---

@test "slirp4netns: SIGTERM and SIGKILL leave nothing, and the name is free again" {
	local signal

	start_target
	for signal in TERM KILL INT; do
		start_slirp -c "$TARGET" tap0
		kill -"$signal" "$SLIRP"
		await_exit "$SLIRP"
		equal "$STATUS" $((128 + $(kill -l "$signal")))
	done
	start_slirp -c "$TARGET" tap0
	within ping -c1 -W5 10.0.2.2
	stop "$SLIRP"
	equal "$(within ip -json link | jq -r '.[].ifname')" lo
}

@test "slirp4netns: a forwarder that is killed is replaced, with its ports" {
	local inner

	start_target
	start_slirp -c --api-socket "$T/api" "$TARGET" tap0
	free_port
	start_server inner nsenter --target "$TARGET" --preserve-credentials --user --net "$PYTHON" \
		"$TOOLS/serve.py" tcp whoami --reply !
	api '{"execute":"add_hostfwd","arguments":{"proto":"tcp","host_port":'"$PORT"',"guest_port":'"$inner"'}}'
	pkill -KILL --parent "$SLIRP" netns-forwarder
	# Both wait in the kernel until the new one is there.
	matches "$(client talk tcp 127.0.0.1 "$PORT")" ' !$'
	equal "$(api '{"execute":"list_hostfwd"}' | jq -c '[.entries[] | [.id, .host_port]]')" "[[1,$PORT]]"
	within ping -c1 -W5 10.0.2.2
	matches "$(cat "$ERR")" 'slirp4netns: netns-forwarder was killed by signal 9.*; restarted'
	stop "$SLIRP"
	equal "$STATUS" 143
	equal "$(within ip -json link | jq -r '.[].ifname')" lo
}

@test "slirp4netns: it ends when the gateway's process is killed" {
	only_on gateway
	start_target
	start_slirp -c "$TARGET" tap0
	pkill -KILL --parent "$SLIRP" netns-gateway
	await_exit "$SLIRP"
	equal "$STATUS" 1
	matches "$(cat "$ERR")" 'the process in the gateway has died'
}

# --- its API ---

@test "slirp4netns: the API, as documented, with nc" {
	local reply inner

	start_target
	start_slirp -c --api-socket "$T/api" "$TARGET" tap0
	matches "$(cat "$OUT")" "\* API Socket:      $T/api"
	equal "$(stat -c %a "$T/api")" 600
	free_port
	start_server inner nsenter --target "$TARGET" --preserve-credentials --user --net "$PYTHON" \
		"$TOOLS/serve.py" tcp whoami --reply !
	reply=$(echo -n '{"execute": "add_hostfwd", "arguments": {"proto": "tcp", "host_addr": "0.0.0.0",' \
		"\"host_port\": $PORT, \"guest_addr\": \"10.0.2.100\", \"guest_port\": $inner}}" |
		timeout "$PATIENCE" nc -U "$T/api")
	equal "$reply" '{"return":{"id":1}}'
	reply=$(api '{"execute": "list_hostfwd"}')
	equal "$(jq -c '.entries[0] | [.id, .proto, .host_addr, .host_port, .guest_addr, .guest_port]' <<<"$reply")" \
		"[1,\"tcp\",\"0.0.0.0\",$PORT,\"10.0.2.100\",$inner]"
	equal "$(jq -c .return.entries <<<"$reply")" "$(jq -c .entries <<<"$reply")"
	# From the LAN: the true address of the client.
	matches "$(as_neighbour "$PYTHON" "$TOOLS/client.py" talk tcp "$HOST4" "$PORT")" "^$NEIGHBOUR4 [0-9]+ !$"
	equal "$(api '{"execute": "remove_hostfwd", "arguments": {"id": 1}}')" '{"return":{}}'
	equal "$(api '{"execute": "remove_hostfwd", "arguments": {"id": 1}}' | jq -r .error.desc)" \
		"bad request: remove_hostfwd: bad arguments.id"
	equal "$(client connect tcp 127.0.0.1 "$PORT")" ECONNREFUSED
}

# The requests' answers are the real one's, but for what we add beside "desc".
@test "slirp4netns: the API complains as the real one does" {
	local request theirs=()

	[[ $REAL ]] || missing slirp4netns
	local requests=('x' '[]' '{}' '{"execute":"x"}' '{"execute":"add_hostfwd","arguments":{"proto":"x"}}'
		'{"execute":"add_hostfwd","arguments":{"proto":"tcp","host_addr":"x"}}'
		'{"execute":"add_hostfwd","arguments":{"proto":"udp"}}'
		'{"execute":"add_hostfwd","arguments":{"proto":"tcp","host_port":0}}'
		'{"execute":"add_hostfwd","arguments":{"proto":"tcp","host_port":8080,"guest_addr":"x"}}'
		'{"execute":"add_hostfwd","arguments":{"proto":"tcp","host_port":8080,"guest_addr":""}}'
		'{"execute":"add_hostfwd","arguments":{"proto":"tcp","host_addr":"192.0.2.9","host_port":8080,"guest_port":80}}'
		'{"execute":"remove_hostfwd","arguments":{"id":5}}' '{"execute":"remove_hostfwd"}')
	start_target
	start_program "$REAL" -r 8 -c --api-socket "$T/api" "$TARGET" tap0
	for request in "${requests[@]}"; do
		theirs+=("$(api "$request" | jq -r .error.desc)")
	done
	kill -KILL "$SLIRP"
	start_target
	start_slirp -c --api-socket "$T/api" "$TARGET" tap0
	for request in "${requests[@]}"; do
		equal "$request: $(api "$request" | jq -r .error.desc)" "$request: ${theirs[0]}"
		theirs=("${theirs[@]:1}")
	done
}

@test "slirp4netns: --outbound-addr is where connections and datagrams come from" {
	local tcp udp

	as_host_root ip address replace 192.0.2.78/24 dev lan0
	mkfifo "$T/tcp" "$T/udp"
	as_neighbour timeout 60 "$PYTHON" "$TOOLS/serve.py" tcp whoami --ready "$T/tcp" 3>&- >/dev/null &
	SERVERS+=("$!")
	as_neighbour timeout 60 "$PYTHON" "$TOOLS/serve.py" udp whoami --ready "$T/udp" 3>&- >/dev/null &
	SERVERS+=("$!")
	read -r -t "$PATIENCE" tcp <"$T/tcp"
	read -r -t "$PATIENCE" udp <"$T/udp"
	start_target
	start_slirp -c --outbound-addr=192.0.2.78 "$TARGET" tap0
	matches "$(cat "$OUT")" '\* Outbound IPv4:    192.0.2.78'
	matches "$(within "$PYTHON" "$TOOLS/client.py" talk tcp "$NEIGHBOUR4" "$tcp")" '^192\.0\.2\.78 '
	matches "$(within "$PYTHON" "$TOOLS/client.py" talk udp "$NEIGHBOUR4" "$udp")" '^192\.0\.2\.78 '
	stop "$SLIRP"
	start_slirp -c --outbound-addr=lan0 "$TARGET" tap0
	matches "$(cat "$OUT")" '\* Outbound IPv4:    192.0.2.7[78]'
}
