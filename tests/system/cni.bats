#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# cni - netns-cni, called as the specification of the Container Network Interface has it

load common
load target

PLUGIN=$NETNS_BUILD/plugins/netns-cni

# config [MEMBERS]: a network's configuration of the newest version, with more members.
config()
{
	echo "{\"cniVersion\":\"${VERSION:-1.1.0}\",\"name\":\"net\",\"type\":\"netns-cni\",\"link\":\"$LINK\"${1:+,$1}}"
}

# cni VERB [CONFIG]: for container $ID in the last target.
cni()
{
	timeout "$PATIENCE" env -i PATH="$PATH" XDG_RUNTIME_DIR="$XDG_RUNTIME_DIR" CNI_COMMAND="$1" \
		CNI_CONTAINERID="${ID:-c1}" CNI_NETNS="$NETNS" CNI_IFNAME="${IFNAME:-eth0}" \
		CNI_PATH="$NETNS_BUILD/plugins" CNI_ARGS="${ARGS:-}" "$PLUGIN" <<<"${2-$(config)}"
}

# The names of the target's devices.
devices()
{
	within ip -json link show | jq -r '.[].ifname' | xargs
}

await_no_device()
{
	local deadline=$((SECONDS + PATIENCE))

	until [[ $(devices) == lo ]]; do
		((SECONDS < deadline)) || fail "left: $(devices)"
	done
}

# What netns-ctl calls the networks that there are.
names()
{
	"$CTL" ls | awk 'NR > 1 { print $1 }'
}

helper_of()
{
	"$CTL" "$1" inspect | jq .pid
}

# refused CODE REGEX: the last run was answered by this error, and changed nothing inside.
refused()
{
	[[ $status -ne 0 ]] || fail "it was done: $output"
	equal "$(jq -r .code <<<"$output")" "$1"
	matches "$(jq -r .msg <<<"$output")" "$2"
	equal "$(jq -r 'keys - ["cniVersion", "code", "msg", "details"] | length' <<<"$output")" 0
}

port_mapping()
{
	echo "\"runtimeConfig\":{\"portMappings\":[{\"hostPort\":$1,\"containerPort\":$2,\"protocol\":\"${3:-tcp}\"}]}"
}

free_port()
{
	PORT=$("$PYTHON" "$TOOLS/free_ports.py" 1)
}

# --- what a network does ---

@test "cni: ADD connects a namespace, with a published port and true client addresses" {
	local inner

	start_target
	free_port
	run --separate-stderr cni ADD "$(config "$(port_mapping "$PORT" 8080)")"
	equal "$status" 0
	equal "$stderr" ""
	equal "$(jq -r '.cniVersion, .interfaces[0].name, .interfaces[0].sandbox, .ips[0].address,
		.routes[0].dst' <<<"$output" | xargs)" "1.1.0 eth0 $NETNS 10.0.2.100/24 0.0.0.0/0"
	equal "$(within ip -json link show eth0 | jq -r '.[0] | .address, .mtu' | xargs)" \
		"$(jq -r '.interfaces[0] | .mac, .mtu' <<<"$output" | xargs)"
	matches "$(within dig +short +time=5 @"$(jq -r '.dns.nameservers[0]' <<<"$output")" host.test)" '^[0-9]'
	serve SERVER tcp whoami --address "$HOST4"
	matches "$(within "$PYTHON" "$TOOLS/client.py" talk tcp "$HOST4" "$SERVER")" "^$HOST4 "
	start_server inner within "$PYTHON" "$TOOLS/serve.py" tcp whoami --address :: --port 8080
	matches "$(as_neighbour "$PYTHON" "$TOOLS/client.py" talk tcp "$HOST4" "$PORT")" "^$NEIGHBOUR4 "
	cni DEL
	equal "$(devices)" lo
	equal "$(client connect tcp 127.0.0.1 "$PORT")" ECONNREFUSED
}

