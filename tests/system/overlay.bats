#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# overlay - --disposable and --overlay: what is written goes to another layer, by either driver

load common

DRIVERS=(kernel fuse)

tree_of()
{
	(cd "$1" && find . -printf '%P %M %s %T@ %C@ %l\n' | sort)
}

own_rootfs()
{
	ROOTFS=$T/root
	make_rootfs "$ROOTFS"
}

has_driver()
{
	[[ $1 == kernel ]] || command -v fuse-overlayfs >/dev/null || missing fuse-overlayfs
	[[ $1 == kernel || -w /dev/fuse ]] || missing "/dev/fuse for users"
}

@test "overlay: --disposable forgets every write, and ROOTFS stays as it was" {
	local driver before

	own_rootfs
	before=$(tree_of "$ROOTFS")
	for driver in "${DRIVERS[@]}"; do
		has_driver "$driver"
		run --separate-stderr netns_run --disposable --overlay-driver "$driver" "$ROOTFS" sh -c '
			set -e
			echo changed >/www/index.html
			echo new >/new
			rm /etc/passwd
			mkdir /www/dir /etc/dir
			mv /www/index.html /tmp/moved
			chmod 0700 /www
			rm -r /www
			ln /new /hard
			mkfifo /tmp/fifo
			cat /new /tmp/moved /hard
			stat -c %h /hard'
		equal "$stderr" ""
		equal "$output" $'new\nchanged\nnew\n2'
		equal "$(tree_of "$ROOTFS")" "$before"
	done
}

@test "overlay: rm -rf in a disposable copy of the host does no harm" {
	local driver before

	mkdir -p "$T/home/dir"
	echo precious >"$T/home/dir/file"
	before=$(tree_of "$T/home")
	for driver in "${DRIVERS[@]}"; do
		has_driver "$driver"
		run --separate-stderr netns_run --disposable --overlay-driver "$driver" / sh -c "
			cat '$T/home/dir/file'
			echo new >'$T/home/new' && echo changed >'$T/home/dir/file'
			cat '$T/home/new' '$T/home/dir/file'
			rm -rf '$T/home' /srv /mnt 2>/dev/null
			ls -d '$T/home' 2>/dev/null; echo done"
		equal "$output" $'precious\nnew\nchanged\ndone'
		equal "$(tree_of "$T/home")" "$before"
	done
}

@test "overlay: with the driver fuse files of the host's root can be changed, too" {
	local before

	has_driver fuse
	before=$(sha256sum /etc/passwd)
	equal "$(netns_run --disposable --overlay-driver fuse / sh -c '
		echo "new:x:1:1::/:/bin/sh" >>/etc/passwd; touch /etc/made /usr/made; tail -n1 /etc/passwd
		stat -c %u /etc/made')" $'new:x:1:1::/:/bin/sh\n0'
	equal "$(sha256sum /etc/passwd)" "$before"
	[[ ! -e /etc/made && ! -e /usr/made ]]
}

@test "overlay: what is mounted below ROOTFS is disposable as well" {
	local driver

	own_rootfs
	as_host_root mount -t tmpfs -o mode=0777 none "$ROOTFS/www"
	echo mounted >"$ROOTFS/www/file"
	for driver in "${DRIVERS[@]}"; do
		has_driver "$driver"
		run --separate-stderr netns_run --disposable --overlay-driver "$driver" "$ROOTFS" sh -c '
			cat /www/file; echo changed >/www/file; echo new >/www/new; cat /www/*; echo x >/top; cat /top'
		equal "$stderr" ""
		equal "$output" $'mounted\nchanged\nnew\nx'
		equal "$(cat "$ROOTFS/www/file"; ls "$ROOTFS/www")" $'mounted\nfile'
	done
	as_host_root umount "$ROOTFS/www"
	[[ ! -e $ROOTFS/top ]]
}

@test "overlay: --overlay keeps the upper layer for the next run" {
	local driver before

	own_rootfs
	before=$(tree_of "$ROOTFS")
	for driver in "${DRIVERS[@]}"; do
		has_driver "$driver"
		netns_run --overlay "$T/session $driver" --overlay-driver "$driver" "$ROOTFS" sh -c '
			echo kept >/www/kept; rm /www/index.html; echo conf >/etc/new.conf'
		equal "$(cat "$T/session $driver/upper/www/kept")" kept
		[[ -d "$T/session $driver/work" ]]
		equal "$(netns_run --overlay "$T/session $driver" --overlay-driver "$driver" "$ROOTFS" \
			sh -c 'cat /www/kept /etc/new.conf; ls /www')" $'kept\nconf\nkept'
		equal "$(tree_of "$ROOTFS")" "$before"
	done
}

@test "overlay: --overlay of the host's root, within the host's root" {
	local driver

	mkdir "$T/home"
	for driver in "${DRIVERS[@]}"; do
		has_driver "$driver"
		netns_run --overlay "$T/$driver" --overlay-driver "$driver" / sh -c "echo kept >'$T/home/kept'"
		[[ ! -e $T/home/kept ]]
		equal "$(netns_run --overlay "$T/$driver" --overlay-driver "$driver" / cat "$T/home/kept")" kept
		# Some of it may belong to subordinate ids.
		netns_run -v "$T:/mnt" / rm -rf "/mnt/$driver"
	done
}

@test "overlay: a directory in use is refused, and free again afterwards" {
	own_rootfs
	start_container --overlay "$T/session" "$ROOTFS" sh -c 'echo up; exec sleep infinity'
	run --separate-stderr netns_run --overlay "$T/session" "$ROOTFS" true
	assert_failed 125 ".*session.*in use"
	assert_hint .
	stop "$LAUNCHER"
	equal "$(netns_run --overlay "$T/session" "$ROOTFS" echo free)" free
}

@test "overlay: volumes stay real, --read-only holds" {
	local driver

	own_rootfs
	mkdir "$T/data"
	for driver in "${DRIVERS[@]}"; do
		has_driver "$driver"
		run --separate-stderr netns_run --disposable --overlay-driver "$driver" --read-only \
			-v "$T/data:/made/up" "$ROOTFS" sh -c "echo real >/made/up/$driver; echo x >/www/new"
		matches "$stderr" "/www/new: Read-only file system"
		equal "$(cat "$T/data/$driver")" real
		[[ ! -e $ROOTFS/made ]]
	done
}

@test "overlay: entries beside what ROOTFS lacks are kept, unlike without an overlay" {
	local bare=$T/bare

	mkdir -p "$bare/bin"
	cp "$(command -v busybox)" "$bare/bin/sh"
	netns_run --overlay "$T/session" "$bare" /bin/sh -c ': >/new; : >/etc/new'
	[[ -e $T/session/upper/new && -e $T/session/upper/etc/new ]]
	equal "$(ls "$bare")" bin
	equal "$(netns_run --overlay "$T/session" "$bare" /bin/sh -c 'test -e /new && test -s /etc/hosts && echo both')" both
}

@test "overlay: inspect tells of the session" {
	own_rootfs
	start_container --overlay "$T/session" --overlay-driver kernel "$ROOTFS" sh -c 'echo up; exec sleep infinity'
	equal "$(jq -c .overlay "$INFO")" \
		"{\"disposable\":false,\"driver\":\"kernel\",\"directory\":\"$T/session\"}"
}

@test "overlay: fuse-overlayfs is out of the container's reach, and ends with it" {
	local pid

	has_driver fuse
	own_rootfs
	start_container --disposable --overlay-driver fuse "$ROOTFS" sh -c 'ps; cat /proc/*/comm; echo end; exec sleep infinity'
	while read_out line && [[ $line != end ]]; do
		lacks "$line" fuse-overlayfs
	done
	pid=$(pgrep -P "$LAUNCHER" -x fuse-overlayfs)
	run inside sh -c "kill -9 $pid"
	kill -0 "$pid"
	stop "$LAUNCHER"
	run kill -0 "$pid"
	equal "$status" 1
}

