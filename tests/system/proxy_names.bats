#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# proxy_names - names that only the proxy resolves, and what nobody is asked
#
# How it works
#
# The proxy knows names that no name server does. A counter of the host's kernel sees each packet
# that leaves for port 53.

load common

VIRTUAL4='198\.1[89]\.[0-9]+\.[0-9]+'
VIRTUAL6='fdd0:5a5c:1815::[0-9a-f:]+'

setup_file()
{
	as_host_root nft "table inet witness {
		counter questions {}
		chain output {
			type filter hook output priority 0
			meta l4proto { tcp, udp } th dport 53 counter name questions
		}
	}"
}

teardown_file()
{
	as_host_root nft delete table inet witness
}

questions()
{
	as_host_root nft reset counter inet witness questions | awk '/packets/ { print $2 }'
}

# proxy [OPTION...]: a proxy at port $PROXY of the host's loopback, that writes down in $T/asked.
proxy()
{
	: >"$T/asked"
	start_server_log "$T/asked" PROXY "$PYTHON" "$TOOLS/proxy.py" --map one.test="$HOST4" \
		--map two.test="$HOST4" --map v6.test="$HOST6" --map "single=$HOST4" "$@"
	questions >/dev/null
}

asked()
{
	sort -u "$T/asked" | xargs
}

start_behind()
{
	start_container --proxy "${KIND:-socks5h}://127.0.0.1:$PROXY" "$@" / sleep infinity
}

# look_up ARGUMENT...: the status, and the data of what the resolver says.
look_up()
{
	inside dig +tries=1 +time=3 +noall +comments +answer "$@" |
		awk '/HEADER/ { sub(",", "", $6); print $6 } $3 == "IN" { print $5 }' | xargs
}

# What a client inside sees of a service at HOST PORT.
talk()
{
	inside "$PYTHON" -c 'import socket, sys
with socket.create_connection(sys.argv[1:3], timeout=10) as sock:
    sock.sendall(b"hello\n")
    print(sock.makefile().readline(), end="")' "$@"
}

reaches()
{
	inside "$PYTHON" "$TOOLS/client.py" connect tcp "$@"
}

kill_forwarder()
{
	"$PYTHON" "$TOOLS/kill_forwarder.py" "$XDG_RUNTIME_DIR/netns-run/$NAME/state.json" >/dev/null
}

@test "proxy names: the proxy is asked for them, and nobody else" {
	local port KIND

	serve port tcp whoami --address ::
	proxy
	for KIND in socks5h http; do
		: >"$T/asked"
		start_behind
		matches "$(talk one.test "$port")" "^$HOST4 "
		matches "$(talk ONE.test "$port")" "^$HOST4 "
		matches "$(talk v6.test "$port")" "^$HOST6 "
		matches "$(talk single "$port")" "^$HOST4 "
		equal "$(asked)" "$(printf "${KIND%5h} %s:$port " one.test single v6.test | xargs)"
		stop_all
	done
	equal "$(questions)" 0
	# The witness sees what there is to be seen.
	netns_run --proxy "socks5://127.0.0.1:$PROXY" / getent hosts host.test
	(($(questions) > 0)) || fail "a blind witness"
}