@test "cni: netns-ctl finds a network and publishes more ports" {
	local name

	start_target
	cni ADD >"$T/result"
	name=$(names)
	matches "$name" '^cni-c1-'
	equal "$("$CTL" "$name" inspect | jq -r '.network, .attachment.id, .link' | xargs)" "net c1 $LINK"
	"$CTL" "$name" port add 0:8080
	matches "$("$CTL" "$name" port ls)" 8080
	cni DEL
	equal "$(names)" ""
}

@test "cni: a result is one of the version that was asked for" {
	local result version

	only_on tap # which makes no difference
	for version in 0.3.0 0.3.1 0.4.0 1.0.0 1.1.0; do
		start_target
		result=$(VERSION=$version ID=v$version cni ADD "$(VERSION=$version config)")
		equal "$(jq -r .cniVersion <<<"$result")" "$version"
		case $version in
			0.*) equal "$(jq -r '.ips[0].version' <<<"$result")" 4 ;;
			*) equal "$(jq -r '.ips[0] | has("version")' <<<"$result")" false ;;
		esac
		VERSION=$version ID=v$version cni DEL "$(VERSION=$version config)"
	done
	equal "$(cni VERSION '{"cniVersion":"0.4.0"}' | jq -c .)" \
		'{"cniVersion":"0.4.0","supportedVersions":["0.3.0","0.3.1","0.4.0","1.0.0","1.1.0"]}'
	equal "$(cni VERSION '' | jq -r .cniVersion)" 1.1.0
}

@test "cni: capabilities choose address, MAC, name servers and UDP ports" {
	local inner wishes

	start_target
	free_port
	wishes='"ips":["10.77.1.5/16","fd77::5/64"],"mac":"02:11:22:33:44:55","dns":{"servers":["192.0.2.1"],"searches":["test"]}'
	wishes+=",\"portMappings\":[{\"hostPort\":$PORT,\"containerPort\":53,\"protocol\":\"udp\",\"hostIP\":\"127.0.0.1\"}]"
	run --separate-stderr cni ADD "$(config "\"runtimeConfig\":{$wishes},\"mtu\":1400")"
	equal "$status" 0
	equal "$(jq -c '[.interfaces[0].mac, .interfaces[0].mtu, .ips[].address, .dns.nameservers[], .dns.search[]]' <<<"$output")" \
		'["02:11:22:33:44:55",1400,"10.77.1.5/16","fd77::5/64","192.0.2.1","test"]'
	matches "$(within ip address show eth0)" '10\.77\.1\.5/16'
	matches "$(within ip address show eth0)" 'fd77::5/64'
	start_server inner within "$PYTHON" "$TOOLS/serve.py" udp whoami --address 10.77.1.5 --port 53 --reply !
	matches "$(client talk udp 127.0.0.1 "$PORT")" '!'
	matches "$(within dig +short +time=5 @10.77.0.3 host.test)" '^[0-9]'
	cni DEL
	start_target
	ARGS='IgnoreUnknown=1;K8S_POD_NAME=x;IP=10.0.2.50;MAC=02:11:22:33:44:66' cni ADD >"$T/result"
	equal "$(jq -r '.interfaces[0].mac, .ips[0].address' "$T/result" | xargs)" "02:11:22:33:44:66 10.0.2.50/24"
	cni DEL
}

@test "cni: limits of bandwidth, changed while it runs and kept by the next forwarder" {
	local name kbits

	start_target
	start_server SERVER "$PYTHON" "$TOOLS/rate.py" serve
	cni ADD "$(config '"hostLoopback":true,"rateIn":"50mbit","runtimeConfig":{"bandwidth":
		{"ingressRate":8000000,"ingressBurst":80000,"egressRate":0}}')" >"$T/result"
	name=$(names)
	equal "$("$CTL" "$name" rate --json | jq -c '[.in.rate, .out.rate]')" '[8000000,null]'
	kbits=$(within "$PYTHON" "$TOOLS/rate.py" down tcp 10.0.2.2 "$SERVER" 2.2)
	((kbits > 5000 && kbits < 8400)) || fail "$kbits kbit/s came in"
	"$CTL" "$name" rate out 8mbit
	"$PYTHON" "$TOOLS/kill_forwarder.py" "$XDG_RUNTIME_DIR/netns-run/$name/state.json" >"$T/times"
	equal "$("$CTL" "$name" rate --json | jq -c '[.in.rate, .out.rate]')" '[8000000,8000000]'
	kbits=$(within "$PYTHON" "$TOOLS/rate.py" up udp 10.0.2.2 "$SERVER" 2.2)
	((kbits > 5000 && kbits < 8400)) || fail "$kbits kbit/s went out"
	cni DEL
}

