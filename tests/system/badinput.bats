#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# badinput - bad options and bad hosts get one line of cause, at most one of cure, and status 125

load common

# refused CAUSE OPTION...
refused()
{
	local cause=$1

	shift
	run --separate-stderr netns_run "$@"
	assert_failed 125 ".*$cause"
}

# Runs netns-run where SETUP has changed the host's file systems.
where()
{
	local setup=$1

	shift
	run --separate-stderr unshare --user --map-current-user --keep-caps --mount bash -c "
		set -e; $setup
		exec setpriv --ambient-caps=-all --inh-caps=-all \"\$@\"" -- "$RUN" --link="$LINK" "$@"
}

@test "badinput: ROOTFS is missing, no directory, unreadable, or not there at all" {
	refused "$T/none" "$T/none" true
	assert_hint "."
	touch "$T/file"
	refused "not a directory" "$T/file" true
	assert_hint "."
	mkdir -m 0 "$T/closed"
	refused "$T/closed" "$T/closed" true
	assert_hint chmod
	refused "no ROOTFS"
	assert_hint "netns-run"
}

@test "badinput: ROOTFS without CMD" {
	mkdir "$T/empty"
	run -127 --separate-stderr netns_run "$T/empty"
	assert_failed 127 ".*/bin/sh"
	assert_hint "."
}

@test "badinput: unknown options" {
	refused "--no-such" --no-such / true
	assert_hint "--help"
	refused "-Z" -Z / true
}

@test "badinput: options without their value" {
	refused "name" --name
	refused "-p" -p
}

@test "badinput: ports" {
	local rule

	for rule in "" : 80 80: :80 a:80 80:b 80:80/sctp 80:80/ 65536:80 80:65536 80:0 -1:80 \
		8080-8070:80-90 8080-8090:80 8080:80-90 1.2.3:80:80 1.2.3.4:5:6:7 ::1:80:80 '[::1]80:80' \
		'[::1:80:80' '[127.0.0.1]:80:80' 0-5:80-85 ' 80:80' '80:80 ' 80:80/TCP/ 080x:80 +80:80 \
		example.com:80:80; do
		refused "." --publish "$rule" / true
	done
}

@test "badinput: networks" {
	local value

	for value in "" 10.0.2.0 10.0.2.0/ 10.0.2.0/33 10.0.2.0/0 10.0.2.0/26 10.0.2.1/24 10.0.2/24 \
		fd00::/64 10.0.2.0/24x 10.0.2.0/-1 010.0.2.0/24; do
		refused "." --cidr "$value" / true
	done
	for value in "" fd00:: fd00::/ fd00::/129 fd00::/65 fd00::1/64 10.0.2.0/24 fd00::/0 'fd00::%1/64'; do
		refused "." --cidr6 "$value" / true
	done
}

@test "badinput: networks that nobody can have inside" {
	refused "127\.0\.0\.0/8" --cidr 127.0.0.0/8 / true
	refused "224\.0\.0\.0/8" --cidr 224.0.0.0/8 / true
	refused "fe80::/64" --cidr6 fe80::/64 / true
	refused "ff02::/64" --cidr6 ff02::/64 / true
}

@test "badinput: MTUs" {
	local value

	for value in "" 0 -1 abc 1500x 65522 99999999999 67 0x500 ' 1500'; do
		refused "." --mtu "$value" / true
	done
	refused "1280" --mtu 1000 / true
	assert_hint "--no-ipv6"
}

@test "badinput: MAC addresses" {
	local value

	for value in "" 02:00:00:00:00 02:00:00:00:00:00:01 02-00-00-00-00-05 0g:00:00:00:00:05 \
		01:00:00:00:00:05 00:00:00:00:00:00 2:0:0:0:0:5; do
		refused "." --mac "$value" / true
	done
}

@test "badinput: resolvers" {
	local value

	for value in "" dns 1.2.3 1.2.3.4.5 1.2.3.4:53 fe80::1%eth0 '[::1]'; do
		refused "." --dns "$value" / true
	done
}

@test "badinput: interface names" {
	local value

	for value in "" lo . .. a/b 'a b' sixteen-letters- a:b 'a%d' $'a\nb'; do
		refused "." --ifname "$value" / true
	done
}

@test "badinput: container names" {
	local value

	for value in "" . .. a/b -a 'a b' $'a\nb' "$(printf 'x%.0s' {1..64})" .hidden ä; do
		refused "." --name="$value" / true
	done
}

