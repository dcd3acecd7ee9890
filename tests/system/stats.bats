#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# stats - netns-ctl [NAME] stats: traffic, ports and the forwarder, for people and for Prometheus

load common

# stat_of PATH: a member of the last container's stats, by jq.
stat_of()
{
	"$CTL" "$NAME" stats --json | jq "$1"
}

await_stat()
{
	local deadline=$((SECONDS + PATIENCE))

	until [[ $(stat_of "$1") == "$2" ]]; do
		((SECONDS < deadline)) || fail "$1 is $(stat_of "$1"), not $2"
	done
}

# The samples of a metric of Prometheus, in the order in which they are printed.
samples()
{
	grep "^$1{" "$2"
}

@test "stats: bytes and flows of the command's own connections" {
	local port bytes

	serve port tcp checksum
	start_container / "$PYTHON" "$TOOLS/hold_flows.py" tcp "$HOST4" "$port"
	read_out line
	inside "$PYTHON" "$TOOLS/client.py" send tcp "$HOST4" "$port" --size 1000000 >"$T/sent"
	# The checksum comes back as a line.
	bytes=$(wc -c <"$T/sent")
	await_stat .network.traffic.tcp.flows 1
	equal "$(stat_of '.network.traffic.tcp | [.flows_total, .bytes_out, .bytes_in]' | jq -c)" \
		"[2,1000000,$bytes]"
	equal "$(stat_of '.network.devices | length')" 1
	equal "$(stat_of '.network.devices[0] | .name == "eth0" and .bytes_out > 1000000')" true
}

@test "stats: datagrams" {
	local port

	serve port udp echo
	start_container / "$PYTHON" "$TOOLS/hold_flows.py" udp "$HOST4" "$port" --size 1200 --count 5
	read_out line
	equal "$(stat_of '.network.traffic.udp | [.flows, .flows_total, .bytes_out, .bytes_in,
		.packets_out, .packets_in]' | jq -c)" "[5,5,6000,6000,5,5]"
}

@test "stats: what came in by each published port, also when that was removed and added" {
	start_container_server --publish 0:7000 --publish 0:7001 -- tcp echo --port 7000
	for _ in 1 2 3; do
		equal "$(client talk tcp "$HOST4" "$(published)" --text hello)" hello
	done
	exec {client}<>"/dev/tcp/$HOST4/$(published)"
	await_stat '.network.ports | map([.flows, .flows_total, .bytes_in, .bytes_out])' \
		"$(jq . <<<'[[1,4,18,18],[0,0,0,0]]')"
	matches "$("$CTL" "$NAME" stats)" "$(published):7000/tcp +1 +4 +18B +18B"
	"$CTL" "$NAME" port rm "$(published)/tcp"
	equal "$(stat_of '.network.ports | length')" 1
	echo on >&"$client"
	read -r -t "$PATIENCE" reply <&"$client"
	equal "$reply" on
	"$CTL" "$NAME" port add "$(published):7000"
	equal "$(stat_of '.network.ports[1] | [.flows, .flows_total]' | jq -c)" "[0,0]"
	exec {client}>&-
}

@test "stats: a published datagram port counts too" {
	start_container_server --publish 0:7000/udp -- udp echo --port 7000
	equal "$(client talk udp "$HOST4" "$(published)" --text hello)" hello
	equal "$(stat_of '.network.ports[0] | [.flows_total, .bytes_in, .bytes_out]' | jq -c)" "[1,6,6]"
}

@test "stats: what policy forbids is counted" {
	local port

	serve port tcp echo --address 127.0.0.1
	start_container / sleep infinity
	equal "$(stat_of .network.drops.policy_rejected)" 0
	equal "$(inside "$PYTHON" "$TOOLS/client.py" connect tcp 10.0.2.2 "$port")" ECONNREFUSED
	equal "$(stat_of '.network.drops.policy_rejected > 0')" true
	inside "$PYTHON" "$TOOLS/client.py" connect udp 10.0.2.2 "$port" --timeout 1
	equal "$(stat_of '.network.drops.policy_rejected > 1')" true
}