@test "cni: behind other plugins it adds to their result" {
	local previous='{"cniVersion":"1.0.0","interfaces":[{"name":"x0","sandbox":"/x"}],"ips":[{"address":"192.0.2.9/24","interface":0}]}'

	only_on gateway # which makes no difference
	start_target
	run --separate-stderr cni ADD "$(VERSION=1.0.0 config "\"prevResult\":$previous")"
	equal "$status" 0
	equal "$(jq -c '[.interfaces[].name, .ips[0].address, .ips[1].interface]' <<<"$output")" \
		'["x0","eth0","192.0.2.9/24",1]'
	cni DEL
}

@test "cni: CHECK tells what is not as it was made" {
	local result name helper

	start_target
	free_port
	result=$(cni ADD "$(config "$(port_mapping "$PORT" 80)")")
	check()
	{
		cni CHECK "$(config "$(port_mapping "$PORT" 80),\"prevResult\":$result")"
	}
	check
	run --separate-stderr cni CHECK "$(config)"
	refused 7 'prevResult is missing'
	name=$(names)
	"$CTL" "$name" port rm "$PORT/tcp"
	run --separate-stderr check
	refused 103 "port $PORT:80/tcp is not published"
	"$CTL" "$name" port add "$PORT:80"
	check
	within ip address del 10.0.2.100/24 dev eth0
	run --separate-stderr check
	refused 103 'has lost the address 10.0.2.100'
	within ip address add 10.0.2.100/24 dev eth0
	# The kernel took it away with the last address.
	run --separate-stderr check
	refused 103 'eth0 has lost the default route to 10.0.2.2'
	within ip route add default via 10.0.2.2 dev eth0
	check
	within ip -6 route del default dev eth0
	run --separate-stderr check
	refused 103 'eth0 has lost the default route to fd00::2'
	within ip -6 route add default via fd00::2 dev eth0
	check
	within ip link set eth0 down
	run --separate-stderr check
	refused 103 'eth0 is gone, down'
	helper=$(helper_of "$name")
	kill -KILL "$helper"
	run --separate-stderr check
	refused 103 '.'
	cni DEL
}

# --- ends ---

@test "cni: DEL of nothing, twice, and after the namespace is no error" {
	start_target
	cni DEL
	cni ADD >"$T/result"
	cni DEL
	cni DEL
	NETNS= cni DEL
	cni ADD >"$T/result"
	kill -KILL "$TARGET"
	cni DEL
	NETNS= cni DEL '{"cniVersion":"0.3.1","name":"net","spoilt":{}}'
}

@test "cni: a network ends with its namespace" {
	local name helper

	start_target
	cni ADD >"$T/result"
	name=$(names)
	helper=$(helper_of "$name")
	kill -KILL "$TARGET"
	timeout "$PATIENCE" tail --pid="$helper" -f /dev/null
	equal "$(names)" ""
}

@test "cni: a second ADD is refused and harms nothing" {
	start_target
	cni ADD >"$T/result"
	run --separate-stderr cni ADD
	refused 102 'has a network already'
	ID=c2 run --separate-stderr cni ADD
	refused 102 'eth0'
	matches "$(within dig +short +time=5 @10.0.2.3 host.test)" '^[0-9]'
	cni DEL
}

