#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# oci - netns-oci-hook under real runc, crun and podman, and with what no runtime would say
# bats file_tags=runtimes

load common
load runtimes
load target

HOOK=$NETNS_BUILD/plugins/netns-oci-hook

prepare()
{
	make_short
	mkdir "$SHORT/bundle"
	export XDG_RUNTIME_DIR=$SHORT/xdg
}

end_runtimes()
{
	[[ -z ${PODMAN:-} ]] || end_podman
}

runtime()
{
	local name=$1

	shift
	in_view timeout "$((PATIENCE * 3))" "$name" --root "$SHORT/xdg/$name" "$@"
}

podman()
{
	in_view timeout "$((PATIENCE * 6))" podman --root "$SHORT/store" --runroot "$SHORT/run" \
		--storage-driver vfs --cgroup-manager cgroupfs --events-backend file "$@"
}

# make_bundle JQ-FILTER CMD...: of `runc spec --rootless`, with the hook and what the filter does.
make_bundle()
{
	local filter=$1 inside

	shift
	[[ -d $SHORT/bundle/rootfs ]] || make_rootfs "$SHORT/bundle/rootfs"
	rm -f "$SHORT/bundle/config.json"
	(cd "$SHORT/bundle" && runc spec --rootless)
	# Its leaks are looked for in a /proc that it does not have there.
	inside=$(jq -n --arg hook "$HOOK" --arg xdg "XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR" \
		'[{"path": $hook, "env": [$xdg, "ASAN_OPTIONS=detect_leaks=0"]}]')
	jq --argjson inside "$inside" --arg hook "$HOOK" --arg errors "$SHORT/hook.err" --arg link "$LINK" --argjson command "$(printf '%s\n' "$@" | jq -R . | jq -s .)" '
		.process.terminal = false
		| .process.args = $command
		| .linux.namespaces += [{"type": "network"}]
		| .annotations = {"org.netns-run.link": $link, "run.oci.hooks.stderr": $errors}
		| .hooks = ([{"path": $hook}] as $it
			| {"createRuntime": $it, "createContainer": $inside, "poststop": $it})
		| '"$filter" "$SHORT/bundle/config.json" >"$SHORT/config.json"
	mv "$SHORT/config.json" "$SHORT/bundle/config.json"
}

end_target()
{
	kill -KILL "$TARGET"
	wait "$TARGET" || true
}

# state ID STATUS PID [ANNOTATIONS]: as runc says it.
state()
{
	printf '{"ociVersion":"1.0.2","id":"%s","status":"%s","pid":%s,"bundle":"/b","annotations":%s}' \
		"$1" "$2" "$3" "${4:-"{\"org.netns-run.link\":\"$LINK\"}"}"
}

hook()
{
	run --separate-stderr timeout "$PATIENCE" "$HOOK" <<<"$1"
}

nothing_left()
{
	equal "$("$CTL" ls --json | jq -c .)" '[]'
	equal "$(find "$XDG_RUNTIME_DIR/netns-run" -mindepth 1 2>/dev/null)" ""
}

# The helper of a network ends by itself when its process has.
await_nothing()
{
	local pid

	for pid in "$@"; do
		timeout "$PATIENCE" tail --pid="$pid" -f /dev/null
	done
	nothing_left
}

