#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# egress - what leaves the host is what the rules allow

load common
load egress

@test "egress: with deny nothing leaves, at once, and with allow what the rules say" {
	local tcp udp4 udp6

	serve_far tcp tcp whoami --address ::
	serve_far udp4 udp whoami --address 0.0.0.0
	serve_far udp6 udp whoami --address "$NEIGHBOUR6"
	start_container --egress deny --allow "tcp:$NEIGHBOUR4:$tcp" --allow "udp:[$NEIGHBOUR6]:$udp6" \
		/ sleep infinity
	reaches open tcp "$NEIGHBOUR4" "$tcp"
	reaches ECONNREFUSED tcp "$NEIGHBOUR4" "$((tcp + 1))"
	reaches ECONNREFUSED tcp "$NEIGHBOUR6" "$tcp"
	reaches ECONNREFUSED tcp "$FAR4" "$tcp"
	reaches ECONNREFUSED tcp "$FAR6" "$tcp"
	reaches open udp "$NEIGHBOUR6" "$udp6"
	reaches EHOSTUNREACH udp "$NEIGHBOUR4" "$udp4"
	reaches EACCES udp "$FAR6" "$udp6"
}

@test "egress: with the default only what is denied stays" {
	local tcp

	serve_far tcp tcp whoami --address ::
	start_container --deny "$FAR4" --allow "[$FAR6]:$tcp" --deny "$FAR6" / sleep infinity
	reaches ECONNREFUSED tcp "$FAR4" "$tcp"
	reaches open tcp "$FAR6" "$tcp"
	reaches open tcp "$NEIGHBOUR4" "$tcp"
	equal "$(inside dig +short +tries=1 neighbour.test A)" "$NEIGHBOUR4"
}

@test "egress: presets close the host, private networks and metadata services" {
	local tcp far

	serve tcp tcp whoami --address ::
	serve_far far tcp whoami --address ::
	start_container --host-port "$tcp" --deny @host --deny @metadata --deny @private / sleep infinity
	reaches ECONNREFUSED tcp "$HOST4" "$tcp"
	reaches ECONNREFUSED tcp "$HOST6" "$tcp"
	reaches ECONNREFUSED tcp 10.0.2.2 "$tcp"
	reaches ECONNREFUSED tcp fd00::2 "$tcp"
	reaches ECONNREFUSED tcp 169.254.169.254 80
	reaches ECONNREFUSED tcp 10.1.2.3 80
	reaches ECONNREFUSED tcp fd12::1 80
	reaches ECONNREFUSED tcp 64:ff9b::a01:203 80
	reaches open tcp "$NEIGHBOUR4" "$far"
	reaches open tcp "$NEIGHBOUR6" "$far"
}

@test "egress: the host's open ports need a rule where all is denied" {
	local tcp

	serve tcp tcp whoami --address ::
	start_container --host-port "$tcp" --egress deny / sleep infinity
	reaches ECONNREFUSED tcp 10.0.2.2 "$tcp"
	"$CTL" "$NAME" egress allow "@host:$tcp"
	reaches open tcp 10.0.2.2 "$tcp"
	reaches open tcp "$HOST4" "$tcp"
}

@test "egress: hand-made frames of every kind bring nothing out" {
	local arrivals=$T/arrivals ready

	start_server_log "$arrivals" ready "$PYTHON" "$TOOLS/door.py" call "$WORLD_DOOR" \
		nsenter --net="/proc/$WORLD_NEIGHBOUR/ns/net" \
		"$PYTHON" "$TOOLS/arrivals.py" lan1 $FAR4 $FAR6 "64:ff9b::$FAR4" "::ffff:$FAR4"
	start_container --egress deny --allow "tcp:$NEIGHBOUR4:80" --allow "udp:$FAR4:65000" / sleep infinity
	inside "$PYTHON" "$TOOLS/smuggle.py" $FAR4 $FAR6 7777
	# What the watcher would have seen, it sees.
	inside "$PYTHON" -c 'import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"allowed", ("'$FAR4'", 65000))'
	stop_all
	"$PYTHON" -c 'import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"end", ("'$FAR4'", 1))'
	await_exit "${SERVERS[-1]}"
	equal "$(cat "$arrivals")" "17 $FAR4"
}

