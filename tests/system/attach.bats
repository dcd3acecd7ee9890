#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# attach - netns-attach: a network for namespaces that somebody else has made

load common
load target

ATTACH=$NETNS_BUILD/plugins/netns-attach

# start_attach ARG...: waits until it is ready. Sets ATTACHED (pid), INFO (file) and ERR (file).
start_attach()
{
	start_program "$ATTACH" --link="$LINK" --ready-fd 8 --info-fd 9 "$@"
}

# start_program CMD...: any command whose netns-attach has 8 and 9 as these descriptors.
start_program()
{
	local base=$T/attach.$((++COUNT)) ready

	INFO=$base.info ERR=$base.err OUT=$base.out
	mkfifo "$base.ready"
	"$@" 3>&- 8>"$base.ready" 9>"$INFO" >"$OUT" 2>"$ERR" </dev/null &
	ATTACHED=$! LAUNCHER=$!
	LAUNCHERS+=("$ATTACHED")
	read -rN1 -t "$PATIENCE" ready <"$base.ready" || fail "not ready: $(cat "$ERR")"
	equal "$ready" 1
}

# A server at a free port inside: its port in VARIABLE.
serve_inside()
{
	start_server "$1" nsenter --target "$TARGET" --preserve-credentials --user --net "$PYTHON" \
		"$TOOLS/serve.py" tcp whoami --address :: --port "${2:-0}" --reply !
}

# The helper of a network that goes on in the background.
pid_of()
{
	"$CTL" ls --json | jq -r --arg name "$1" '(if type == "array" then .[] else . end) |
		select(.name == $name).pid'
}

# Of a process that is no child of ours.
await_end()
{
	timeout "$PATIENCE" tail --follow --pid="$1" /dev/null
}