@test "cni: a second network of a container leaves the first one's default route alone" {
	local routes

	start_target
	cni ADD >"$T/result"
	routes=$(within ip route show default; within ip -6 route show default)
	ID=c2 IFNAME=eth1 cni ADD "$(config '"cidr":"10.9.0.0/24","cidr6":"fd09::/64"')" >"$T/second"
	equal "$(jq -c '[.routes, .ips[0].address]' "$T/second")" '[null,"10.9.0.100/24"]'
	equal "$(within ip route show default; within ip -6 route show default)" "$routes"
	matches "$(within dig +short +time=5 @10.0.2.3 host.test)" '^[0-9]'
	matches "$(within dig +short +time=5 @10.9.0.3 host.test)" '^[0-9]'
	ID=c2 IFNAME=eth1 cni CHECK "$(config "\"cidr\":\"10.9.0.0/24\",\"cidr6\":\"fd09::/64\",
		\"prevResult\":$(<"$T/second")")"
	ID=c2 IFNAME=eth1 cni DEL
	cni DEL
}

@test "cni: CHECK knows a port that the forwarder has chosen" {
	local result

	start_target
	result=$(cni ADD "$(config '"publish":"0:80"')")
	cni CHECK "$(config "\"publish\":\"0:80\",\"prevResult\":$result")"
	run --separate-stderr cni CHECK "$(config "\"publish\":\"0:81\",\"prevResult\":$result")"
	refused 103 'is not published'
	cni DEL
}

@test "cni: a TAP of that name that somebody has made is refused and stays as it was" {
	local before

	only_on tap # which could take it for its own
	start_target
	within ip tuntap add name eth0 mode tap
	before=$(within ip -json -details link show)
	run --separate-stderr cni ADD
	refused 102 "the network device eth0 exists already"
	equal "$(within ip -json -details link show)" "$before"
	equal "$(names)" ""
	within ip link delete eth0
	cni ADD >"$T/result"
	cni DEL
}

@test "cni: GC ends what is not listed, of its own network" {
	local name

	for ID in kept dropped; do
		start_target
		cni ADD >"$T/result"
	done
	start_target
	ID=other cni ADD "$(config | sed 's/"net"/"other"/')" >"$T/result"
	run --separate-stderr cni GC "$(config)"
	refused 7 'valid-attachments is missing'
	cni GC "$(config '"cni.dev/valid-attachments":[{"containerID":"kept","ifname":"eth0"}]')"
	equal "$(names | cut -d- -f2 | xargs)" "kept other"
	cni GC "$(config '"cni.dev/valid-attachments":[]')"
	equal "$(names | cut -d- -f2 | xargs)" other
	ID=other cni DEL
}

@test "cni: what was killed half-way leaves nothing, and ADD works again" {
	start_target
	config >"$T/config"
	"$PYTHON" "$TOOLS/kill_early.py" --times 30 --span 0.03 -- \
		env CNI_COMMAND=ADD CNI_CONTAINERID=c1 CNI_NETNS="$NETNS" CNI_IFNAME=eth0 \
		sh -c 'exec "$0" <"$1"' "$PLUGIN" "$T/config" >/dev/null
	cni DEL
	# The agent of one that was killed takes its device with it, by itself.
	await_no_device
	cni ADD >"$T/result"
	cni DEL
}

@test "cni: a killed helper leaves nothing, and ADD works again" {
	local name helper

	start_target
	cni ADD >"$T/result"
	name=$(names)
	helper=$(helper_of "$name")
	kill -KILL "$helper"
	cni DEL
	cni ADD >"$T/result"
	cni DEL
}

# --- what is wrong ---

@test "cni: a namespace that is none, or the host's" {
	start_target
	NETNS=$T/absent run --separate-stderr cni ADD
	refused 8 'absent'
	NETNS=ns/net run --separate-stderr cni ADD
	refused 8 'does not begin with /'
	NETNS=$T run --separate-stderr cni ADD
	refused 8 'is no network namespace'
	NETNS=/proc/$TARGET/ns/user run --separate-stderr cni ADD
	refused 8 'is no network namespace'
	mkfifo "$T/pipe"
	NETNS=$T/pipe run --separate-stderr cni ADD
	refused 8 'is no network namespace'
	NETNS=/proc/self/ns/net run --separate-stderr cni ADD
	refused 8 "is the host's own"
	NETNS= run --separate-stderr cni ADD
	refused 4 'CNI_NETNS is not set'
}