@test "egress: replies to clients of published ports leave, and nothing else" {
	local port far

	serve_far far udp whoami --address "$NEIGHBOUR4"
	start_container_server --egress deny --publish 0:8080 --publish 0:8081/udp -- \
		tcp whoami --address :: --port 8080 --reply reply
	port=$(published)
	matches "$(client talk tcp 127.0.0.1 "$port")" reply
	matches "$(client talk tcp "$HOST4" "$port")" reply
	matches "$(as_neighbour "$PYTHON" "$TOOLS/client.py" talk tcp "$HOST4" "$port")" reply
	# UDP: an answer to a client, then a datagram to another from the same socket.
	inside "$PYTHON" -c '
import socket, sys
sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
sock.bind(("::", 8081))
open(sys.argv[1], "w").write("1\n")
while True:
    data, peer = sock.recvfrom(100)
    sock.sendto(b"::ffff:'"$NEIGHBOUR4"'", peer)
    try:
        sock.sendto(b"smuggled", ("::ffff:'"$NEIGHBOUR4"'", '"$far"'))
    except OSError:
        pass
' "$T/udp" 3>&- &
	SERVERS+=("$!")
	until [[ -s $T/udp ]]; do read -rt 0.02 <> <(:) || true; done
	matches "$(client talk udp 127.0.0.1 "$(published 1)")" ffff
	matches "$(as_neighbour "$PYTHON" "$TOOLS/client.py" talk udp "$HOST4" "$(published 1)")" ffff
	client talk udp "$NEIGHBOUR4" "$far" >/dev/null
	equal "$(grep -c . "$T/far")" 1
	reaches ECONNREFUSED tcp "$NEIGHBOUR4" "$port"
}

@test "egress: rules change while it runs, and cut what they no longer let out" {
	local tcp udp line

	serve_far tcp tcp echo --address ::
	serve_far udp udp echo --address "$NEIGHBOUR4"
	start_container / "$PYTHON" "$TOOLS/hold_one.py" tcp "$NEIGHBOUR4" "$tcp"
	read_out line
	equal "$line" open
	equal "$("$CTL" "$NAME" egress deny "$FAR4")" "1 deny $FAR4"
	equal "$("$CTL" "$NAME" flows --json | jq '[.[] | select(.protocol == "tcp")] | length')" 1
	"$CTL" "$NAME" egress deny --keep-flows "$NEIGHBOUR4:$tcp"
	reaches ECONNREFUSED tcp "$NEIGHBOUR4" "$tcp"
	equal "$("$CTL" "$NAME" flows --json | jq '[.[] | select(.protocol == "tcp")] | length')" 1
	"$CTL" "$NAME" egress rm 2
	"$CTL" "$NAME" egress deny "tcp:$NEIGHBOUR4"
	read_out line
	equal "$line" ECONNRESET
	start_container / "$PYTHON" "$TOOLS/hold_one.py" udp "$NEIGHBOUR4" "$udp"
	read_out line
	equal "$line" open
	"$CTL" "$NAME" egress deny "udp:$NEIGHBOUR4"
	read_out line
	matches "$line" "^(EHOSTUNREACH|EACCES)$"
}

@test "egress: a connection whose rule goes is reset on the host as well" {
	local tcp line

	serve_far tcp tcp echo --address "$NEIGHBOUR4"
	start_container --egress deny --allow "$NEIGHBOUR4" / "$PYTHON" "$TOOLS/hold_one.py" tcp "$NEIGHBOUR4" "$tcp"
	read_out line
	"$CTL" "$NAME" egress rm "$NEIGHBOUR4"
	read_out line
	equal "$line" ECONNRESET
	await_exit "$LAUNCHER"
	equal "$(ss -Htn dst "$NEIGHBOUR4:$tcp" state established | wc -l)" 0
}