@test "proxy names: addresses of both families, the same ones again, and back" {
	local first v4 v6

	proxy
	start_behind
	first=$(look_up one.test A)
	matches "$first" "^NOERROR $VIRTUAL4$"
	v4=${first#* }
	equal "$(look_up +tcp One.Test. A)" "$first"
	matches "$(look_up two.test A)" "^NOERROR $VIRTUAL4$"
	lacks "$(look_up two.test A)" "$v4\$"
	first=$(look_up one.test AAAA)
	matches "$first" "^NOERROR $VIRTUAL6$"
	v6=${first#* }
	equal "$(look_up one.test ANY)" "NOERROR $v4 $v6"
	equal "$(look_up -x "$v4")" "NOERROR one.test."
	equal "$(look_up -x "$v6")" "NOERROR one.test."
	equal "$(look_up -x 198.19.255.254)" NXDOMAIN
	equal "$(inside dig +short one.test A @fd00::3)" "$v4"
	equal "$("$CTL" "$NAME" inspect | jq .dns.virtual_names)" 2
	equal "$(questions)" 0
}

@test "proxy names: what no proxy can tell is not asked beside it" {
	only_on tap
	local kind

	proxy
	start_behind
	for kind in MX TXT SRV NS SOA; do
		equal "$kind $(look_up one.test $kind)" "$kind NOTIMP"
	done
	equal "$(look_up -x "$HOST4")" NOTIMP
	equal "$(look_up version.bind CH TXT)" NOTIMP
	# These two are a browser's first question: it goes on with addresses.
	equal "$(look_up one.test TYPE65)" NOERROR
	equal "$(look_up one.test TYPE64)" NOERROR
	equal "$(questions)" 0
	equal "$(asked)" ""
}

@test "proxy names: name servers that the user has named are asked through the proxy" {
	only_on gateway
	local port local

	start_server port "$PYTHON" "$TOOLS/dns_upstream.py" huge --address "$HOST4" --log "$T/served"
	proxy
	start_behind --dns "$HOST4#$port"
	equal "$(inside dig +short +tries=1 any.test TXT | wc -l)" 190
	matches "$(look_up any.test A)" "^NOERROR $VIRTUAL4$"
	equal "$(asked)" "socks $HOST4:$port"
	equal "$(cut -d' ' -f1,4,5 "$T/served" | sort -u)" "tcp any.test 16"
	stop_all
	# The proxy cannot connect: nobody else is asked.
	: >"$T/served"
	proxy --answer refuse
	start_behind --dns "$HOST4#$port"
	equal "$(look_up any.test TXT)" SERVFAIL
	equal "$(cat "$T/served")" ""
	# One on the host itself is the host's.
	start_server local "$PYTHON" "$TOOLS/dns_upstream.py" right --address 127.0.0.1 --log "$T/local"
	: >"$T/asked"
	start_behind --dns "127.0.0.1#$local"
	matches "$(look_up any.test TXT)" NOERROR
	equal "$(asked)" ""
	equal "$(cut -d' ' -f1 "$T/local" | sort -u)" udp
}

@test "proxy names: no address in disguise, and localhost is the command's own" {
	only_on tap
	local name

	proxy
	start_behind
	for name in 127.0.0.1 127.1 2130706433 0x7f000001 127.0.0x1 a..b '[::1]' '*.test' 'a b.test'; do
		matches "$name $(look_up -- "$name" A)" "(NXDOMAIN|FORMERR|) *$"
		lacks "$(look_up -- "$name" A)" NOERROR
	done
	equal "$(look_up localhost A)" "NOERROR 127.0.0.1"
	equal "$(look_up deep.localhost AAAA)" "NOERROR ::1"
	equal "$(asked)" ""
}

@test "proxy names: the container's own names are looked up and reached as ever" {
	local port

	serve port tcp whoami --address ::
	proxy
	start_behind --add-host "db:$HOST4" --host-port "$port"
	equal "$(look_up db A)" "NOERROR $HOST4"
	equal "$(look_up host.internal A)" "NOERROR 10.0.2.2"
	matches "$(talk db "$port")" "^$HOST4 "
	matches "$(talk host.internal "$port")" "^(127.0.0.1|::1) "
	matches "$(talk "$HOST4" "$port")" "^$HOST4 "
	equal "$(asked)" "socks $HOST4:$port"
	equal "$(inside sed -n '/^search\|^domain/p' /etc/resolv.conf)" "search ."
}

@test "proxy names: a virtual address takes TCP alone, and one of no name nothing" {
	local address

	proxy
	start_behind
	address=$(look_up one.test A)
	address=${address#* }
	equal "$(inside "$PYTHON" "$TOOLS/client.py" connect udp "$address" 53)" EHOSTUNREACH
	matches "$(inside ping -c1 -W2 "$address" 2>&1)" "Packet filtered"
	equal "$(reaches 198.19.255.254 80)" EHOSTUNREACH
	equal "$(reaches fdd0:5a5c:1815::1:fffe 80)" EHOSTUNREACH
	equal "$(asked)" ""
}

@test "proxy names: --proxy-bypass needs addresses, and looks names up; so does socks5" {
	only_on gateway
	local port

	serve port udp whoami --address ::
	proxy
	start_behind --proxy-bypass
	equal "$(look_up host.test A)" "NOERROR $HOST4"
	matches "$(inside "$PYTHON" "$TOOLS/client.py" talk udp "$HOST4" "$port")" "^$HOST4 "
	stop_all
	KIND=socks5 start_behind
	equal "$(look_up host.test A)" "NOERROR $HOST4"
	equal "$(look_up one.test A)" NXDOMAIN
}

@test "proxy names: rules of egress decide by name, and those of addresses not at all" {
	local port

	serve port tcp whoami --address ::
	proxy --map a.corp.test="$HOST4" --map corp.test="$HOST4" --map evil.test="$HOST4"
	start_behind --egress deny --allow "one.test:$port" --deny two.corp.test --allow '*.corp.test' \
		--allow 198.18.0.0/15 --allow "[fdd0:5a5c:1815::/64]" --allow "$HOST4"
	matches "$(talk one.test "$port")" "^$HOST4 "
	matches "$(talk a.corp.test "$port")" "^$HOST4 "
	matches "$(talk "$HOST4" "$port")" "^$HOST4 "
	equal "$(look_up evil.test A)" REFUSED
	equal "$(look_up corp.test A)" REFUSED
	equal "$(look_up two.corp.test A)" REFUSED
	equal "$(reaches 198.18.77.77 "$port")" ECONNREFUSED
	equal "$(reaches one.test $((port ^ 1)))" ECONNREFUSED
	equal "$(asked)" "socks $HOST4:$port socks a.corp.test:$port socks one.test:$port"
	# What was known before a rule goes is not open after it.
	"$CTL" "$NAME" egress deny --before 1 one.test
	equal "$(reaches "$(inside "$PYTHON" -c 'import socket, sys
try:
    print(socket.gethostbyname("one.test"))
except OSError:
    print("10.9.9.9")')" "$port")" ECONNREFUSED
	equal "$(questions)" 0
}

@test "proxy names: a connection is cut with the rule of its name" {
	local port line

	serve port tcp echo --address ::
	proxy
	start_container --proxy "http://127.0.0.1:$PROXY" --egress deny --allow one.test / sh -c "
		exec '$PYTHON' '$TOOLS/hold_one.py' tcp \$(getent ahostsv4 one.test | awk '{ print \$1; exit }') $port"
	read_out line
	equal "$line" open
	matches "$("$CTL" "$NAME" flows --json | jq -r '.[].name')" "one.test"
	"$CTL" "$NAME" egress rm one.test
	read_out line
	equal "$line" ECONNRESET
}

@test "proxy names: so is one that the proxy has not made yet" {
	local line

	proxy --answer silence
	start_container --proxy "http://127.0.0.1:$PROXY" --egress deny --allow one.test / \
		sh -c "'$PYTHON' '$TOOLS/client.py' connect tcp one.test 80 --timeout 60; exec sleep infinity"
	until [[ $("$CTL" "$NAME" flows --json | jq -r '.[].state') == connecting ]]; do :; done
	"$CTL" "$NAME" egress rm one.test
	equal "$("$CTL" "$NAME" flows --json | jq -c .)" "[]"
	read_out line
	equal "$line" ECONNREFUSED
}

@test "proxy names: an address means the same name after a crash and an upgrade" {
	local port first second

	serve port tcp whoami --address ::
	proxy
	start_behind --egress deny --allow one.test --allow two.test
	first=$(look_up one.test A)
	kill_forwarder
	second=$(look_up two.test A)
	lacks "$second" "^${first}\$"
	equal "$(look_up one.test A)" "$first"
	matches "$(talk "${first#* }" "$port")" "^$HOST4 "
	equal "$(asked)" "socks one.test:$port"
	"$CTL" "$NAME" upgrade
	equal "$(look_up -x "${first#* }")" "NOERROR one.test."
	matches "$(talk "${second#* }" "$port")" "^$HOST4 "
	matches "$(talk "${first#* }" "$port")" "^$HOST4 "
	equal "$(asked)" "socks one.test:$port socks two.test:$port"
	equal "$(questions)" 0
}

@test "proxy names: a connection goes on through an upgrade, with its name" {
	only_on gateway
	local port line

	serve port tcp echo --address ::
	proxy
	start_container --proxy "socks5h://127.0.0.1:$PROXY" / sh -c "
		exec '$PYTHON' '$TOOLS/hold_one.py' tcp \$(getent ahostsv4 one.test | awk '{ print \$1; exit }') $port"
	read_out line
	equal "$line" open
	"$CTL" "$NAME" upgrade
	equal "$("$CTL" "$NAME" flows --json | jq -r '.[].name')" one.test
	matches "$("$CTL" "$NAME" flows --json | jq -r '.[].state')" established
}