@test "badinput: links, host ports and descriptors" {
	refused "'bridge'" --link=bridge / true
	local value
	for value in "" 0 65536 http 80/sctp 80/ -5; do
		refused "." --host-port "$value" / true
	done
	for value in "" -1 x 77 99999999999; do
		refused "." --ready-fd "$value" / true
		refused "." --info-fd "$value" / true
	done
}

@test "badinput: descriptors and files that cannot be written" {
	refused "--info-fd" --info-fd 8 / true 8</dev/null
	refused "--ready-fd" --ready-fd 8 / true 8</dev/null
	refused "--pid-file" --pid-file "$T/none/pid" / true
	refused "--info-fd" --info-fd 8 / true 8>/dev/full
}

@test "badinput: a closed reader of --ready-fd is no reason to die silently" {
	run --separate-stderr bash -c "mkfifo '$T/f'; exec 7<>'$T/f' 8>'$T/f' 7>&-
		exec '$RUN' --link=$LINK --ready-fd 8 / true"
	assert_failed 125 ".*--ready-fd"
}

@test "badinput: /dev/net/tun is absent" {
	where 'mount -t tmpfs none /dev/net' / true
	assert_failed 125 ".*/dev/net/tun does not exist"
	assert_hint "modprobe tun"
}

@test "badinput: /dev/net/tun without permission" {
	where "touch '$T/tun'; chmod 0 '$T/tun'; mount --bind '$T/tun' /dev/net/tun" / true
	assert_failed 125 ".*/dev/net/tun.*Permission denied"
	assert_hint "chmod 0666"
}

@test "badinput: user namespaces are off by user.max_user_namespaces" {
	run --separate-stderr unshare --user --map-root-user bash -c "
		echo 0 >/proc/sys/user/max_user_namespaces
		exec '$RUN' --link=$LINK / true"
	assert_failed 125 ".*user\.max_user_namespaces"
	assert_hint "sysctl -w user.max_user_namespaces="
}

@test "badinput: network namespaces are off by user.max_net_namespaces" {
	run --separate-stderr unshare --user --map-root-user bash -c "
		echo 0 >/proc/sys/user/max_net_namespaces
		exec '$RUN' --link=$LINK / true"
	assert_failed 125 ".*user\.max_net_namespaces"
	assert_hint "sysctl -w user.max_net_namespaces="
}

@test "badinput: a state directory that is open to others" {
	mkdir -m 0755 "$XDG_RUNTIME_DIR/netns-run"
	refused "netns-run.*open to other users" / true
	assert_hint "chmod 0700"
}

@test "badinput: netns-forwarder is not found" {
	cp "$RUN" "$T/netns-run"
	run --separate-stderr env PATH=/usr/bin "$T/netns-run" --link="$LINK" / true
	assert_failed 125 ".*netns-forwarder"
	assert_hint "install"
}

@test "badinput: netns-forwarder cannot be executed or ends at once" {
	mkdir "$T/bin"
	cp "$RUN" "$T/bin/netns-run"
	echo garbage >"$T/bin/netns-forwarder"
	chmod +x "$T/bin/netns-forwarder"
	run --separate-stderr "$T/bin/netns-run" --link="$LINK" / true
	assert_failed 125 "."
	cp /bin/true "$T/bin/netns-forwarder"
	run --separate-stderr "$T/bin/netns-run" --link="$LINK" / true
	assert_failed 125 "."
}

@test "badinput: netns-ctl" {
	local words

	for words in "" "ls x" "--bad" "name" "name frob" "name port" "name port add" "name port rm" \
		"name port add x" "name port ls x" "../x inspect"; do
		# shellcheck disable=SC2086
		run --separate-stderr "$CTL" $words
		assert_failed 125 "."
	done
	run --separate-stderr "$CTL" nobody inspect
	assert_failed 1 ".*nobody"
	assert_hint "netns-ctl ls"
}

@test "badinput: a profile or an id map is refused before anything is started" {
	mkdir "$T/alone"
	cp "$RUN" "$T/alone/"
	! command -v netns-forwarder || skip "netns-forwarder is in PATH"
	echo '{' >"$T/bad.json"
	run --separate-stderr "$T/alone/netns-run" / true
	assert_failed 125 "netns-forwarder was not found"
	run --separate-stderr "$T/alone/netns-run" --seccomp "$T/bad.json" / true
	assert_failed 125 ".*bad\.json.: no JSON"
	run --separate-stderr "$T/alone/netns-run" --uidmap 0:0:1 / true
	assert_failed 125 "--uidmap 0:0:1: "
}
