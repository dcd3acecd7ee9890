#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# launch - the command in its root file system: what it sees, what is left, its exit status

load common

tree_of()
{
	(cd "$1" && find . -printf '%P %M %s %T@ %l\n' | sort)
}

@test "launch: runs a command in a root file system" {
	rootfs
	run --separate-stderr netns_run "$ROOTFS" cat /www/index.html
	equal "$status" 0
	equal "$output" "hello from rootfs"
	equal "$stderr" ""
}

@test "launch: the root file system may be a relative path" {
	rootfs
	cd "$BATS_FILE_TMPDIR"
	equal "$(netns_run rootfs cat /www/index.html)" "hello from rootfs"
	equal "$(netns_run ./rootfs/../rootfs cat /www/index.html)" "hello from rootfs"
	cd rootfs
	equal "$(netns_run . cat /www/index.html)" "hello from rootfs"
}

@test "launch: its path may have spaces, quotes, colons and newlines" {
	local odd=$T/$'a b:c,d\'e"f\\g\nh'

	make_rootfs "$odd"
	equal "$(netns_run "$odd" echo in)" in
	cd "$odd/.."
	equal "$(netns_run "${odd##*/}" echo in)" in
}

@test "launch: its path may be a symbolic link" {
	rootfs
	ln -s "$ROOTFS" "$T/link"
	equal "$(netns_run "$T/link" cat /www/index.html)" "hello from rootfs"
}

@test "launch: / is the host's own root" {
	equal "$(netns_run / cat /etc/os-release)" "$(cat /etc/os-release)"
}

@test "launch: on / the working directory is kept" {
	cd "$T"
	equal "$(netns_run / pwd)" "$T"
}

@test "launch: in a root file system the working directory is /" {
	rootfs
	cd "$T"
	equal "$(netns_run "$ROOTFS" pwd)" /
}

@test "launch: the command defaults to /bin/sh" {
	rootfs
	equal "$(echo 'echo $0 is here' | netns_run "$ROOTFS")" "/bin/sh is here"
}

@test "launch: options end at ROOTFS, and at --" {
	equal "$(netns_run / echo --name -p x)" "--name -p x"
	equal "$(netns_run -- / printf %s --version)" --version
}

@test "launch: arguments arrive unchanged" {
	local text=$'a  b\n"c" $d \\ \x01\xff'

	equal "$(netns_run / printf '%s|' "$text" '' '*')" "$text||*|"
}

@test "launch: standard input, output and error are the caller's" {
	run --separate-stderr bash -c "printf in | '$RUN' --link=$LINK / sh -c 'cat; echo err >&2'"
	equal "$output" in
	equal "$stderr" err
	head -c 3000000 /dev/urandom >"$T/data"
	netns_run / cat <"$T/data" >"$T/copy"
	cmp "$T/data" "$T/copy"
}

@test "launch: missing mount points are made up, and nothing is written into ROOTFS" {
	local bare=$T/bare before

	mkdir -p "$bare/bin"
	cp "$(command -v busybox)" "$bare/bin/sh"
	before=$(tree_of "$bare")
	run --separate-stderr netns_run "$bare" /bin/sh -c '
		busybox=/bin/sh; test -e /proc/self/status && test -c /dev/null && test -d /sys/class/net/eth0 &&
		read -r word server </etc/resolv.conf && echo "$word" && test -s /etc/hosts && : >/dev/null'
	equal "$status" 0
	equal "$output" nameserver
	equal "$(tree_of "$bare")" "$before"
}

@test "launch: nothing is written into a complete ROOTFS either" {
	local before

	rootfs
	before=$(tree_of "$ROOTFS")
	netns_run "$ROOTFS" true
	equal "$(tree_of "$ROOTFS")" "$before"
}

@test "launch: a read-only ROOTFS works" {
	rootfs
	cp -a "$ROOTFS" "$T/fixed"
	chmod -R a-w "$T/fixed"
	equal "$(netns_run "$T/fixed" cat /www/index.html)" "hello from rootfs"
	chmod -R u+w "$T/fixed"
}

@test "launch: what the command writes into ROOTFS stays" {
	make_rootfs "$T/own"
	netns_run "$T/own" sh -c 'echo kept >/www/new'
	equal "$(cat "$T/own/www/new")" kept
}

@test "launch: a mount point that is a symbolic link is refused" {
	make_rootfs "$T/evil"
	rmdir "$T/evil/proc"
	ln -s /etc "$T/evil/proc"
	run --separate-stderr netns_run "$T/evil" true
	assert_failed 125 '.*/proc.*symbolic link'
}

@test "launch: resolv.conf that leads out of ROOTFS is not followed" {
	make_rootfs "$T/evil"
	echo untouched >"$T/target"
	ln -s "../../target" "$T/evil/etc/resolv.conf"
	matches "$(netns_run "$T/evil" cat /etc/resolv.conf)" "nameserver 10\."
	equal "$(cat "$T/target")" untouched
}

@test "launch: resolv.conf names the link's resolver and keeps the host's search list" {
	run netns_run / cat /etc/resolv.conf
	equal "${lines[0]}" "nameserver 10.0.2.3"
	matches "$output" "search test"
	lacks "$output" "$NEIGHBOUR4"
}

@test "launch: hosts knows localhost, the host and the command itself" {
	rootfs
	run netns_run --name my-name "$ROOTFS" cat /etc/hosts
	matches "$output" $'127.0.0.1[ \t]+localhost'
	matches "$output" $'10.0.2.2[ \t]+host.internal'
	matches "$output" $'10.0.2.100[ \t]+my-name'
	equal "$(netns_run --name my-name "$ROOTFS" hostname)" my-name
}

@test "launch: on / the host name stays" {
	equal "$(netns_run / hostname)" "$(hostname)"
}

@test "launch: all seven namespaces are new" {
	local kind

	start_container / sleep infinity
	for kind in user net mnt pid uts ipc cgroup; do
		[[ $(readlink "/proc/$CHILD/ns/$kind") != $(readlink "/proc/self/ns/$kind") ]] ||
			fail "$kind is the host's"
	done
}

@test "launch: /proc shows the command's processes alone" {
	equal "$(netns_run / sh -c 'echo /proc/[0-9]*; :')" "/proc/1 /proc/2"
}

@test "launch: /dev is minimal and works" {
	rootfs
	run netns_run "$ROOTFS" sh -c '
		cd /dev && echo $(ls); echo x >null; head -c4 zero | wc -c
		head -c4 urandom | wc -c; test -w shm && echo shm; ls -l fd | grep -c /proc/self/fd'
	equal "$status" 0
	lacks "$output" " sd"
	lacks "$output" " vda"
	lacks "$output" " mem "
	equal "${lines[1]} ${lines[2]} ${lines[3]} ${lines[4]}" "4 4 shm 1"
}

@test "launch: a pseudo-terminal can be opened inside" {
	equal "$(netns_run / script -qec 'tty' /dev/null | tr -d '\r')" /dev/pts/0
}

@test "launch: /sys shows the command's interfaces" {
	equal "$(netns_run --ifname uplink / ls /sys/class/net | tr '\n' ' ')" "lo uplink "
}

@test "launch: the command is root inside, and its files are the caller's" {
	equal "$(netns_run / sh -c 'id -u; id -g' | tr '\n' ' ')" "0 0 "
	netns_run / touch "$T/made"
	equal "$(stat -c %u "$T/made")" "$(id -u)"
}

@test "launch: programs that drop to another user get on" {
	local map

	for map in auto single; do
		netns_run --uidmap $map / setpriv --reuid 65534 --regid 65534 --clear-groups true
		netns_run --uidmap $map / "$PYTHON" -c '
import os; os.setgroups([]); os.setgid(33); os.setuid(33)'
	done
}

@test "launch: capabilities are real: addresses, raw sockets, nftables" {
	netns_run / ip address add 10.9.8.7/24 dev eth0
	netns_run / ip link add one type veth peer name two
	netns_run / "$PYTHON" -c 'import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW)'
	netns_run / nft add table inet mine
}

@test "launch: tcpdump sees the command's packets" {
	local line

	start_container / sh -c 'tcpdump -lc1 -ni eth0 udp port 9 2>&1'
	while read_out line && [[ $line != listening* ]]; do :; done
	inside bash -c 'echo x >/dev/udp/192.0.2.77/9'
	read_out line
	matches "$line" "10.0.2.100.[0-9]+ > 192.0.2.77.9: UDP"
}

@test "launch: the command has the standard streams, and no other descriptor of ours or the caller's" {
	# ls itself has the fourth.
	equal "$(netns_run / ls /proc/self/fd 7<"$BATS_TEST_FILENAME" | tr '\n' ' ')" "0 1 2 3 "
}

@test "launch: signals have their defaults and none is blocked" {
	local blocked ignored

	# Not awk(1): gawk ignores SIGPIPE by itself.
	blocked=$(netns_run / sed -n 's/^SigBlk:\s*//p' /proc/self/status)
	ignored=$(netns_run / sed -n 's/^SigIgn:\s*//p' /proc/self/status)
	equal "$((16#$blocked))" 0
	# glibc keeps signals 32 and 33 to itself: what make(1) leaves ignored stays so.
	equal "$((16#$ignored & ~0x180000000))" 0
}

@test "launch: the environment and the umask are the caller's" {
	equal "$(FOO=bar netns_run / sh -c 'echo $FOO')" bar
	equal "$(umask 027; netns_run / sh -c umask)" 0027
}

@test "launch: no trace of the host's mounts is left in a ROOTFS" {
	rootfs
	run netns_run "$ROOTFS" cat /proc/self/mounts
	lacks "$output" "$T"
	lacks "$output" " /home"
	lacks "$output" " /run"
	equal "$(netns_run "$ROOTFS" ls -a / | tr '\n' ' ')" ". .. bin dev etc proc sys tmp www "
}

@test "launch: the exit status is the command's" {
	local n

	for n in 0 1 7 124 125 255; do
		run netns_run / sh -c "exit $n"
		equal "$status" "$n"
	done
}

@test "launch: the exit status is 128+n after signal n" {
	local n

	for n in 1 2 9 11 15 34; do
		run --separate-stderr netns_run / sh -c "kill -$n \$\$"
		equal "$status" $((128 + n))
		equal "$stderr" ""
	done
}

@test "launch: 127 for a command that is not found" {
	run -127 --separate-stderr netns_run / no-such-command
	assert_failed 127 ".*no-such-command"
	assert_hint PATH
	run -127 --separate-stderr netns_run / /no/such/command
	assert_failed 127 ".*/no/such/command"
	run -127 --separate-stderr netns_run / /etc/passwd/x
	assert_failed 127 ".*/etc/passwd/x"
}

@test "launch: 126 for a command that cannot be executed" {
	run -126 --separate-stderr netns_run / /etc/passwd
	assert_failed 126 ".*/etc/passwd"
	assert_hint chmod
	run -126 --separate-stderr netns_run / /tmp
	assert_failed 126 ".*/tmp"
}

@test "launch: a script without its interpreter is 127" {
	printf '#!/no/such/interpreter\n' >"$T/script"
	chmod +x "$T/script"
	run -127 --separate-stderr netns_run / "$T/script"
	assert_failed 127 ".*script"
	assert_hint interpreter
}

@test "launch: started by root of a user namespace" {
	equal "$(unshare --user --map-root-user "$RUN" --link="$LINK" / id -u)" 0
}

@test "launch: a container inside a container" {
	run netns_run --cap-add sys_admin / "$RUN" --link=tap / sh -c 'id -u; ip -br -4 address show eth0'
	equal "$status" 0
	matches "$output" "10\.0\.3\.100"
}

@test "launch: --help and --version need no ROOTFS" {
	run --separate-stderr "$RUN" --help
	equal "$status" 0
	matches "$output" "--publish"
	run --separate-stderr "$RUN" --version
	equal "$status" 0
	matches "$output" "netns-run version [0-9]"
}