@test "egress: rules are listed, with their hits, and taken out by id or text" {
	local tcp

	serve_far tcp tcp whoami --address ::
	printf 'default deny\nallow udp:%s # comment\n' "$FAR4" >"$T/rules"
	start_container --allow "$NEIGHBOUR4:$tcp" --egress-file "$T/rules" / sleep infinity
	reaches open tcp "$NEIGHBOUR4" "$tcp"
	reaches ECONNREFUSED tcp "$FAR4" "$tcp"
	equal "$("$CTL" "$NAME" egress ls | sed 's/ *$//')" "ID  ACTION  RULE              HITS  FROM
1   allow   $NEIGHBOUR4:$tcp   1     set
2   allow   udp:$FAR4  0     file
-   deny    *                 1     default"
	equal "$("$CTL" "$NAME" egress allow --before 1 @private)" "3 allow @private"
	equal "$("$CTL" "$NAME" egress ls --json | jq -c '[.rules[].id]')" "[3,1,2]"
	equal "$("$CTL" "$NAME" egress rm "$NEIGHBOUR4:$tcp" 3 | xargs)" \
		"3 allow @private 1 allow $NEIGHBOUR4:$tcp"
	run --separate-stderr "$CTL" "$NAME" egress rm 2
	assert_failed 1 ".*egress rule '2' is from a file"
	run --separate-stderr "$CTL" "$NAME" egress rm 3 77
	assert_failed 1 ".*there is no egress rule '3'"
	run --separate-stderr "$CTL" "$NAME" egress allow 1.2.3
	assert_failed 125 ".*'1.2.3' is not an IP address"
	run --separate-stderr "$CTL" "$NAME" egress allow --before 2 "$FAR4"
	assert_failed 1 ".*there is no egress rule 2 to put another before"
	run --separate-stderr "$CTL" "$NAME" egress allow --before 0 "$FAR4"
	assert_failed 125 "'0' is no rule's id"
	equal "$("$CTL" "$NAME" egress ls --json | jq -c '[.rules[].id]')" "[2]"
}

@test "egress: a file is read again, and a wrong one changes nothing" {
	local tcp

	serve_far tcp tcp whoami --address ::
	printf 'default deny\nallow %s\n' "$FAR4" >"$T/rules"
	start_container --egress-file "$T/rules" / sleep infinity
	reaches open tcp "$FAR4" "$tcp"
	printf 'default deny\n\nallow %s:70000\n' "$FAR6" >"$T/rules"
	run --separate-stderr "$CTL" "$NAME" egress reload
	assert_failed 1 ".*line 3: "
	reaches open tcp "$FAR4" "$tcp"
	printf 'default deny\nallow %s\n' "$FAR6" >"$T/rules"
	"$CTL" "$NAME" egress reload
	reaches ECONNREFUSED tcp "$FAR4" "$tcp"
	reaches open tcp "$FAR6" "$tcp"
	seq -f 'allow host-%g.example.com:443' 4000 >"$T/more"
	echo "allow $FAR4" >>"$T/more"
	"$CTL" "$NAME" egress reload "$T/more"
	reaches open tcp "$FAR4" "$tcp"
	reaches ECONNREFUSED tcp "$FAR6" "$tcp"
	equal "$("$CTL" "$NAME" egress ls --json | jq -r '.file, (.rules | length)' | xargs)" "$T/more 4001"
	rm "$T/more"
	run --separate-stderr "$CTL" "$NAME" egress reload
	assert_failed 1 ".*$T/more"
	assert_hint "a text file"
}

@test "egress: as many rules as there may be are listed, and outlive a forwarder; more change nothing" {
	only_on tap # the link has no part in it
	seq -f "allow host-%06g.$(printf 'x%.0s' {1..55}).test" 50000 >"$T/most"
	{ cat "$T/most"; echo "allow $FAR6"; } >"$T/more"
	start_container --egress-file "$T/most" --egress deny / sleep infinity
	run --separate-stderr "$CTL" "$NAME" egress reload "$T/more"
	assert_failed 1 ".*more than 50000 egress rules"
	assert_hint "a prefix"
	run --separate-stderr "$CTL" "$NAME" egress allow $FAR6
	assert_failed 1 "more than 50000 egress rules"
	equal "$("$CTL" "$NAME" egress ls --json | jq '.rules | length')" 50000
	"$PYTHON" "$TOOLS/kill_forwarder.py" "$XDG_RUNTIME_DIR/netns-run/$NAME/state.json" >/dev/null
	equal "$("$CTL" "$NAME" egress ls --json | jq -c '[(.rules | length), .default]')" '[50000,"deny"]'
}

