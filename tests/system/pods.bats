#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# pods - what containers of others may reach, and by which way, as their runtime's configuration says
#
# How it works
#
# Each test speaks the protocol of one runtime with a namespace of its own (target.bash). The name
# servers and services are the neighbour's, which has an address more.

load common
load target
load zone

CNI=$NETNS_BUILD/plugins/netns-cni
NETAVARK=$NETNS_BUILD/plugins/netns-netavark
HOOK=$NETNS_BUILD/plugins/netns-oci-hook
FAR4=198.51.100.77

setup_file()
{
	as_neighbour ip address add $FAR4/32 dev lo
}

teardown_file()
{
	as_neighbour ip address flush dev lo to 198.51.100.0/24
}

at_neighbour()
{
	"$PYTHON" "$TOOLS/door.py" call "$WORLD_DOOR" nsenter --net="/proc/$WORLD_NEIGHBOUR/ns/net" "$PYTHON" "$@"
}

# Sets PORT, of a server that answers at all addresses of the neighbour.
serve_far()
{
	start_server PORT at_neighbour "$TOOLS/serve.py" tcp whoami --address ::
}

# reaches EXPECTED ADDRESS: at $PORT, from the last target; what is refused is refused at once.
reaches()
{
	local lines

	mapfile -t lines < <(within "$PYTHON" "$TOOLS/client.py" connect tcp "$2" "$PORT" --time --timeout 3)
	equal "${lines[0]}" "$1"
	((${lines[1]%.*} < $(patient 800))) || fail "after ${lines[1]} ms"
}

# By the link's own resolver.
look_up()
{
	within dig +short +tries=1 +time=5 "@${2:-10.0.2.3}" "$1"
}

# nothing_left: neither in the last target nor on the host.
nothing_left()
{
	equal "$(within ip -json link show | jq -r '.[].ifname' | xargs)" lo
	equal "$("$CTL" ls --json | jq -c .)" '[]'
}

# --- CNI ---

# config [MEMBERS]
config()
{
	echo "{\"cniVersion\":\"1.0.0\",\"name\":\"net\",\"type\":\"netns-cni\",\"link\":\"$LINK\"${1:+,$1}}"
}

cni()
{
	timeout "$PATIENCE" env -i PATH="$PATH" XDG_RUNTIME_DIR="$XDG_RUNTIME_DIR" CNI_COMMAND="$1" CNI_CONTAINERID=c1 \
		CNI_NETNS="$NETNS" CNI_IFNAME=eth0 CNI_PATH="$NETNS_BUILD/plugins" "$CNI" <<<"${2-$(config)}"
}

@test "pods: a CNI network reaches the hosts that its configuration names" {
	serve_far
	serve_zone good.test=$FAR4 bad.test=$NEIGHBOUR4
	start_target
	cni ADD "$(config "\"egress\":\"deny\",\"allow\":[\"tcp:good.test:$PORT\"],\"dnsUpstream\":[\"$ZONE\"],
		\"addHost\":[\"own.test:192.0.2.7\"],\"dns\":{\"search\":[\"test\"]}")" >"$T/result"
	equal "$(jq -c '[.dns.search[0], .dns.nameservers[0]]' "$T/result")" '["test","10.0.2.3"]'
	reaches ECONNREFUSED $FAR4
	equal "$(look_up good.test)" $FAR4
	equal "$(look_up own.test)" 192.0.2.7
	reaches open $FAR4
	reaches ECONNREFUSED "$NEIGHBOUR4"
	reaches ECONNREFUSED 10.0.2.2
	equal "$("$CTL" "$("$CTL" ls --json | jq -r '.[0].name')" egress ls --json | jq -r '.rules[].rule')" \
		"tcp:good.test:$PORT"
	cni DEL
	nothing_left
}

