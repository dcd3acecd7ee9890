#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# netavark - netns-netavark, called by netavark, and as its plugin API has it

load common

PLUGIN=$NETNS_BUILD/plugins/netns-netavark
# Debian 12's has no plugins; this one brings the C library that it wants.
NEWER=$NETNS_BUILD/netavark

# start_target COMMAND...: namespaces that nobody has connected, by unshare as COMMAND runs it. Sets
# TARGET (pid) and NETNS (path).
start_target()
{
	local fifo=$T/target.$((++COUNT)).ready

	mkfifo "$fifo"
	"$@" bash -c 'echo $$ >"$0"; exec sleep infinity' "$fifo" 3>&- >/dev/null 2>&1 &
	SERVERS+=("$!")
	read -r -t "$PATIENCE" TARGET <"$fifo"
	NETNS=/proc/$TARGET/ns/net
}

start_user_target()
{
	start_target unshare --user --map-root-user --net --
}

within()
{
	nsenter --target "$TARGET" --preserve-credentials --user --net "$@"
}

devices()
{
	within ip -json link show | jq -r '.[].ifname' | xargs
}

names()
{
	"$CTL" ls | awk 'NR > 1 { print $1 }'
}

# definition [MEMBERS]: a network, as podman keeps it.
definition()
{
	echo "{\"name\":\"net\",\"id\":\"01\",\"driver\":\"netns-netavark\",\"options\":{\"link\":\"$LINK\"}${1:+,$1}}"
}

# input [NETWORK [OPTIONS [PORTS]]]: of setup and teardown.
input()
{
	echo "{\"container_id\":\"c1\",\"container_name\":\"web\",\"port_mappings\":[${3:-}],\"network\":${1:-$(definition)},\"network_options\":{\"interface_name\":\"eth0\"${2:+,$2}}}"
}

mapping()
{
	echo "{\"container_port\":$2,\"host_ip\":\"\",\"host_port\":$1,\"protocol\":\"${3:-tcp}\",\"range\":1}"
}

plugin()
{
	timeout "$PATIENCE" "$PLUGIN" "$@"
}

# refused REGEX: the last run was answered by this error, in the plugin API's form.
refused()
{
	[[ $status -ne 0 ]] || fail "it was done: $output"
	equal "$(jq -c keys <<<"$output")" '["error"]'
	matches "$(jq -r .error <<<"$output")" "$1"
}

@test "netavark: setup connects a namespace, teardown leaves nothing" {
	local inner port

	start_user_target
	port=$("$PYTHON" "$TOOLS/free_ports.py" 1)
	run --separate-stderr plugin setup "$NETNS" \
		<<<"$(input "$(definition '"subnets":[{"subnet":"10.8.0.0/24"}],"ipv6_enabled":true')" \
			'"static_ips":["10.8.0.9"],"static_mac":"02:11:22:33:44:55"' "$(mapping "$port" 8080)")"
	equal "$status" 0
	equal "$stderr" ""
	equal "$(jq -c '.interfaces.eth0 | [.mac_address, .subnets[0].ipnet, .subnets[0].gateway]' <<<"$output")" \
		'["02:11:22:33:44:55","10.8.0.9/24","10.8.0.2"]'
	matches "$(within ip address show eth0)" '10\.8\.0\.9/24'
	matches "$(within dig +short +time=5 "@$(jq -r '.dns_server_ips[0]' <<<"$output")" host.test)" '^[0-9]'
	start_server inner within "$PYTHON" "$TOOLS/serve.py" tcp whoami --address :: --port 8080
	matches "$(as_neighbour "$PYTHON" "$TOOLS/client.py" talk tcp "$HOST4" "$port")" "^$NEIGHBOUR4 "
	matches "$(names)" '^netavark-c1-'
	run --separate-stderr plugin setup "$NETNS" <<<"$(input)"
	refused 'has a network already'
	plugin teardown "$NETNS" <<<"$(input)"
	plugin teardown "$NETNS" <<<"$(input)"
	equal "$(devices)" lo
	equal "$(names)" ""
	equal "$(client connect tcp 127.0.0.1 "$port")" ECONNREFUSED
}

@test "netavark: a network without ipv6_enabled has no IPv6, and ends with its namespace" {
	local helper

	start_user_target
	plugin setup "$NETNS" <<<"$(input)" >"$T/answer"
	equal "$(jq '.interfaces.eth0.subnets | length' "$T/answer")" 1
	equal "$(within ip -6 address show eth0 scope global)" ""
	helper=$("$CTL" "$(names)" inspect | jq .pid)
	kill -KILL "$TARGET"
	timeout "$PATIENCE" tail --pid="$helper" -f /dev/null
	equal "$(names)" ""
}