@test "egress: a file that is none, or never ends, is refused, and changes nothing" {
	local file

	only_on tap # the link has no part in it
	printf 'deny %s\n\0\ndeny %s\n' "$FAR4" "$FAR6" >"$T/nul"
	start_container --egress deny --allow "$FAR4" / sleep infinity
	for file in /dev/zero "$T" "$T/nul"; do
		run --separate-stderr timeout "$PATIENCE" "$CTL" "$NAME" egress reload "$file"
		assert_failed 1 ".*$file"
		assert_hint "a text file"
		run --separate-stderr timeout "$PATIENCE" "$RUN" --egress-file "$file" / true
		assert_failed 125 "--egress-file: .*$file"
		assert_hint "a text file"
	done
	equal "$("$CTL" "$NAME" egress ls --json | jq -c '[.rules[].rule]')" "[\"$FAR4\"]"
	"$CTL" "$NAME" egress reload <(echo "allow $FAR6")
	equal "$("$CTL" "$NAME" egress ls --json | jq -c '[.rules[].rule]')" "[\"$FAR4\",\"$FAR6\"]"
}

@test "egress: rules hold for the forwarder after a crash and after an upgrade" {
	local tcp

	serve_far tcp tcp whoami --address ::
	start_container --egress deny --allow "$FAR4" / sleep infinity
	"$CTL" "$NAME" egress allow "$FAR6"
	"$CTL" "$NAME" egress rm "$FAR4"
	"$PYTHON" "$TOOLS/kill_forwarder.py" "$XDG_RUNTIME_DIR/netns-run/$NAME/state.json"
	reaches open tcp "$FAR6" "$tcp"
	reaches ECONNREFUSED tcp "$FAR4" "$tcp"
	"$CTL" "$NAME" egress allow --before 2 "$NEIGHBOUR4"
	"$CTL" "$NAME" upgrade
	equal "$("$CTL" "$NAME" egress ls --json | jq -c '[.default, (.rules[] | .id, .rule)]')" \
		"[\"deny\",3,\"$NEIGHBOUR4\",2,\"$FAR6\"]"
	reaches open tcp "$NEIGHBOUR4" "$tcp"
	reaches ECONNREFUSED tcp "$FAR4" "$tcp"
}