@test "overlay: kill -9 of the launcher leaves no fuse-overlayfs" {
	has_driver fuse
	own_rootfs
	start_container --disposable --overlay-driver fuse "$ROOTFS" sh -c 'echo up; exec sleep infinity'
	kill -KILL "$LAUNCHER"
	await_exit "$LAUNCHER"
	equal "$STATUS" 137
}

@test "overlay: kill -9 of fuse-overlayfs harms the container alone" {
	has_driver fuse
	own_rootfs
	start_container --disposable --overlay-driver fuse "$ROOTFS" sh -c 'echo up; exec sleep infinity'
	read_out line
	pkill -KILL -P "$LAUNCHER" -x fuse-overlayfs
	run inside ls /www
	((status != 0)) || fail "the files are still there: $output"
	stop "$LAUNCHER"
	equal "$(cat "$ROOTFS/www/index.html")" "hello from root"
}

@test "overlay: contradictions and bad directories are refused" {
	own_rootfs
	run --separate-stderr netns_run --disposable --overlay "$T/s" "$ROOTFS" true
	assert_failed 125 ".*contradict"
	run --separate-stderr netns_run --overlay-driver fuse "$ROOTFS" true
	assert_failed 125 ".*without an overlay"
	run --separate-stderr netns_run --overlay "$T/no/such" "$ROOTFS" true
	assert_failed 125 ".*no/such.*No such file"
	run --separate-stderr netns_run --overlay /proc "$ROOTFS" true
	assert_failed 125 ".*/proc"
	echo file >"$T/file"
	run --separate-stderr netns_run --overlay "$T/file" "$ROOTFS" true
	assert_failed 125 ".*Not a directory"
}

@test "overlay: without fuse-overlayfs, or without /dev/fuse, the driver fuse says so" {
	own_rootfs
	run --separate-stderr env PATH=/nowhere "$RUN" --link="$LINK" --disposable --overlay-driver fuse "$ROOTFS" true
	assert_failed 125 ".*fuse-overlayfs was not found"
	assert_hint "install"
	run --separate-stderr unshare --user --map-current-user --keep-caps --mount bash -c "
		set -e; : >'$T/fuse'; chmod 0 '$T/fuse'; mount --bind '$T/fuse' /dev/fuse
		exec setpriv --ambient-caps=-all --inh-caps=-all \"\$@\"" -- "$RUN" --link="$LINK" \
		--disposable --overlay-driver fuse "$ROOTFS" true
	assert_failed 125 ".*/dev/fuse.*Permission denied"
	assert_hint "chmod 0666 /dev/fuse"
	# Not needed for the kernel's.
	equal "$(env PATH=/nowhere "$RUN" --link="$LINK" --disposable "$ROOTFS" /bin/echo fine)" fine
	run --separate-stderr env PATH=/nowhere "$RUN" --link="$LINK" --disposable / /bin/sh -c "echo x >$T/new; /bin/cat $T/new"
	equal "$output" x
	equal "$stderr" "netns-run: overlay driver kernel, not fuse: fuse-overlayfs was not found in PATH"
}