@test "netavark: what is wrong is told, and leaves nothing" {
	start_user_target
	run --separate-stderr plugin setup "$NETNS" <<<'{'
	refused 'no JSON'
	run --separate-stderr plugin setup "$NETNS" <<<'{"container_id":"c1"}'
	refused 'network is missing'
	run --separate-stderr plugin setup "$T/absent" <<<"$(input)"
	refused 'absent'
	run --separate-stderr plugin setup /proc/self/ns/net <<<"$(input)"
	refused "the host's own"
	run --separate-stderr plugin setup "$NETNS" <<<"$(input '{"name":"net","options":{"isolate":"true"}}')"
	refused "no setting 'isolate'"
	run --separate-stderr plugin setup "$NETNS" <<<"$(input '' '' "$(mapping 8080 80 sctp)")"
	refused "'sctp' cannot be published"
	serve SERVER tcp hold --address ::
	run --separate-stderr plugin setup "$NETNS" <<<"$(input '' '' "$(mapping "$SERVER" 80)")"
	refused "$SERVER"
	run --separate-stderr plugin create <<<"$(definition '"internal":true')"
	refused 'none can be internal'
	run --separate-stderr plugin create <<<"$(definition \
		'"routes":[{"destination":"10.1.0.0/16","gateway":"10.8.0.9"}]')"
	refused 'have the default route alone'
	run --separate-stderr plugin replace
	refused "no command 'replace'"
	run --separate-stderr plugin setup <<<"$(input)"
	refused 'takes 1 argument'
	equal "$(devices)" lo
	equal "$(names)" ""
	equal "$(plugin | jq -r .api_version)" 1.0.0
	equal "$(plugin create <<<"$(definition '"subnets":[{"subnet":"10.8.0.0/24","gateway":"10.8.0.1"}]')" |
		jq -r '.subnets[0].gateway')" 10.8.0.2
}

# --- netavark itself ---

# As the root of the tests' host.
netavark()
{
	local loader

	loader=$(echo "$NEWER"/usr/lib64/ld-linux-*.so.*)
	as_host_root env XDG_RUNTIME_DIR="$T/root" timeout "$PATIENCE" "$loader" \
		--library-path "$(echo "$NEWER"/usr/lib/*-linux-gnu):$(echo /lib/*-linux-gnu)" \
		"$NEWER/usr/lib/podman/netavark" --config "$T/root/config" --plugin-directory "$T/plugins" "$@"
}

@test "netavark: netavark 1.14 sets up a container's network and tears it down" {
	local port network request

	[[ -x $NEWER/usr/lib/podman/netavark ]] || skip "$NEWER (tests/newer-package.sh gets it)"
	as_host_root mkdir --mode 0700 "$T/root"
	mkdir "$T/plugins"
	ln -s "$PLUGIN" "$T/plugins/netns-netavark"
	start_target as_host_root unshare --net
	port=$("$PYTHON" "$TOOLS/free_ports.py" 1)
	network=$(definition '"network_interface":"","subnets":[{"subnet":"10.8.0.0/24","gateway":"10.8.0.2"}],"ipv6_enabled":false,"internal":false,"dns_enabled":false,"ipam_options":{"driver":"host-local"}')
	request="{\"container_id\":\"c1\",\"container_name\":\"web\",\"port_mappings\":[$(mapping "$port" 80)],\"networks\":{\"net\":{\"interface_name\":\"eth0\",\"static_ips\":[\"10.8.0.9\"]}},\"network_info\":{\"net\":$network}}"
	run netavark setup "$NETNS" <<<"$request"
	equal "$status" 0
	equal "$(jq -r '.net.interfaces.eth0.subnets[0].ipnet, .net.dns_server_ips[0]' <<<"$output" | xargs)" \
		"10.8.0.9/24 10.8.0.3"
	matches "$(as_host_root nsenter --net="$NETNS" ip address show eth0)" '10\.8\.0\.9/24'
	# Nobody listens inside, which a client learns at once or a moment later.
	matches "$(client connect tcp 127.0.0.1 "$port")" '^(open|ECONNRESET)$'
	run netavark setup "$NETNS" <<<"$request"
	[[ $status -ne 0 ]] || fail "set up twice"
	matches "$output" 'has a network already'
	netavark teardown "$NETNS" <<<"$request"
	equal "$(client connect tcp 127.0.0.1 "$port")" ECONNREFUSED
	as_host_root rm -rf "$T/root"
}