@test "egress: what is denied is told, each kind once, with its rule" {
	local line

	"$RUN" --link="$LINK" --events-fd 8 --egress deny --deny "$FAR4:81-90" / \
		"$PYTHON" -c '
import socket
for port in (80, 80, 80, 85):
    try:
        socket.create_connection(("'$FAR4'", port), timeout=3)
    except OSError:
        pass' 8>"$T/events" 3>&-
	equal "$(jq -c 'select(.event == "flow-denied") | select(.count == 1) |
		[.protocol, .destination, .reason, .rule]' "$T/events")" \
		"[\"tcp\",\"$FAR4:80\",\"egress\",null]
[\"tcp\",\"$FAR4:85\",\"egress\",1]"
}

@test "egress: what a name leads to is open by its rule, and to its ports" {
	local tcp

	serve_far tcp tcp whoami --address ::
	serve_zone good.test=$NEIGHBOUR4 good.test=$NEIGHBOUR6 alias.test=@x.cdn.test x.cdn.test=$FAR4 \
		evil.test=$NEIGHBOUR4
	start_container --dns $ZONE --egress deny --allow "good.test:$tcp" --allow "tcp:alias.test:$tcp" \
		/ sleep infinity
	reaches ECONNREFUSED tcp "$NEIGHBOUR4" "$tcp"
	equal "$(look_up good.test A)" "NOERROR $NEIGHBOUR4"
	reaches open tcp "$NEIGHBOUR4" "$tcp"
	reaches ECONNREFUSED tcp "$NEIGHBOUR4" $((tcp ^ 1))
	reaches ECONNREFUSED tcp "$NEIGHBOUR6" "$tcp"
	equal "$(look_up +tcp good.test AAAA)" "NOERROR $NEIGHBOUR6"
	reaches open tcp "$NEIGHBOUR6" "$tcp"
	reaches ECONNREFUSED tcp $FAR4 "$tcp"
	equal "$(look_up ALIAS.test A)" "NOERROR x.cdn.test. $FAR4"
	reaches open tcp $FAR4 "$tcp"
}

@test "egress: a name that one container has looked up opens nothing to another" {
	local tcp first second

	serve_far tcp tcp whoami --address ::
	serve_zone good.test=$NEIGHBOUR4
	start_container --dns $ZONE --egress deny --allow good.test / sleep infinity
	first=$CHILD
	start_container --dns $ZONE --egress deny --allow good.test / sleep infinity
	second=$CHILD
	equal "$(look_up good.test A)" "NOERROR $NEIGHBOUR4"
	reaches open tcp "$NEIGHBOUR4" "$tcp"
	CHILD=$first
	reaches ECONNREFUSED tcp "$NEIGHBOUR4" "$tcp"
	equal "$(look_up good.test A)" "NOERROR $NEIGHBOUR4"
	reaches open tcp "$NEIGHBOUR4" "$tcp"
	CHILD=$second
	reaches open tcp "$NEIGHBOUR4" "$tcp"
}

@test "egress: ping goes where it is allowed, and is refused at once elsewhere" {
	let_ping "0 2000"
	start_container --egress deny --allow "icmp:$NEIGHBOUR4" --allow "icmp:$NEIGHBOUR6" / sleep infinity
	inside ping -c1 -W5 "$NEIGHBOUR4"
	inside ping -c1 -W5 "$NEIGHBOUR6"
	run inside ping -c1 -W5 $FAR4
	equal "$status" 1
	matches "$output" "icmp_seq=1 Packet filtered"
	run inside ping -c1 -W5 $FAR6
	equal "$status" 1
	matches "$output" "Administratively prohibited"
	reaches ECONNREFUSED tcp "$NEIGHBOUR4" 9
	"$CTL" "$NAME" egress rm "icmp:$NEIGHBOUR4"
	run inside ping -c1 -W5 "$NEIGHBOUR4"
	matches "$output" "icmp_seq=1 Packet filtered"
	let_ping "1 0"
}

@test "egress: other names are not looked up, and no other name server is asked" {
	local port

	serve_zone good.test=$NEIGHBOUR4 evil.test=$NEIGHBOUR4
	start_container --dns $ZONE --egress deny --allow good.test:80 / sleep infinity
	equal "$(look_up evil.test A)" REFUSED
	equal "$(look_up +tcp evil.test A)" REFUSED
	equal "$(look_up secret.good.test TXT)" REFUSED
	equal "$(look_up -x $NEIGHBOUR4)" REFUSED
	reaches ECONNREFUSED tcp $ZONE 53
	reaches ECONNREFUSED tcp "$NEIGHBOUR4" 53
	lacks "$(look_up @$NEIGHBOUR4 neighbour.test A)" "$NEIGHBOUR4"
	lacks "$(look_up +tcp @$ZONE good.test A)" "$NEIGHBOUR4"
	matches "$("$CTL" "$NAME" egress ls --json | jq -c '[.names_refused, .pins]')" "^\\[4,0\\]$"
}

@test "egress: a name opens nothing private, nothing of the host, and nothing of others" {
	local tcp host

	serve_far tcp tcp whoami --address ::
	serve host tcp whoami --address ::
	serve_zone evil.test=$PRIVATE4 evil.test=$HOST4 evil.test=127.0.0.1 evil.test=169.254.169.254 \
		evil.test+other.test=$FAR4 evil.test=10.0.2.2 corp.test=$PRIVATE4
	start_container --dns $ZONE --host-port "$host" --egress deny --allow evil.test \
		--allow corp.test@private / sleep infinity
	matches "$(look_up evil.test A)" "$HOST4"
	reaches ECONNREFUSED tcp $PRIVATE4 "$tcp"
	reaches ECONNREFUSED tcp "$HOST4" "$host"
	reaches ECONNREFUSED tcp 10.0.2.2 "$host"
	reaches ECONNREFUSED tcp 169.254.169.254 80
	reaches ECONNREFUSED tcp $FAR4 "$tcp"
	look_up corp.test A
	reaches open tcp $PRIVATE4 "$tcp"
}

@test "egress: what a name opened closes in time, and connections go on" {
	local tcp line

	start_beside_expired_pin tcp
	# A change that concerns others leaves it alone.
	"$CTL" "$NAME" egress allow $FAR6
	equal "$("$CTL" "$NAME" flows --json | jq '[.[] | select(.state == "established")] | length')" 1
	equal "$(from_inside connect tcp good.test "$tcp")" open
	"$CTL" "$NAME" egress rm good.test
	read_out line
	equal "$line" ECONNRESET
}

@test "egress: a name of --add-host may lead anywhere" {
	local tcp

	serve_far tcp tcp whoami --address ::
	start_container --egress deny --add-host db:$PRIVATE4 --allow "db:$tcp" / sleep infinity
	reaches open tcp $PRIVATE4 "$tcp"
	reaches ECONNREFUSED tcp $FAR4 "$tcp"
}