# The members are in any order, and runtimes sort them.
@test "pods: what does as the rest is an exception, in CNI" {
	serve_far
	start_target
	cni ADD "$(config "\"allow\":[\"$FAR4\"],\"deny\":[\"@private\",\"198.51.100.0/24\",\"$NEIGHBOUR4\"]")" >"$T/result"
	reaches open $FAR4
	reaches ECONNREFUSED "$NEIGHBOUR4"
	cni DEL
	cni ADD "$(config "\"egress\":\"deny\",\"allow\":[\"$NEIGHBOUR4\",\"198.51.100.0/24\"],\"deny\":[\"$FAR4\"]")" >"$T/result"
	reaches ECONNREFUSED $FAR4
	reaches open "$NEIGHBOUR4"
	cni DEL
}

@test "pods: rules of a file, and a proxy, in CNI" {
	local port proxy

	serve_far
	printf 'default deny\nallow %s\n' $FAR4 >"$T/rules"
	start_target
	cni ADD "$(config "\"egressFile\":\"$T/rules\"")" >"$T/result"
	reaches open $FAR4
	reaches ECONNREFUSED "$NEIGHBOUR4"
	printf 'default deny\nallow %s\n' "$NEIGHBOUR4" >"$T/rules"
	"$CTL" "$("$CTL" ls --json | jq -r '.[0].name')" egress reload
	reaches open "$NEIGHBOUR4"
	reaches ECONNREFUSED $FAR4
	cni DEL
	: >"$T/asked"
	start_server_log "$T/asked" proxy "$PYTHON" "$TOOLS/proxy.py" --user me:secret
	cni ADD "$(config "\"proxy\":\"socks5://me:secret@127.0.0.1:$proxy\",\"sandbox\":\"require\"")" >"$T/result"
	reaches open "$FAR4"
	matches "$(cat "$T/asked")" "$FAR4:$PORT"
	lacks "$("$CTL" "$("$CTL" ls --json | jq -r '.[0].name')" inspect)" secret
	cni DEL
	nothing_left
}