# refused CAUSE ARG...
refused()
{
	local cause=$1

	shift
	run --separate-stderr timeout "$PATIENCE" "$ATTACH" --link="$LINK" "$@"
	equal "$status" 1
	matches "${stderr_lines[0]}" "^netns-attach: .*$cause"
	((${#stderr_lines[@]} <= 2)) || fail "more than two lines: $stderr"
	equal "$output" ""
	equal "$(find "$XDG_RUNTIME_DIR" -mindepth 2)" ""
}

@test "attach: a process's namespace, until the process ends" {
	local port inner

	serve port tcp whoami --address 127.0.0.1 --reply !
	start_target
	start_attach --name guest --publish 0:8080 --host-loopback --ifname net7 --mtu 1400 --cidr 10.7.0.0/24 \
		"$TARGET"
	serve_inside inner 8080
	equal "$(jq -r '[.name, .ifname, .mtu, .ipv4, .link] | join(" ")' "$INFO")" \
		"guest net7 1400 10.7.0.100 $LINK"
	matches "$(cat "$ERR")" "netns-attach: published $(published):8080/tcp"
	matches "$(within ip route)" 'default via 10.7.0.2 dev net7'
	matches "$(within "$PYTHON" "$TOOLS/client.py" talk tcp 10.7.0.2 "$port")" '!$'
	matches "$(as_neighbour "$PYTHON" "$TOOLS/client.py" talk tcp "$HOST4" "$(published)")" "^$NEIGHBOUR4 .*!$"
	matches "$("$CTL" ls)" "guest +$ATTACHED +$LINK"
	port=$("$PYTHON" "$TOOLS/free_ports.py" 1)
	"$CTL" guest port add "127.0.0.1:$port:8080"
	matches "$(client talk tcp 127.0.0.1 "$port")" '!$'
	kill -KILL "$TARGET" "${SERVERS[@]}"
	await_exit "$ATTACHED"
	equal "$STATUS" 0
}

@test "attach: descriptors of the namespaces, and a pipe that ends it" {
	start_target
	mkfifo "$T/exit"
	exec 4<"/proc/$TARGET/ns/net" 5<"/proc/$TARGET/ns/user"
	exec 8<>"$T/exit" 7>"$T/exit" 6<"$T/exit" 8>&-
	start_attach --netns-fd 4 --userns-fd 5 --exit-fd 6 7>&-
	within ping -c1 -W5 10.0.2.2
	exec 4<&- 5<&- 6<&- 7>&-
	await_exit "$ATTACHED"
	equal "$STATUS" 0
	equal "$(within ip -json link | jq -r '.[].ifname')" lo
	# Without its user namespace: the kernel knows the owner.
	exec 4<"/proc/$TARGET/ns/net"
	start_attach --netns-fd 4
	exec 4<&-
	within ping -c1 -W5 10.0.2.2
	stop "$ATTACHED"
	equal "$STATUS" 143
}

@test "attach: listening sockets and a control socket of the caller" {
	local ports

	start_target
	start_program "$PYTHON" "$TOOLS/activate.py" --listen web=tcp:127.0.0.1 --listen more=tcp:127.0.0.1 \
		--listen control="unix:$T/control" --ports "$T/ports" "$ATTACH" --link="$LINK" --listen-fd web:8080 \
		--listen-fd 4:8081 --control-fd control --ready-fd 8 --info-fd 9 "$TARGET"
	mapfile -t ports <"$T/ports"
	serve_inside INNER 8080
	serve_inside INNER 8081
	matches "$(client talk tcp 127.0.0.1 "${ports[0]}")" '!$'
	matches "$(client talk tcp 127.0.0.1 "${ports[1]}")" '!$'
	matches "$(timeout "$PATIENCE" nc -NU "$T/control" <<<'{"execute":"list_hostfwd"}')" '"host_port": *'"${ports[0]}"
	equal "$(find "$XDG_RUNTIME_DIR" -mindepth 2)" ""
}

@test "attach: a TAP's descriptor, and sockets of frames" {
	local kind

	only_on tap # there is a device, or none
	start_target
	start_program "$PYTHON" "$TOOLS/tap_fd.py" "$TARGET" tapx "$ATTACH" --tap-fd {} --ready-fd 8 --info-fd 9
	equal "$(jq -r .ifname "$INFO")" tapx
	within ip address add 10.0.2.100/24 dev tapx
	within ip link set tapx up
	within ping -c1 -W5 10.0.2.2
	stop "$ATTACHED"
	for kind in seqpacket dgram; do
		start_program "$PYTHON" "$TOOLS/frames.py" pair "$kind" vec0 1500 "$ATTACH" --tap-fd {} \
			--mtu 1500 --ready-fd 8 --info-fd 9
		read -r -t "$PATIENCE" TARGET < <(tail -F --pid="$ATTACHED" "$OUT" 2>/dev/null 3>&-)
		within ping -c1 -W5 10.0.2.2
		kill "$TARGET"
		# Only the first kind tells that nobody is there any more.
		[[ $kind == seqpacket ]] || kill "$ATTACHED"
		await_exit "$ATTACHED"
		[[ $kind != seqpacket ]] || equal "$STATUS" 0
	done
}

@test "attach: --detach returns when the network is there, and nothing is left in the end" {
	local name helper

	start_target
	# Whoever waits for the pipe's end must not wait for the helper.
	name=$(timeout "$PATIENCE" "$ATTACH" --link="$LINK" --detach "$TARGET" 3>&-)
	within ping -c1 -W5 10.0.2.2
	matches "$("$CTL" ls)" "^NAME.*$name .*$LINK"
	helper=$(pid_of "$name")
	kill -KILL "$TARGET"
	await_end "$helper"
	start_target
	exec 4<"/proc/$TARGET/ns/net"
	equal "$(timeout "$PATIENCE" "$ATTACH" --link="$LINK" --detach --name again --netns-fd 4 3>&-)" again
	exec 4<&-
	within ping -c1 -W5 10.0.2.2
	helper=$(pid_of again)
	kill "$helper"
	await_end "$helper"
	run timeout "$PATIENCE" "$ATTACH" --link="$LINK" --detach --name again --publish "192.0.2.9:0:80" "$TARGET"
	equal "$status" 1
	matches "$output" '^netns-attach: .*192\.0\.2\.9'
}

@test "attach: a path, until it leads there no more" {
	mkdir "$T/named"
	start_target
	run as_host_root bash -c 'touch "$1/ns"; mount --bind "/proc/$2/ns/net" "$1/ns"' bash "$T/named" "$TARGET"
	equal "$status" 0
	start_attach --name bypath "$T/named/ns"
	within ping -c1 -W5 10.0.2.2
	as_host_root umount "$T/named/ns"
	await_exit "$ATTACHED"
	equal "$STATUS" 0
	as_host_root rm "$T/named/ns"
}

@test "attach: --no-configure leaves addresses and state to others" {
	start_target
	start_attach --no-configure "$TARGET"
	equal "$(within ip -json -4 address show dev eth0 | jq '[.[].addr_info[]?] | length')" 0
}

@test "attach: what is no namespace, no device, no socket" {
	local port

	start_target
	refused "no namespace given"
	refused "one namespace alone" --netns-fd 4 "$TARGET" 4<"/proc/$TARGET/ns/net"
	refused "a PID" x
	refused "999999999/ns/net: No such file" 999999999
	refused "the host's own" $$
	refused "/etc/passwd is no network namespace" /etc/passwd
	refused "$T/none: No such file" "$T/none"
	refused "--netns-fd: .*Bad file descriptor" --netns-fd 77
	refused "descriptor 4 is no network namespace" --netns-fd 4 4</etc/passwd
	refused "descriptor 4 is no network namespace" --netns-fd 4 4<"/proc/$TARGET/ns/user"
	refused "descriptor 4 is no user namespace" --userns-fd 4 "$TARGET" 4<"/proc/$TARGET/ns/net"
	refused "--control-fd: .*no listening unix" --control-fd 4 "$TARGET" 4</dev/null
	refused "--exit-fd: .*no pipe or socket" --exit-fd 4 "$TARGET" 4</dev/null
	refused "--listen-fd 'fd:4:80'" --listen-fd 4:80 "$TARGET" 4<&-
	refused "fd:4" --listen-fd 4:80 "$TARGET" 4</dev/null
	refused "--listen-fd 'fd:4'" --listen-fd 4 "$TARGET" 4</dev/null
	refused "--ready-fd: " --ready-fd 77 "$TARGET"
	refused "--name is for netns-ctl" --name x --control-fd 4 "$TARGET" 4</dev/null
	refused "one word too many" "$TARGET" eth0
	refused "--net" --net host "$TARGET"
	refused "MTU" --mtu 0 "$TARGET"
	within ip link add eth0 type veth peer name eth1
	refused "eth0 exists already" "$TARGET"
}

@test "attach: a device that is none, or not to be configured by us" {
	local port

	only_on tap
	serve port tcp whoami --address 127.0.0.1
	refused "--tap-fd: take descriptor 4 for a TAP" --tap-fd 4 4</dev/null
	refused "--tap-fd: .*no socket that frames fit into" --tap-fd 4 4<>"/dev/tcp/127.0.0.1/$port"
	refused "--mac has no meaning with --tap-fd" --mac 02:00:00:00:00:07 --tap-fd 4 4</dev/null
	refused "no meaning with --tap-fd" --userns-fd 4 --tap-fd 4 4</dev/null
	LINK=gateway refused "--link=gateway has no meaning with --tap-fd" --tap-fd 4 4</dev/null
}

# What the kernel says of the forwarder of a network: no capability, no way to one, a filter.
@test "attach: the helper is locked in, as that of netns-run" {
	local mode forwarder

	start_target
	for mode in on require off; do
		start_attach --sandbox "$mode" --name "$mode" "$TARGET"
		forwarder=$(pgrep --parent "$ATTACHED" netns-forwarder)
		equal "$(awk '/^CapEff|^NoNewPrivs/ { print $2 }' "/proc/$forwarder/status" | xargs)" "0000000000000000 1"
		[[ $mode == off ]] || equal "$(awk '/^Seccomp:/ { print $2 }' "/proc/$forwarder/status")" 2
		within ping -c1 -W5 10.0.2.2
		stop "$ATTACHED"
	done
	refused "--sandbox: " --sandbox maybe "$TARGET"
}

# reaches EXPECTED PORT: of the neighbour.
reaches()
{
	equal "$(within "$PYTHON" "$TOOLS/client.py" connect tcp "$NEIGHBOUR4" "$2")" "$1"
}

@test "attach: rules of what may leave hold, also after the forwarder's death" {
	local first second

	mkfifo "$T/first" "$T/second"
	for name in first second; do
		as_neighbour timeout 90 "$PYTHON" "$TOOLS/serve.py" tcp whoami --ready "$T/$name" 3>&- >/dev/null &
		SERVERS+=("$!")
	done
	read -r -t "$PATIENCE" first <"$T/first"
	read -r -t "$PATIENCE" second <"$T/second"
	start_target
	start_attach --name ruled --egress deny --allow "tcp:$NEIGHBOUR4:$first" "$TARGET"
	reaches open "$first"
	reaches ECONNREFUSED "$second"
	pkill -KILL --parent "$ATTACHED" netns-forwarder
	reaches ECONNREFUSED "$second"
	reaches open "$first"
	"$CTL" ruled egress allow "tcp:$NEIGHBOUR4:$second"
	reaches open "$second"
	pkill -KILL --parent "$ATTACHED" netns-forwarder
	reaches open "$second"
	reaches ECONNREFUSED "$((second + 1))"
}
