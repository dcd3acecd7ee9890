#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# proxy - outgoing connections through a proxy, and nothing beside it

load common

# proxy [OPTION...]: a proxy at port $PROXY of the host's loopback, that writes down in $T/asked.
proxy()
{
	: >"$T/asked"
	start_server_log "$T/asked" PROXY "$PYTHON" "$TOOLS/proxy.py" "$@"
}

asked()
{
	sort -u "$T/asked" | xargs
}

# What a client inside sees of $HOST4 $1. through URL ADDRESS PORT [VERB [OPTION...]]
through()
{
	netns_run --proxy "$1" ${OPTIONS:-} / "$PYTHON" "$TOOLS/client.py" "${4:-talk}" tcp "$2" "$3" "${@:5}"
}

@test "proxy: SOCKS and HTTP, of both families" {
	local port kind

	serve port tcp whoami --address ::
	for kind in socks5 http; do
		proxy
		matches "$(through $kind://127.0.0.1:$PROXY "$HOST4" "$port")" "^$HOST4 "
		matches "$(through $kind://127.0.0.1:$PROXY "$HOST6" "$port")" "^$HOST6 "
		equal "$(asked)" "${kind%5} $HOST4:$port ${kind%5} $HOST6:$port"
	done
}

# The proxy listens at 127.0.0.1 alone.
@test "proxy: localhost is whichever of its addresses the proxy is at" {
	local port

	serve port tcp whoami --address ::
	proxy
	mkdir "$T/etc"
	printf '::1 localhost\n127.0.0.1 localhost\n' >"$T/etc/hosts"
	as_host_root unshare --mount bash -c "
		mount --bind '$T/etc/hosts' /etc/hosts
		exec setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all --ambient-caps=-all \\
			env XDG_RUNTIME_DIR='$XDG_RUNTIME_DIR' '$RUN' --link=$LINK --proxy socks5://localhost:$PROXY / \\
			'$PYTHON' '$TOOLS/client.py' talk tcp '$HOST4' $port" >"$T/seen"
	matches "$(<"$T/seen")" "^$HOST4 "
}

@test "proxy: user and password" {
	local port kind

	serve port tcp whoami --address ::
	proxy --user 'me:p@ss:word'
	for kind in socks5 http; do
		matches "$(through "$kind://me:p%40ss%3Aword@127.0.0.1:$PROXY" "$HOST4" "$port")" "^$HOST4 "
		equal "$(through "$kind://me:wrong@127.0.0.1:$PROXY" "$HOST4" "$port" connect)" ECONNREFUSED
		equal "$(through "$kind://127.0.0.1:$PROXY" "$HOST4" "$port" connect)" ECONNREFUSED
	done
}

@test "proxy: by name, where the command has looked one up" {
	local port

	serve port tcp whoami --address ::
	proxy --map host.test="$HOST4"
	matches "$(through socks5h://127.0.0.1:$PROXY host.test "$port")" "^$HOST4 "
	matches "$(through http://127.0.0.1:$PROXY host.test "$port")" "^$HOST4 "
	matches "$(asked)" "http host.test:$port socks host.test:$port"
	: >"$T/asked"
	matches "$(through socks5://127.0.0.1:$PROXY host.test "$port")" "^($HOST4|$HOST6) "
	lacks "$(asked)" host.test
}

@test "proxy: much, in both directions, and the ends of streams" {
	local port

	proxy
	serve port tcp checksum --address ::
	through socks5://127.0.0.1:$PROXY "$HOST4" "$port" send --size 3000000
	serve port tcp produce --address :: --size 3000000
	through http://127.0.0.1:$PROXY "$HOST4" "$port" receive --size 3000000
	serve port tcp half --address :: --reply bye
	through socks5://127.0.0.1:$PROXY "$HOST6" "$port" after --size 100000
}

@test "proxy: many at once" {
	local port

	proxy
	serve port tcp whoami --address :: --quiet
	equal "$(netns_run --proxy http://127.0.0.1:$PROXY / sh -c "
		for i in \$(seq 30); do
			'$PYTHON' '$TOOLS/client.py' talk tcp $HOST4 $port & done; wait" |
		grep -c "^$HOST4 ")" 30
}

@test "proxy: what the destination answers, the command sees" {
	local kind url

	proxy
	for kind in socks5 http; do
		url=$kind://127.0.0.1:$PROXY
		equal "$(through $url "$HOST4" 9 connect)" ECONNREFUSED
		matches "$(through $url 203.0.113.5 80 connect)" "^E(HOST|NET)UNREACH$"
		matches "$(through $url 2001:db8:dead::5 80 connect)" "^E(HOST|NET)UNREACH$"
	done
}

