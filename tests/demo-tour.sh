#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# demo-tour - shows what netns-run does, as an ordinary user, with the programs in ../build and
# the root file system in ../rootfs; called by demo.sh
#
# How it works: the web server runs in the background. Nothing is waited for by sleeping: netns-run
# writes to --ready-fd when its command starts, tcpdump says when it listens, curl tries again.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
PATH=$top/build/launcher:$top/build/src/ctl:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin
name=demo-$$
log=$(mktemp /tmp/netns-demo-log.XXXXXX)
server=
sniffer=

clean_up() {
	[[ -z $server ]] || kill "$server" 2>/dev/null || true
	[[ -z $sniffer ]] || kill "$sniffer" 2>/dev/null || true
	rm -f "$log"
}
trap clean_up EXIT

headline() {
	printf '\n== %s ==\n' "$*"
}

fail() {
	echo "demo: $*" >&2
	exit 1
}

show() {
	printf '$'
	printf ' %q' "$@"
	printf '\n'
	"$@"
}

fetch() { # URL
	echo "$ curl $1"
	curl --silent --show-error --globoff --noproxy '*' --max-time 5 \
		--retry 3 --retry-delay 1 --retry-all-errors "$1"
}

# Host port 0 takes a free one.
choose_port() {
	if [[ -n $(ss -Hltn 'sport = :8080') ]]; then
		echo 'Port 8080 is taken: using a free one.' >&2
		echo 0
	else
		echo 8080
	fi
}

published_port() { # NAME
	netns-ctl "$1" port ls --json | sed -n 's/.*"host_port" *: *\([0-9]*\).*/\1/p' | head -n 1
}

start_server() {
	local byte ready rule
	rule=$(choose_port):80
	echo "$ netns-run --publish $rule ./rootfs httpd -f -p 80 &"
	exec {ready}< <(exec netns-run --name "$name" --publish "$rule" --ready-fd 3 ./rootfs \
		httpd -f -p 80 3>&1 >"$log" 2>&1)
	server=$!
	if ! read -r -N 1 -t 30 byte <&"$ready" || [[ $byte != 1 ]]; then
		cat "$log" >&2
		fail 'netns-run did not start the web server'
	fi
	exec {ready}<&-
	port=$(published_port "$name") || true
	cat "$log"
	[[ -n $port ]] || fail 'the web server is not published'
}

# A second container with the host's own root directory: tcpdump beside a web server.
show_capture() {
	local capture=$name-capture command line listening
	command="busybox httpd -p 80 -h '$top/rootfs'; exec tcpdump -l -nn -i eth0 -c 6 tcp port 80"
	echo "$ netns-run --publish 0:80 / sh -c \"$command\""
	exec {listening}< <(exec timeout 30 netns-run --name "$capture" --publish 0:80 / \
		sh -c "$command" 2>&1)
	sniffer=$!
	while read -r line <&"$listening"; do
		echo "$line"
		case $line in
		'listening on'*) fetch "http://127.0.0.1:$(published_port "$capture")/" ;;
		esac
	done
	exec {listening}<&-
	wait "$sniffer" || fail 'tcpdump did not see the connection'
	sniffer=
}

headline "Running as $(id -un), uid $(id -u), with no privilege"
grep CapEff /proc/self/status

headline 'A web server in its own namespaces, published on the host'
start_server

headline 'Fetched from the host, over IPv4 and over IPv6'
fetch "http://127.0.0.1:$port/"
if [[ -e /proc/net/if_inet6 ]] && grep -q ' lo$' /proc/net/if_inet6; then
	fetch "http://[::1]:$port/"
else
	echo 'This host has no IPv6 loopback address: only IPv4 is shown.'
fi

headline 'What runs'
show netns-ctl ls
show netns-ctl "$name" port ls

headline 'The network inside'
show netns-run ./rootfs ip addr
show netns-run ./rootfs ip route

headline 'Packets, seen from inside'
show_capture

headline 'The end: nothing stays behind'
show kill "$server"
wait "$server" || true
server=
show netns-ctl ls
[[ -z $(netns-ctl ls | grep "^$name " || true) ]] || fail 'the container is still listed'
printf '\nThe demo passed.\n'