assert_refused()
{
	equal "$status" 1
	matches "${stderr_lines[0]}" "^netns-oci-hook: $1"
	((${#stderr_lines[@]} <= 2)) || fail "more than two lines: $stderr"
	equal "$output" ""
}

# --- runtimes ---

@test "oci: runc and crun run a rootless bundle with a network" {
	local name

	prepare
	for name in runc crun; do
		command -v "$name" >/dev/null || missing "$name"
		make_bundle '.annotations["org.netns-run.cidr"] = "10.99.0.0/24"
			| .annotations["org.netns-run.mtu"] = "1400"' \
			sh -c "ip address show eth0; ip route; nslookup host.test 10.99.0.3"
		run runtime "$name" run --bundle "$SHORT/bundle" "web-$name"
		[[ $status -eq 0 ]] || fail "$name: $output $(cat "$SHORT/hook.err")"
		matches "$output" 'mtu 1400 '
		matches "$output" '10\.99\.0\.100/24'
		matches "$output" 'default via 10\.99\.0\.2 dev eth0'
		nothing_left
	done
}

@test "oci: runc and crun run a bundle whose annotations say what it reaches" {
	local name open closed try="nc $NEIGHBOUR4 \$port </dev/null >/dev/null 2>&1 && echo \$port is open"

	prepare
	for name in open closed; do
		start_server "$name" "$PYTHON" "$TOOLS/door.py" call "$WORLD_DOOR" \
			nsenter --net="/proc/$WORLD_NEIGHBOUR/ns/net" "$PYTHON" "$TOOLS/serve.py" tcp whoami --address ::
	done
	for name in runc crun; do
		command -v "$name" >/dev/null || missing "$name"
		make_bundle '.annotations["org.netns-run.egress"] = "deny"
			| .annotations["org.netns-run.allow"] = "tcp:neighbour.test:'"$open"'"' \
			sh -c "nslookup neighbour.test 10.0.2.3; for port in $open $closed; do $try; done; true"
		run runtime "$name" run --bundle "$SHORT/bundle" "web-$name"
		[[ $status -eq 0 ]] || fail "$name: $output $(cat "$SHORT/hook.err")"
		matches "$output" "$open is open"
		lacks "$output" "$closed is open"
		nothing_left
	done
}

@test "oci: published ports, the service sees who asks, netns-ctl works" {
	local name port seen

	prepare
	for name in runc crun; do
		command -v "$name" >/dev/null || missing "$name"
		port=$("$PYTHON" "$TOOLS/free_ports.py" 1)
		make_bundle '.annotations["org.netns-run.publish"] = "'"$port:80,0:53/udp"'"' \
			httpd -f -p 80 -h /www
		mkdir -p "$SHORT/bundle/rootfs/www/cgi-bin"
		printf '#!/bin/sh\necho; echo "$REMOTE_ADDR"\n' >"$SHORT/bundle/rootfs/www/cgi-bin/who"
		chmod 0755 "$SHORT/bundle/rootfs/www/cgi-bin/who"
		runtime "$name" run --detach --bundle "$SHORT/bundle" "web-$name" \
			</dev/null >/dev/null 2>"$T/err" 3>&- || fail "$(cat "$T/err")"
		client answers tcp 127.0.0.1 "$port"
		seen=$(as_neighbour curl -s --max-time "$PATIENCE" "http://$HOST4:$port/cgi-bin/who")
		matches "$seen" "[^0-9.]?$NEIGHBOUR4\\]?$"

		equal "$("$CTL" ls --json | jq -r '.[].name')" "oci-web-$name"
		equal "$("$CTL" ls --json | jq -r '.[].link')" "$LINK"
		equal "$("$CTL" "oci-web-$name" port ls --json | jq length)" 2
		equal "$("$CTL" "oci-web-$name" inspect | jq -r .attachment.id)" "web-$name"

		runtime "$name" kill "web-$name" KILL
		run runtime "$name" delete --force "web-$name"
		equal "$name $status" "$name 0"
		nothing_left
	done
}

@test "oci: a container that cannot have its network does not start" {
	local name

	prepare
	for name in runc crun; do
		command -v "$name" >/dev/null || missing "$name"
		make_bundle '.linux.namespaces |= map(select(.type != "network"))' true
		run runtime "$name" run --bundle "$SHORT/bundle" "web-$name"
		[[ $status -ne 0 ]] || fail "$name ran it"
		output+=$(cat "$SHORT/hook.err" 2>/dev/null || true) # where crun puts it
		matches "$output" 'netns-oci-hook: the container has no network namespace of its own'
		make_bundle '.annotations["org.netns-run.publish"] = "x"' true
		run runtime "$name" run --bundle "$SHORT/bundle" "web-$name"
		[[ $status -ne 0 ]] || fail "$name ran it"
		output+=$(cat "$SHORT/hook.err" 2>/dev/null || true)
		matches "$output" 'annotation org.netns-run.publish: '
		nothing_left
	done
}

@test "oci: crun needs the hook within its namespaces, and says so" {
	prepare
	command -v crun >/dev/null || missing crun
	make_bundle 'del(.hooks.createContainer)' true
	run runtime crun run --bundle "$SHORT/bundle" web
	[[ $status -ne 0 ]] || fail "it ran"
	matches "$(cat "$SHORT/hook.err")" 'hint: add netns-oci-hook to hooks.createContainer'
	# What goes wrong there stops the container, too.
	make_bundle '.annotations["org.netns-run.publish"] = "1:1"' true
	run runtime crun run --bundle "$SHORT/bundle" web
	[[ $status -ne 0 ]] || fail "it ran"
	matches "$(cat "$SHORT/hook.err")" 'cannot publish .*:1/tcp'
	nothing_left
}

@test "oci: podman calls the hook for containers with its annotations" {
	local port pid

	command -v podman >/dev/null || missing podman
	[[ ${WORLD_UIDS:-1} -gt 1 ]] || missing "subordinate ids, which podman needs"
	prepare
	PODMAN=1
	mkdir -p "$SHORT/home/.config/containers" "$SHORT/hooks.d"
	printf '[containers]\ncgroups = "disabled"\n' >"$SHORT/home/.config/containers/containers.conf"
	jq --arg hook "$HOOK" '.hook.path = $hook' "$NETNS_BUILD/plugins/netns-oci-hook.json" \
		>"$SHORT/hooks.d/netns-oci-hook.json"
	make_rootfs "$T/root"
	port=$("$PYTHON" "$TOOLS/free_ports.py" 1)
	podman --hooks-dir "$SHORT/hooks.d" run --detach --name web --network none \
		--annotation "org.netns-run.link=$LINK" \
		--annotation "org.netns-run.publish=$port:80" \
		--rootfs "$T/root" httpd -f -p 80 -h /www >/dev/null
	client answers tcp 127.0.0.1 "$port"
	equal "$(as_neighbour curl -s --max-time "$PATIENCE" "http://$HOST4:$port/index.html")" \
		"hello from root"
	# Its hooks are root of a user namespace; netns-ctl is not.
	pid=$("$CTL" ls --json | jq '.[].pid')
	matches "$("$CTL" ls --json | jq -r '.[].name')" '^oci-[0-9a-f]{12}-[0-9a-f]{12}$'
	podman rm --force --time 0 web >/dev/null
	await_nothing "$pid"

	run podman --hooks-dir "$SHORT/hooks.d" run --rm --network none --rootfs "$T/root" \
		ip link show eth0
	[[ $status -ne 0 ]] || fail "a container without annotations has a network"
	run podman --hooks-dir "$SHORT/hooks.d" run --rm --network none \
		--annotation org.netns-run.mtu=x --annotation "run.oci.hooks.stderr=$SHORT/hook.err" \
		--rootfs "$T/root" true
	[[ $status -ne 0 ]] || fail "it ran"
	matches "$(cat "$SHORT/hook.err")" 'annotation org.netns-run.mtu: '
	nothing_left
}

# --- ends ---

@test "oci: the network ends with the container's process, also without poststop" {
	local pid

	prepare
	start_target
	hook "$(state web creating "$TARGET")"
	equal "$status" 0
	within ip link show eth0 >/dev/null
	pid=$("$CTL" ls --json | jq '.[].pid')
	end_target
	await_nothing "$pid"
	hook "$(state web stopped 0)"
	equal "$status" 0
}

@test "oci: a second createRuntime is refused, and its poststop harms nobody" {
	prepare
	start_target
	hook "$(state web created "$TARGET")"
	equal "$status" 0
	hook "$(state web created "$TARGET")"
	assert_refused 'web has a network already: oci-web$'
	hook "$(state web stopped 0)"
	assert_refused "the network of 'web' stays"
	within ip link show eth0 >/dev/null
	hook "$(state other stopped 0)"
	equal "$status" 0
	end_target
	hook "$(state web stopped 0)"
	equal "$status" 0
	nothing_left
}

@test "oci: nothing is left of a helper that is killed" {
	local pid forwarder

	prepare
	start_target
	hook "$(state web creating "$TARGET")"
	equal "$status" 0
	pid=$("$CTL" ls --json | jq '.[].pid')
	forwarder=$("$CTL" oci-web inspect | jq .forwarder.pid)
	kill -KILL "$pid"
	timeout "$PATIENCE" tail --pid="$forwarder" -f /dev/null
	nothing_left
	# The name of the device is free again.
	hook "$(state web creating "$TARGET")"
	equal "$status" 0
	end_target
	hook "$(state web stopped 0)"
	nothing_left
}

# The runtime's time-out for hooks, at any step.
@test "oci: nothing is left of a hook that is killed half-way" {
	local delay

	prepare
	start_target
	for delay in 0.001 0.003 0.006 0.010 0.015 0.020 0.030 0.045; do
		timeout --signal KILL "$delay" "$HOOK" <<<"$(state web creating "$TARGET")" 2>/dev/null || true
	done
	end_target
	hook "$(state web stopped 0)"
	equal "$status" 0
	nothing_left
}

# As root of a user namespace, as under rootless engines, and netns-ctl outside of it.
@test "oci: a hook whose environment is empty finds the place of its user" {
	prepare
	start_target
	run --separate-stderr unshare --user --map-root-user env -i "$HOOK" \
		<<<"$(state "empty-$$" creating "$TARGET")"
	equal "$status" 1
	matches "$stderr" 'Permission denied'
	run --separate-stderr nsenter --target "$TARGET" --preserve-credentials --user env -i "$HOOK" \
		<<<"$(state "empty-$$" creating "$TARGET")"
	equal "$status" 0
	unset XDG_RUNTIME_DIR
	equal "$("$CTL" "oci-empty-$$" inspect | jq -r .attachment.id)" "empty-$$"
	end_target
	run env -i "$HOOK" <<<"$(state "empty-$$" stopped 0)"
	equal "$status" 0
	run "$CTL" "oci-empty-$$" inspect
	[[ $status -ne 0 ]] || fail "it is still there"
}

# --- what no runtime says ---

@test "oci: malformed states are refused" {
	local text

	prepare
	while read -r text; do
		hook "$text"
		assert_refused "the container's state on standard input "
		matches "${stderr_lines[1]}" 'netns-oci-hook\(1\)'
	done <<-'END'

		x
		[]
		{"id":"web"
		{"status":"creating","pid":1}
		{"id":"","status":"creating","pid":1}
		{"id":7,"status":"creating","pid":1}
		{"id":"web","pid":1}
		{"id":"web","status":"sleeping","pid":1}
		{"id":"web","status":"creating"}
		{"id":"web","status":"creating","pid":-1}
		{"id":"web","status":"creating","pid":"1"}
		{"id":"web","status":"creating","pid":99999999999}
		{"id":"web","status":"creating","pid":1,"annotations":[]}
		{"id":"web","status":"creating","pid":1,"annotations":{"a":1}}
	END
	run --separate-stderr "$HOOK" </dev/null
	assert_refused "the container's state on standard input is empty"
	hook '{"id":"web","status":"created","pid":0}'
	assert_refused "no helper waits for container 'web'"
	nothing_left
}

@test "oci: annotations that cannot be are refused by their names" {
	local text expected

	prepare
	start_target
	while IFS='|' read -r text expected; do
		hook "$(state web creating "$TARGET" "{$text}")"
		[[ $status -ne 0 ]] || fail "taken: $text"
		assert_refused "$expected"
	done <<-'END'
		"org.netns-run.tincan":"1"|unknown annotation org\.netns-run\.tincan$
		"org.netns-run.":"1"|unknown annotation org\.netns-run\.$
		"org.netns-run.net":"host"|unknown annotation org\.netns-run\.net$
		"org.netns-run.publish":"80"|annotation org\.netns-run\.publish: .*'80'
		"org.netns-run.publish":"0:80,,"|annotation org\.netns-run\.publish:
		"org.netns-run.publish":"fd:0:80"|a hook or plugin inherits no sockets to publish$
		"org.netns-run.mtu":"9"|annotation org\.netns-run\.mtu:
		"org.netns-run.mtu":""|annotation org\.netns-run\.mtu:
		"org.netns-run.ipv6":"maybe"|annotation org\.netns-run\.ipv6: .*true or false
		"org.netns-run.link":"string"|annotation org\.netns-run\.link:
		"org.netns-run.cidr":"127.0.0.0/8"|annotation org\.netns-run\.cidr:
		"org.netns-run.dns":"server"|annotation org\.netns-run\.dns: 
		"org.netns-run.ifname":"lo"|'lo' cannot name a network interface
		"org.netns-run.mtu":"1000"|IPv6 needs an MTU
	END
	hook "$(state web creating 99999999)"
	assert_refused 'open the namespace /proc/99999999/ns/net: '
	hook "$(state web creating $$)"
	assert_refused 'the container has no network namespace of its own$'
	run --separate-stderr "$HOOK" --net host <<<"$(state web creating "$TARGET")"
	assert_refused "Unknown option --net"
	run --separate-stderr "$HOOK" postponed <<<"$(state web creating "$TARGET")"
	assert_refused "unknown argument 'postponed'"
	nothing_left
}

@test "oci: a port that is taken, and a device that is there" {
	local port

	prepare
	serve port tcp whoami
	start_target
	hook "$(state web creating "$TARGET" \
		"{\"org.netns-run.link\":\"$LINK\",\"org.netns-run.publish\":\"$port:80\"}")"
	assert_refused ".*$port"
	nothing_left
	# As an ordinary device would be in the way of ours.
	within ip link add eth0 type veth peer name other
	hook "$(state web creating "$TARGET")"
	assert_refused '.*eth0'
	nothing_left
	# Another network's way out would be one past ours, and past its rules.
	within ip link delete eth0
	within ip link add other0 type veth peer name other1
	within ip link set other0 up
	within ip route add default dev other0
	hook "$(state web creating "$TARGET")"
	assert_refused 'add the IPv4 default route'
	nothing_left
}

@test "oci: the hook's own arguments are defaults for all containers" {
	local text

	prepare
	start_target
	run --separate-stderr "$HOOK" --link "$LINK" --mtu 1500 --ifname net0 createRuntime \
		<<<"$(state web creating "$TARGET" '{"org.netns-run.mtu":"1400","other":"x"}')"
	equal "$status" 0
	matches "$(within ip link show net0)" 'mtu 1400 '
	end_target
	hook "$(state web stopped 0)"
	nothing_left
	# Inside a container without a PID namespace of its own runc's process tells its own PID.
	printf -v text '%s' "$(state web creating PID)"
	bash -c 'exec 3<<<"${2/PID/$$}"; "$1" createContainer <&3; exit' - "$HOOK" "$text"
	nothing_left
	matches "$("$HOOK" --help)" 'org\.netns-run\.NAME'
	matches "$("$HOOK" --version)" '^netns-oci-hook version [0-9]'
}