@test "cni: bad input is answered by the specification's errors" {
	local cases at

	start_target
	cases=(
		6 'no JSON' '{'
		6 'must be an object' '[]'
		6 'no JSON' ''
		1 'cniVersion .0.1.0. is not spoken' '{"name":"net"}'
		1 'cniVersion .2.0.0. is not spoken' '{"cniVersion":"2.0.0","name":"net"}'
		7 'cniVersion must be a string' '{"cniVersion":1,"name":"net"}'
		7 'name is missing' '{"cniVersion":"1.1.0"}'
		7 'name is missing or malformed' '{"cniVersion":"1.1.0","name":"../x"}'
		2 "'bridge' is not supported, and it is \"cni0\"" "$(config '"bridge":"cni0"')"
		2 "'ipam' is not supported" "$(config '"ipam":{"type":"host-local"}')"
		7 'bandwidth.ingressRate is too low for a rate' "$(config '"runtimeConfig":{"bandwidth":{"ingressRate":8}}')"
		7 'mtu: the MTU must be' "$(config '"mtu":1')"
		7 'cidr: ' "$(config '"cidr":"10.0.0.1/24"')"
		7 'containerPort must be' "$(config '"runtimeConfig":{"portMappings":[{"hostPort":8080}]}')"
		2 "'sctp' cannot be published" "$(config "$(port_mapping 8080 80 sctp)")"
		7 'inherits no sockets to publish' "$(config '"publish":"fd:0:80"')"
		7 "is the gateway's" "$(config '"runtimeConfig":{"ips":["10.0.2.2/24"]}')"
		7 'is none that the network has' "$(config '"runtimeConfig":{"ips":["10.9.0.1"]},"cidr":"10.8.0.0/24"')"
		7 'IPv6 is off' "$(config '"runtimeConfig":{"ips":["fd00::9"]},"ipv6":false')"
	)
	for ((at = 0; at < ${#cases[@]}; at += 3)); do
		run --separate-stderr cni ADD "${cases[at + 2]}"
		refused "${cases[at]}" "${cases[at + 1]}"
	done
	for at in .. 'a/b' -x; do
		ID=$at run --separate-stderr cni ADD
		refused 4 'CNI_CONTAINERID'
	done
	IFNAME=averyverylongname run --separate-stderr cni ADD
	refused 4 'CNI_IFNAME'
	ARGS='A=b' run --separate-stderr cni ADD
	refused 4 "no argument 'A'"
	run --separate-stderr cni REPLACE
	refused 4 'unknown CNI_COMMAND'
	run --separate-stderr cni CHECK "$(VERSION=0.3.1 config)"
	refused 1 'has no CHECK'
	head --bytes 2000000 /dev/zero | tr '\0' ' ' >"$T/long"
	run --separate-stderr env CNI_COMMAND=STATUS "$PLUGIN" <"$T/long"
	refused 7 'is longer than'
	equal "$(devices)" lo
	equal "$(names)" ""
}

@test "cni: a port that is taken is an error, and the namespace stays as it was" {
	start_target
	serve SERVER tcp hold --address ::
	run --separate-stderr cni ADD "$(config "$(port_mapping "$SERVER" 80)")"
	refused 101 "$SERVER"
	equal "$(devices)" lo
	cni ADD >"$T/result"
	cni DEL
}

@test "cni: a result that nobody reads ends the network" {
	start_target
	! cni ADD >/dev/full || fail "it was done"
	equal "$(devices)" lo
	# A pipe that nobody holds any more is SIGPIPE, too.
	exec {gone}> >(:)
	wait "$!"
	! cni ADD >&"$gone" || fail "it was done"
	exec {gone}>&-
	equal "$(devices)" lo
}

@test "cni: STATUS tells whether ADD can be served" {
	cni STATUS
	config >"$T/config"
	as_host_root unshare --mount bash -c '
		mount -t tmpfs none /dev/net
		exec setpriv --reuid 1000 --regid 1000 --clear-groups env CNI_COMMAND=STATUS XDG_RUNTIME_DIR="$2" "$0" <"$1"' \
		"$PLUGIN" "$T/config" "$XDG_RUNTIME_DIR" >"$T/status" && fail "without /dev/net/tun"
	equal "$(jq .code "$T/status")" 50
}
