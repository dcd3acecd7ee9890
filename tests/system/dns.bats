#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# dns - the container's resolver: whom it asks, whom it believes, and what it knows itself

load common

# upstream VARIABLE MODE [ADDRESS [ARGUMENT...]]: a name server of the host's, whose answers to A have
# --value as their last byte.
upstream()
{
	local variable=$1 mode=$2 address=${3:-127.0.0.1}

	shift $(($# < 3 ? 2 : 3))
	start_server "$variable" "$PYTHON" "$TOOLS/dns_upstream.py" "$mode" --address "$address" "$@"
}

# dig in a container, once. DIG has options of netns-run.
digs()
{
	netns_run "${DIG[@]}" / dig +tries=1 +time=9 +short "$@"
}

counter()
{
	"$CTL" "$1" inspect | jq ".dns.$2"
}

@test "dns: --dns says whom to ask, with a port, and by IPv6" {
	local v4 v6

	upstream v4 right 127.0.0.1 --value 4
	upstream v6 right ::1 --value 6
	DIG=(--dns "127.0.0.1#$v4")
	equal "$(digs any.test)" 198.18.0.4
	equal "$(digs +tcp any.test)" 198.18.0.4
	equal "$(digs @fd00::3 any.test)" 198.18.0.4
	equal "$(netns_run "${DIG[@]}" / sed -n 's/nameserver //p' /etc/resolv.conf)" 10.0.2.3
	# A name server of the other family.
	DIG=(--dns "::1#$v6")
	equal "$(digs @10.0.2.3 any.test)" 198.18.0.6
	equal "$(digs +tcp @10.0.2.3 any.test)" 198.18.0.6
}

@test "dns: the next server is asked at once when one is not there, or cannot tell" {
	local first right ms

	upstream right right 127.0.0.1 --value 9
	for mode in servfail refused; do
		upstream first "$mode"
		DIG=(--dns 127.0.0.1#1 --dns "127.0.0.1#$first" --dns "127.0.0.1#$right")
		ms=$(netns_run "${DIG[@]}" / dig +tries=1 +time=9 any.test | awk '/Query time/ { print $4 }')
		equal "$(digs any.test)" 198.18.0.9
		equal "$(digs +tcp any.test)" 198.18.0.9
		((ms < $(patient 1000))) || fail "$ms ms"
	done
	upstream first nxdomain
	DIG=(--dns "127.0.0.1#$first" --dns "127.0.0.1#$right")
	matches "$(netns_run "${DIG[@]}" / dig any.test)" "status: NXDOMAIN"
	upstream first servfail
	DIG=(--dns "127.0.0.1#$first")
	matches "$(netns_run "${DIG[@]}" / dig any.test)" "status: SERVFAIL"
}

@test "dns: a silent server costs a second once" {
	local silent right ms

	upstream silent silent 127.0.0.1 --log "$T/log"
	upstream right right 127.0.0.1 --value 9
	netns_run --dns "127.0.0.1#$silent" --dns "127.0.0.1#$right" / sh -c '
		for i in 1 2 3 4 5 6; do dig +tries=1 +time=9 +short any$i.test; done' >"$T/answers"
	equal "$(sort -u "$T/answers")" 198.18.0.9
	equal "$(wc -l <"$T/answers")" 6
	equal "$(wc -l <"$T/log")" 1
}

@test "dns: one slow name is no reason to ask others for the next ones" {
	local uneven unknowing

	upstream uneven uneven 127.0.0.1 --value 9
	upstream unknowing nxdomain
	netns_run --dns "127.0.0.1#$uneven" --dns "127.0.0.1#$unknowing" / sh -c '
		for name in first slow third; do dig +tries=1 +time=9 $name.test; done' >"$T/answers"
	equal "$(sed -n 's/.*status: \([A-Z]*\).*/\1/p' "$T/answers" | xargs)" "NOERROR NXDOMAIN NOERROR"
}

@test "dns: a late answer is waited for" {
	local late

	upstream late late
	DIG=(--dns "127.0.0.1#$late")
	equal "$(digs any.test)" 198.18.0.1
	equal "$(digs +tcp any.test)" 198.18.0.1
}

@test "dns: what was not asked for is not believed" {
	local port mode

	for mode in wrong-id wrong-name; do
		upstream port "$mode"
		DIG=(--dns "127.0.0.1#$port")
		equal "$(digs any.test)" 198.18.0.1
	done
	upstream port garbage
	DIG=(--dns "127.0.0.1#$port" --dns "192.0.2.1")
	equal "$(digs host.test)" "$HOST4"
}

@test "dns: questions have random ids and ports" {
	local port

	upstream port right 127.0.0.1 --log "$T/log"
	netns_run --dns "127.0.0.1#$port" / sh -c '
		for i in 1 2 3 4 5 6 7 8; do dig +qid=7 +tries=1 +short -b 0.0.0.0#5555 any.test; done' >/dev/null
	equal "$(wc -l <"$T/log")" 8
	(($(cut -d' ' -f2 "$T/log" | sort -u | wc -l) >= 7)) || fail "$(cat "$T/log")"
	(($(cut -d' ' -f3 "$T/log" | sort -u | wc -l) >= 7)) || fail "$(cat "$T/log")"
}

@test "dns: what is too large comes by TCP, whole" {
	local port

	upstream port truncated 127.0.0.1 --log "$T/log"
	DIG=(--dns "127.0.0.1#$port")
	equal "$(digs any.test)" 198.18.0.1
	equal "$(cut -d' ' -f1 "$T/log" | tr '\n' ' ')" "udp tcp "
	matches "$(netns_run "${DIG[@]}" / dig +ignore any.test)" "flags: qr tc"
	# What is whole of it is of use to who has no TCP.
	equal "$(digs +ignore any.test)" 198.18.0.1
	upstream port huge
	DIG=(--dns "127.0.0.1#$port")
	equal "$(digs any.test TXT | wc -l)" 190
	equal "$(netns_run --mtu 1280 "${DIG[@]}" / dig +short +tcp @fd00::3 any.test TXT | wc -l)" 190
	# A server without TCP answers by UDP.
	upstream port udp-only
	DIG=(--dns "127.0.0.1#$port")
	equal "$(digs +tcp any.test)" 198.18.0.1
}

@test "dns: EDNS is between the command and the server" {
	local port

	upstream port right 127.0.0.1
	lacks "$(netns_run --dns "127.0.0.1#$port" / dig +bufsize=4000 any.test)" FORMERR
	upstream port no-edns
	matches "$(netns_run --dns "127.0.0.1#$port" / dig +nobadcookie +bufsize=4000 any.test)" "FORMERR"
	equal "$(netns_run --dns "127.0.0.1#$port" / dig +short +noedns any.test)" 198.18.0.1
}

@test "dns: no addresses of IPv6 that nothing leads to" {
	local port

	upstream port right
	DIG=(--dns "127.0.0.1#$port")
	equal "$(digs any.test AAAA)" 2001:db8::1
	DIG+=(--no-ipv6)
	equal "$(digs any.test AAAA)" ""
	upstream port dead6
	DIG=(--dns "127.0.0.1#$port")
	equal "$(digs any.test AAAA)" ""
	matches "$(netns_run "${DIG[@]}" / dig any.test AAAA)" "status: NOERROR"
	equal "$(digs any.test A)" 198.18.0.1
}

@test "dns: host.internal and the names of --add-host" {
	local port

	rootfs
	upstream port right 127.0.0.1 --log "$T/log"
	DIG=(--dns "127.0.0.1#$port" --add-host DB.internal:192.0.2.7 --add-host db.internal:2001:db8::7
		--add-host up:host-gateway)
	equal "$(digs host.internal)" 10.0.2.2
	equal "$(digs +tcp HOST.internal AAAA)" fd00::2
	equal "$(digs db.internal)" 192.0.2.7
	equal "$(digs db.Internal AAAA)" 2001:db8::7
	equal "$(digs db.internal TXT)" ""
	equal "$(digs up)" 10.0.2.2
	[[ ! -e $T/log ]] || fail "asked: $(cat "$T/log")"
	equal "$(netns_run "${DIG[@]}" / getent ahostsv4 db.internal | awk 'NR == 1 { print $1 }')" 192.0.2.7
	matches "$(netns_run "${DIG[@]}" "$ROOTFS" nslookup db.internal)" 192.0.2.7
	matches "$(netns_run --net=host --add-host db:192.0.2.7 / getent hosts db)" 192.0.2.7
	# One's own name may take the place of ours.
	DIG=(--add-host host.internal:192.0.2.8)
	equal "$(digs host.internal)" 192.0.2.8
	equal "$(netns_run "${DIG[@]}" / getent ahosts host.internal | awk '{ print $1 }' | sort -u)" 192.0.2.8
}

@test "dns: --dns-search and --dns-option" {
	run netns_run --dns-search a.test --dns-search b.test --dns-option ndots:3 / cat /etc/resolv.conf
	equal "$output" $'nameserver 10.0.2.3\nsearch a.test b.test\noptions ndots:3'
	equal "$(netns_run --dns-search . / grep search /etc/resolv.conf)" 'search .'
	equal "$(netns_run --dns-search test --dns-option ndots:1 / getent ahostsv4 host |
		awk 'NR == 1 { print $1 }')" "$HOST4"
	equal "$(netns_run --net=host --dns 192.0.2.9 / sed -n 's/nameserver //p' /etc/resolv.conf)" 192.0.2.9
}

@test "dns: the host's servers may change, even while one is asked, and are followed within a second" {
	((WORLD_UIDS > 1)) || missing "subordinate ids: the user is the owner of /etc"
	as_host_root unshare --mount bash -c "
		set -e; cd '$T'
		mkdir run etc old one two mid four; chown 1000:1000 run; mkfifo ready asked answers events go
		mount --bind /etc old
		ln -s '$T'/old/* etc/; ln -sf '$T/one/resolv.conf' etc/resolv.conf
		for server in silent.7 right.8 right.9; do
			'$PYTHON' '$TOOLS/dns_upstream.py' \${server%.*} --address 127.0.0.\${server#*.} --port 53 \\
				--value \${server#*.} \$([[ \$server == right* ]] || echo --log asked) --ready ready &
			cat ready >/dev/null
		done
		echo 'nameserver 127.0.0.7' >one/resolv.conf
		echo 'nameserver 127.0.0.8' >two/resolv.conf
		echo 'nameserver 127.0.0.9' >three
		echo 'nameserver 127.0.0.8' >four/resolv.conf
		ln -s '$T/two/resolv.conf' mid/resolv.conf
		mount --bind etc /etc
		exec 5<>go 6<>answers 7<>events
		setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all --ambient-caps=-all \\
			env XDG_RUNTIME_DIR='$T/run' '$RUN' --link=$LINK --events-fd 8 / \\
			sh -c 'dig +tries=1 +time=9 +short first.test; read -r _
			dig +tries=1 +time=9 +short second.test; read -r _' 8>events <&5 >&6 5>&- 6>&- 7>&- &
		read -r -t $PATIENCE _ <&7
		read -r _ <asked
		# The link leads elsewhere, and the question that waits is asked there.
		ln -s '$T/mid/resolv.conf' '$T/etc/new'
		moved=\$EPOCHREALTIME; mv -T '$T/etc/new' /etc/resolv.conf
		read -r -t $PATIENCE _ <&7
		took=\$((\${EPOCHREALTIME/./} - \${moved/./}))
		read -r -t $PATIENCE first <&6
		# Renamed over, where the link leads to.
		moved=\$EPOCHREALTIME; mv three two/resolv.conf
		read -r -t $PATIENCE event <&7
		echo \$took \$((\${EPOCHREALTIME/./} - \${moved/./})) >times
		echo >go
		read -r -t $PATIENCE second <&6
		echo \"\$first \$second \$event\" >all
		# A link in the middle leads elsewhere.
		ln -s '$T/four/resolv.conf' mid/new; mv -T mid/new mid/resolv.conf
		read -r -t $PATIENCE event <&7; echo \"\$event\" >last
		echo >go; wait \$! || true
		kill -9 \$(jobs -p); umount /etc; rm -r run etc one two mid four"
	equal "$(cut -d' ' -f1-2 "$T/all")" "198.18.0.8 198.18.0.9"
	equal "$(cut -d' ' -f3- "$T/all" | jq -c .nameservers)" '["127.0.0.9"]'
	equal "$(jq -c .nameservers "$T/last")" '["127.0.0.8"]'
	echo "# followed after $(<"$T/times") us" >&3
	awk -v most="$(patient 1000000)" '{ exit $1 >= most || $2 >= most }' "$T/times" || fail "after $(<"$T/times") us"
}

@test "dns: what is no question harms nobody" {
	local port

	upstream port right
	netns_run --dns "127.0.0.1#$port" / sh -c "'$PYTHON' '$TOOLS/ask.py' garbage 10.0.2.3
		dig +short +tries=1 any.test" >"$T/answers"
	equal "$(cat "$T/answers")" "nothing silence
short silence
cut code 1
more code 1
answer silence
update code 4
noise code 4
large code 1
tcp-short reset
tcp-long reset
tcp-cut code 1
198.18.0.1"
}

@test "dns: many questions by one connection" {
	local port

	upstream port late
	equal "$(netns_run --dns "127.0.0.1#$port" / "$PYTHON" "$TOOLS/ask.py" pipeline 10.0.2.3 --rounds 30)" 30
	upstream port right
	equal "$(netns_run --dns "127.0.0.1#$port" / "$PYTHON" "$TOOLS/ask.py" pipeline fd00::3 --rounds 300)" 300
}

# bats test_tags=load
@test "dns: 50 clients at once, of a silent and of a good server, cost bounded sockets" {
	local silent right fds before

	upstream silent silent
	start_container --name busy --dns "127.0.0.1#$silent" / sh -c \
		"'$PYTHON' '$TOOLS/ask.py' flood 10.0.2.3 --clients 50 --rounds 8; sleep infinity"
	read -r -t $((PATIENCE * 4)) line <&"$OUT"
	equal "$line" 0
	equal "$(counter busy questions)" 400
	(($(counter busy evicted) > 100)) || fail "$("$CTL" busy inspect)"
	(($(counter busy pending) <= 256)) || fail "$("$CTL" busy inspect)"
	fds=$("$CTL" busy stats --json | jq .forwarder.fds)
	((fds < 350)) || fail "$fds descriptors"
	upstream right right
	start_container --name good --dns "127.0.0.1#$right" / sleep infinity
	before=$("$CTL" good stats --json | jq .forwarder.fds)
	equal "$(inside "$PYTHON" "$TOOLS/ask.py" flood 10.0.2.3 --clients 50 --rounds 20)" 1000
	fds=$("$CTL" good stats --json | jq .forwarder.fds)
	((fds <= before + 4)) || fail "$fds descriptors, $before before"
}

@test "dns: a server that is gone while the container runs, and comes back" {
	local port

	upstream port right
	kill -KILL "${SERVERS[-1]}"
	wait "${SERVERS[-1]}" 2>/dev/null || true
	start_container --name waiting --dns "127.0.0.1#$port" / sleep infinity
	run "$CTL" waiting exec dig +tries=1 +time=9 any.test
	matches "$output" "status: SERVFAIL"
	upstream port right 127.0.0.1 --port "$port"
	equal "$("$CTL" waiting exec dig +tries=1 +time=9 +short any.test)" 198.18.0.1
	equal "$(counter waiting questions) $(counter waiting failed)" "2 1"
	equal "$("$CTL" waiting stats --format json | jq -c '.network.dns | [.questions, .failed]')" "[2,1]"
	equal "$(counter waiting 'servers[0]')" "\"127.0.0.1#$port\""
}

@test "dns: flows have the names that the resolver told, also by TCP" {
	local port

	serve port tcp echo --address ::
	start_container --name named / bash -c "
		dig +tcp +short host.test >/dev/null; exec 5<>/dev/tcp/$HOST4/$port; echo open; sleep infinity"
	read -r -t "$PATIENCE" _ <&"$OUT"
	equal "$("$CTL" named flows --json | jq -r '.[] | select(.remote_port == '"$port"').name')" host.test
}