@test "stats: the forwarder's memory and descriptors" {
	local port before

	serve port tcp echo --quiet
	start_container / sleep infinity
	before=$(stat_of .forwarder.fds)
	equal "$(stat_of '.forwarder | .rss_bytes > 1000000 and .rss_bytes < 100000000 and
		.fds < .fds_max and .cpu_usec > 0')" true
	equal "$(stat_of .forwarder.pid)" "$(as_host_root pgrep --parent "$LAUNCHER" --exact netns-forwarder)"
	inside "$PYTHON" "$TOOLS/hold_flows.py" tcp "$HOST4" "$port" --count 100 --size 1 >"$T/held" &
	SERVERS+=("$!")
	await_stat .network.traffic.tcp.flows 100
	equal "$(stat_of ".forwarder.fds >= $before + 100")" true
}

@test "stats: --format text has the figures, a wrong format is refused" {
	start_container / sleep infinity
	run "$CTL" "$NAME" stats --format text
	equal "$status" 0
	matches "$output" 'tcp, connections +0'
	matches "$output" 'forwarder, memory +[0-9.]+MiB'
	run --separate-stderr "$CTL" "$NAME" stats --format xml
	assert_failed 125 "'xml' is not a format"
	assert_hint prometheus
}

@test "stats: Prometheus takes the metrics of one, and of all" {
	local port

	command -v promtool >/dev/null || missing promtool
	serve port tcp echo
	start_container --name one --publish 0:80 / "$PYTHON" "$TOOLS/hold_flows.py" tcp "$HOST4" \
		"$port" --size 500
	read_out line
	start_container --name two / sleep infinity
	start_container --name three --net none / sleep infinity
	"$CTL" one stats --format prometheus >"$T/one"
	promtool check metrics <"$T/one"
	"$CTL" stats --format prometheus >"$T/all"
	run promtool check metrics <"$T/all"
	equal "$status" 0
	equal "$output" ""
	equal "$(samples netns_run_info "$T/all" | sort)" "netns_run_info{container=\"one\",link=\"$LINK\"} 1
netns_run_info{container=\"three\"} 1
netns_run_info{container=\"two\",link=\"$LINK\"} 1"
	equal "$(samples netns_run_flows "$T/all" | grep tcp | sort)" \
		'netns_run_flows{container="one",protocol="tcp"} 1
netns_run_flows{container="two",protocol="tcp"} 0'
	equal "$(samples netns_run_payload_bytes_total "$T/one" | grep tcp)" \
		'netns_run_payload_bytes_total{container="one",protocol="tcp",direction="in"} 500
netns_run_payload_bytes_total{container="one",protocol="tcp",direction="out"} 500'
	matches "$(samples netns_run_port_flows "$T/one")" 'rule="[0-9]+:80/tcp"} 0$'
	matches "$(samples netns_run_forwarder_cpu_seconds_total "$T/one")" '} 0\.[0-9]{6}$'
	equal "$(grep -c '^# TYPE netns_run_flows ' "$T/all")" 1
}

@test "stats: all containers, as text and as JSON" {
	start_container --name one / sleep infinity
	start_container --name two / sleep infinity
	equal "$("$CTL" stats --json | jq -c '[.[] | [.name, .link]] | sort')" \
		"[[\"one\",\"$LINK\"],[\"two\",\"$LINK\"]]"
	run "$CTL" stats
	matches "$output" $'one:\n'
	matches "$output" $'\n\ntwo:\n'
}

@test "stats: a forwarder that hangs keeps nobody else from being told of" {
	start_container --name hung / sleep infinity
	as_host_root pkill -STOP --parent "$LAUNCHER" --exact netns-forwarder
	start_container --name fine / sleep infinity
	equal "$("$CTL" stats --json | jq -c '[.[] | select(.network) | .name]')" '["fine"]'
	as_host_root pkill -CONT --parent "${LAUNCHERS[0]}" --exact netns-forwarder
}

@test "stats: a forwarder that was killed is counted, and counts anew" {
	local port

	serve port tcp echo
	start_container --publish 0:7000 / sleep infinity
	inside "$PYTHON" "$TOOLS/client.py" talk tcp "$HOST4" "$port" --text hello
	equal "$(stat_of .forwarder.restarts)" 0
	as_host_root pkill -KILL --parent "$LAUNCHER" --exact netns-forwarder
	await_stat .forwarder.restarts 1
	equal "$(stat_of .network.traffic.tcp.flows_total)" 0
	equal "$(stat_of '.network.ports | length')" 1
}