@test "pods: malformed rules are the specification's errors, and leave nothing" {
	local cases at

	only_on gateway # which makes no difference
	start_target
	cases=(
		"allow: --allow 'x.test:0'" '"egress":"deny","allow":["x.test:0"]'
		'add --egress deny' '"allow":["x.test"]'
		'egress: ' '"egress":"perhaps"'
		'egressFile: .* does not begin with /' '"egressFile":"rules"'
		"$T/absent" "\"egressFile\":\"$T/absent\""
		'proxy: ' '"proxy":"ftp://x"'
		'without --proxy' '"proxyBypass":true'
		'addHost: ' '"addHost":["x"]'
		'sandbox: ' '"sandbox":"some"'
		'dns: ' '"dnsUpstream":["x.test"]'
	)
	for ((at = 0; at < ${#cases[@]}; at += 2)); do
		run --separate-stderr cni ADD "$(config "${cases[at + 1]}")"
		[[ $status -ne 0 ]] || fail "${cases[at + 1]} was done: $output"
		equal "$(jq -r .code <<<"$output")" 7
		matches "$(jq -r '.msg + " " + .details' <<<"$output")" "${cases[at]}"
	done
	nothing_left
	run --separate-stderr cni ADD "$(config '"dnsSearch":["test"]')"
	equal "$(jq -r .code <<<"$output")" 2
}

# --- OCI ---

# hook STATUS ANNOTATIONS [ARGUMENT...]: as runc calls it for the last target.
hook()
{
	local stage=$1 annotations=$2

	shift 2
	run --separate-stderr timeout "$PATIENCE" "$HOOK" "$@" \
		<<<"{\"ociVersion\":\"1.0.2\",\"id\":\"c1\",\"status\":\"$stage\",\"pid\":$TARGET,\"bundle\":\"/b\",\"annotations\":{\"org.netns-run.link\":\"$LINK\"${annotations:+,$annotations}}}"
}

end_container()
{
	kill -KILL "$TARGET"
	hook stopped ''
	equal "$("$CTL" ls --json | jq -c .)" '[]'
}

@test "pods: annotations say what a container of runc reaches" {
	serve_far
	serve_zone good.test=$FAR4
	start_target
	hook creating "\"org.netns-run.egress\":\"deny\",\"org.netns-run.allow\":\"good.test,$NEIGHBOUR4:1\",\"org.netns-run.dns\":\"$ZONE\""
	equal "$status$stderr" 0
	reaches ECONNREFUSED $FAR4
	equal "$(look_up good.test)" $FAR4
	reaches open $FAR4
	reaches ECONNREFUSED "$NEIGHBOUR4"
	end_container
}

# As for images whose annotations an engine takes over.
@test "pods: annotations cannot open what the hook's arguments have closed" {
	local name

	serve_far
	start_target
	for name in egress=allow allow=* deny=192.0.2.1 egress-pin=86400 "dns=$NEIGHBOUR4" "add-host=x.test:$NEIGHBOUR4" \
		"proxy=http://$NEIGHBOUR4" outbound=lo; do
		hook creating "\"org.netns-run.${name%%=*}\":\"${name#*=}\"" --egress deny --allow $FAR4
		equal "$status" 1
		matches "$stderr" "annotation org.netns-run.${name%%=*}: .*by the hook's arguments alone"
	done
	for name in sandbox=off egress-file=/etc/hosts; do
		hook creating "\"org.netns-run.${name%%=*}\":\"${name#*=}\""
		equal "$status" 1
		matches "$stderr" "annotation org.netns-run.${name%%=*}: .*by the hook's arguments alone"
	done
	nothing_left
	hook creating '"org.netns-run.host-loopback":"true","org.netns-run.mtu":"1400"' --egress deny --allow $FAR4
	equal "$status$stderr" 0
	reaches open $FAR4
	reaches ECONNREFUSED "$NEIGHBOUR4"
	reaches ECONNREFUSED 10.0.2.2
	end_container
}

# What is the host for the container has an address of its network.
@test "pods: a network that annotations choose does not make the host an allowed address" {
	start_server PORT "$PYTHON" "$TOOLS/serve.py" tcp whoami --address 127.0.0.1 --reply !
	start_target
	hook creating '"org.netns-run.cidr":"198.51.100.0/24","org.netns-run.host-loopback":"true"' \
		--egress deny --allow 198.51.100.0/24 --allow 198.51.100.2
	equal "$status$stderr" 0
	reaches ECONNREFUSED 198.51.100.2
	"$CTL" "$("$CTL" ls --json | jq -r '.[0].name')" egress allow @host
	reaches open 198.51.100.2
	end_container
}

# --- netavark ---

# input NETWORK-OPTIONS CONTAINER-OPTIONS
input()
{
	echo "{\"container_id\":\"c1\",\"container_name\":\"web\",\"port_mappings\":[],
		\"network\":{\"name\":\"net\",\"id\":\"01\",\"driver\":\"netns-netavark\",\"options\":{\"link\":\"$LINK\"${1:+,$1}}},
		\"network_options\":{\"interface_name\":\"eth0\",\"options\":{${2:-}}}}"
}

netavark()
{
	timeout "$PATIENCE" "$NETAVARK" "$1" "$NETNS" <<<"$2"
}

@test "pods: options of a network of podman hold its containers" {
	local rules

	serve_far
	start_target
	rules="\"egress\":\"deny\",\"allow\":\"$FAR4,203.0.113.9\""
	netavark setup "$(input "$rules")" >"$T/answer"
	reaches open $FAR4
	reaches ECONNREFUSED "$NEIGHBOUR4"
	netavark teardown "$(input "$rules")"
	run --separate-stderr netavark setup "$(input "$rules" "\"allow\":\"$NEIGHBOUR4\"")"
	equal "$status" 1
	matches "$(jq -r .error <<<"$output")" "allow: .*by the network's options alone"
	run --separate-stderr "$NETAVARK" create <<<'{"name":"net","id":"01","options":{"allow":"x.test"}}'
	equal "$status" 1
	matches "$(jq -r .error <<<"$output")" 'add --egress deny'
	nothing_left
	netavark setup "$(input '' "$rules")" >"$T/answer"
	reaches open $FAR4
	reaches ECONNREFUSED "$NEIGHBOUR4"
	netavark teardown "$(input)"
}