@test "proxy: what a proxy may answer, the command gets an error" {
	local answer kind

	for answer in close garbage endless refuse forbid unreachable; do
		proxy --answer $answer
		for kind in socks5 http; do
			matches "$answer $(through $kind://127.0.0.1:$PROXY "$HOST4" 80 connect --timeout 5)" \
				"^$answer (ECONNREFUSED|E(HOST|NET)UNREACH|ECONNRESET)\$"
		done
	done
}

@test "proxy: one that says nothing holds nobody else up" {
	local port

	proxy --answer silence
	start_container --proxy socks5://127.0.0.1:$PROXY --host-port "$PROXY" / sleep infinity
	equal "$("$CTL" "$NAME" exec "$PYTHON" "$TOOLS/client.py" connect tcp "$HOST4" 80 --timeout 1)" timeout
	equal "$("$CTL" "$NAME" exec "$PYTHON" "$TOOLS/client.py" connect tcp 10.0.2.2 "$PROXY")" open
}

@test "proxy: none there" {
	local port

	serve port tcp whoami --address ::
	equal "$(through socks5://127.0.0.1:9 "$HOST4" "$port" connect)" ECONNREFUSED
}

@test "proxy: UDP and ping get out by --proxy-bypass alone" {
	local port

	serve port udp whoami --address ::
	proxy
	matches "$(netns_run --proxy http://127.0.0.1:$PROXY / sh -c "
		'$PYTHON' '$TOOLS/client.py' connect udp $HOST4 $port
		ping -c1 -W2 $HOST4")" "EACCES.*Packet filtered|EHOSTUNREACH.*Packet filtered"
	matches "$(netns_run --proxy http://127.0.0.1:$PROXY --proxy-bypass / \
		"$PYTHON" "$TOOLS/client.py" talk udp "$HOST4" "$port")" "^$HOST4 "
	equal "$(asked)" ""
}

@test "proxy: the host's opened ports and published ones go beside it" {
	local port

	serve port tcp whoami --address ::
	proxy
	matches "$(OPTIONS="--host-port $port" through http://127.0.0.1:$PROXY 10.0.2.2 "$port")" "^127.0.0.1 "
	start_container_server --proxy socks5://127.0.0.1:$PROXY --publish 0:7000 -- \
		tcp whoami --port 7000 --address ::
	matches "$(client talk tcp "$HOST4" "$(published)")" "^$HOST4 "
	equal "$(asked)" ""
}

@test "proxy: it survives another forwarder, and its password is nobody's" {
	local port line

	serve port tcp whoami --address ::
	proxy --user me:secretive
	start_container --proxy "socks5://me:secretive@127.0.0.1:$PROXY" / sleep infinity
	"$CTL" "$NAME" upgrade
	matches "$("$CTL" "$NAME" exec "$PYTHON" "$TOOLS/client.py" talk tcp "$HOST4" "$port")" "^$HOST4 "
	equal "$("$CTL" "$NAME" inspect | jq -r .outbound.proxy)" "socks5://127.0.0.1:$PROXY"
	lacks "$("$CTL" "$NAME" inspect)$(cat "$INFO")" secretive
	# Process 1 is a fork of netns-run: the command can read its words.
	lacks "$(tr '\0' ' ' <"/proc/$LAUNCHER/cmdline")" secretive
	line=$("$CTL" "$NAME" exec cat /proc/1/cmdline | tr '\0' ' ')
	matches "$line" "--proxy socks5://\*+@127.0.0.1:$PROXY"
	lacks "$line" secretive
}

@test "proxy: what cannot be is refused in one line" {
	only_on tap
	run --separate-stderr netns_run --proxy ftp://a:1 / true
	assert_failed 125 "--proxy: the URL of a proxy begins with none of"
	run --separate-stderr netns_run --proxy "http://user:secret@[::1" / true
	assert_failed 125 "--proxy: the URL of a proxy has a '\[' without"
	lacks "$stderr" secret
	run --separate-stderr netns_run --proxy http://nobody.invalid:1 / true
	assert_failed 125 "the proxy 'nobody.invalid' has no address"
	run --separate-stderr netns_run --proxy-bypass / true
	assert_failed 125 "--proxy-bypass is given without --proxy"
	run --separate-stderr netns_run --proxy http://127.0.0.1:1 --net none / true
	assert_failed 125 "--proxy has no meaning with --net=none"
}
