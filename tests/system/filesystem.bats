#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# filesystem - volumes, tmpfs, --read-only, what the kernel's file systems show, hostile ROOTFS

load common

tree_of()
{
	(cd "$1" && find . -printf '%P %M %s %T@ %C@ %l\n' | sort)
}

# A ROOTFS of its own for the test, and a canary beside it.
own_rootfs()
{
	ROOTFS=$T/root
	make_rootfs "$ROOTFS"
	mkdir "$T/canary"
	echo untouched >"$T/canary/file"
}

# refused CAUSE OPTION...
refused()
{
	local cause=$1

	shift
	run --separate-stderr netns_run "$@"
	assert_failed 125 ".*$cause"
	assert_hint .
}

mounts_on()
{
	netns_run "$@" awk '{ print $5, $(NF - 2) }' /proc/self/mountinfo
}

@test "filesystem: a volume is the host's directory, both ways" {
	own_rootfs
	mkdir "$T/data"
	echo out >"$T/data/out"
	run --separate-stderr netns_run --volume "$T/data:/www" "$ROOTFS" sh -c 'cat /www/out; echo in >/www/in'
	equal "$output$stderr" out
	equal "$(cat "$T/data/in")" in
	equal "$(cat "$ROOTFS/www/index.html")" "hello from root"
}

@test "filesystem: :ro makes a volume read-only, with the mounts below it" {
	own_rootfs
	mkdir -p "$T/data/below"
	as_host_root mount -t tmpfs -o mode=0777 none "$T/data/below"
	run --separate-stderr netns_run -v "$T/data:/www:ro" "$ROOTFS" \
		sh -c 'touch /www/x; touch /www/below/x; mount -o remount,rw /www; touch /www/x'
	as_host_root umount "$T/data/below"
	matches "$stderr" "/www/x: Read-only file system"
	matches "$stderr" "/www/below/x: Read-only file system"
	equal "$(ls "$T/data")" below
}

@test "filesystem: a relative source, with spaces, starts at the working directory" {
	own_rootfs
	mkdir "$T/my data"
	echo text >"$T/my data/file"
	cd "$T"
	equal "$(netns_run -v './my data:/w w' -v 'my data/file:/etc/motd' "$ROOTFS" cat '/w w/file' /etc/motd)" \
		$'text\ntext'
}

@test "filesystem: a file and a device can be volumes" {
	own_rootfs
	echo text >"$T/file"
	equal "$(netns_run -v "$T/file:/file" -v /dev/zero:/dev/nothing "$ROOTFS" \
		sh -c 'cat /file; head -c1 /dev/nothing | od -An -tx1')" $'text\n 00'
}

@test "filesystem: missing targets are made up, and nothing is written into ROOTFS" {
	local before

	own_rootfs
	mkdir -p "$T/data/sub"
	echo text >"$T/data/file"
	before=$(tree_of "$ROOTFS"; tree_of "$T/data")
	equal "$(netns_run -v "$T/data:/srv/a/b" -v "$T/data:/data" -v "$T/data:/data/deep/er" \
		-v "$T/data/file:/etc/my.conf" --tmpfs /cache -v "$T/data:/cache/x" "$ROOTFS" sh -c \
		'cat /srv/a/b/file /data/file /data/deep/er/file /etc/my.conf /cache/x/file; ls -d /data/sub')" \
		$'text\ntext\ntext\ntext\ntext\n/data/sub'
	equal "$(tree_of "$ROOTFS"; tree_of "$T/data")" "$before"
}

@test "filesystem: volumes on the host's root" {
	mkdir "$T/data"
	echo text >"$T/data/file"
	equal "$(netns_run -v "$T/data:/srv" -v "$T/data:/mnt/here" / cat /srv/file /mnt/here/file)" \
		$'text\ntext'
}

@test "filesystem: the host's root is a volume, too" {
	own_rootfs
	equal "$(netns_run -v /:/host:ro "$ROOTFS" cat "/host$T/canary/file")" untouched
}

@test "filesystem: malformed and impossible volumes are refused" {
	own_rootfs
	refused "source '.*/none': No such file" -v ./none:/data "$ROOTFS" true
	refused "too few" -v /tmp "$ROOTFS" true
	refused "too many" -v /tmp:/a:b:c "$ROOTFS" true
	refused "no absolute path" -v /tmp:data "$ROOTFS" true
	refused "root directory" -v /tmp:/ "$ROOTFS" true
	refused "in /proc" -v /tmp:/proc/sys "$ROOTFS" true
	refused "option 'Z'" -v /tmp:/data:Z "$ROOTFS" true
	refused "option 'U'" -v /tmp:/data:U "$ROOTFS" true
	refused "two mounts" -v /tmp:/data --tmpfs /data "$ROOTFS" true
	refused "which is none" -v /tmp:/etc/passwd "$ROOTFS" true
	refused "which is a directory" -v /etc/passwd:/www "$ROOTFS" true
}

@test "filesystem: --tmpfs is empty, sized, and gone in the end" {
	own_rootfs
	run --separate-stderr netns_run --tmpfs /www:size=1m,mode=0700,exec --tmpfs /new "$ROOTFS" sh -c '
		ls -A /www; stat -c %a /www /new; df -k /www | awk "NR == 2 { print \$2 }"
		cp /bin/busybox /new/sh; /new/sh true; echo x >/www/x'
	equal "$output" $'700\n1777\n1024'
	matches "$stderr" "/new/sh: Permission denied"
	equal "$(ls "$ROOTFS/www")" index.html
	[[ ! -e $ROOTFS/new ]]
}

@test "filesystem: malformed tmpfs are refused" {
	own_rootfs
	refused "no absolute path" --tmpfs www "$ROOTFS" true
	refused "no value of size" --tmpfs /www:size=big "$ROOTFS" true
	refused "option 'huge=always'" --tmpfs /www:huge=always "$ROOTFS" true
	refused "/www" --tmpfs /www:uid=4000000 "$ROOTFS" true
}

@test "filesystem: --read-only protects ROOTFS, not what is mounted in it" {
	local before

	own_rootfs
	mkdir "$T/data"
	before=$(tree_of "$ROOTFS")
	run --separate-stderr netns_run --read-only -v "$T/data:/data" --tmpfs /tmp "$ROOTFS" sh -c '
		touch /data/x /tmp/x /dev/shm/x && echo written
		touch /x; touch /etc/x; touch /www/x; echo >>/www/index.html; rm /etc/passwd
		test -s /etc/resolv.conf && echo resolved'
	equal "$output" $'written\nresolved'
	equal "$(grep -c 'Read-only file system' <<<"$stderr")" 5
	[[ -e $T/data/x ]]
	equal "$(tree_of "$ROOTFS")" "$before"
}

@test "filesystem: /sys/fs/cgroup has one mount, cgroup2, of the own namespace" {
	local net

	own_rootfs
	for net in user none host; do
		run mounts_on --net "$net" "$ROOTFS"
		equal "$(grep -E '^/sys/fs/cgroup' <<<"$output")" "/sys/fs/cgroup cgroup2"
		equal "$(netns_run --net "$net" / grep -c ' / /sys/fs/cgroup ' /proc/self/mountinfo)" 1
	done
	# Where the kernel refuses a new sysfs, too.
	run netns_run --cap-add sys_admin / "$RUN" --link=tap --uidmap single / grep -c ' /sys/fs/cgroup' /proc/self/mountinfo
	equal "$output" 1
}

@test "filesystem: with --net host /sys is the host's, read-only" {
	own_rootfs
	equal "$(netns_run --net host "$ROOTFS" ls /sys/class/net)" "$(ls /sys/class/net)"
	run --separate-stderr netns_run --net host "$ROOTFS" sh -c '
		cat /sys/class/net/lo/mtu; echo 1400 >/sys/class/net/lo/mtu; ls /sys/firmware'
	equal "$output" "$(cat /sys/class/net/lo/mtu)"
	matches "$stderr" "Read-only file system"
	equal "$(netns_run --net host "$ROOTFS" cat /etc/resolv.conf)" "$(cat /etc/resolv.conf)"
}

@test "filesystem: /dev has what the OCI runtimes give" {
	own_rootfs
	run netns_run "$ROOTFS" sh -c '
		for f in null zero full random urandom tty; do test -c /dev/$f || echo $f; done
		for f in pts shm mqueue; do test -d /dev/$f || echo $f; done
		for f in fd stdin stdout stderr ptmx; do test -L /dev/$f || echo $f; done
		test -c /dev/ptmx && mknod /dev/made c 1 3 2>/dev/null && echo mknod
		echo x >/dev/null; head -c1 /dev/zero | wc -c; echo x >/dev/full'
	matches "$output" "^1"$'\n'".*No space left on device"
	matches "$(netns_run "$ROOTFS" cat /proc/self/mounts)" "tmpfs /dev tmpfs"
	equal "$(script -qec "'$RUN' --link=$LINK '$ROOTFS' test -c /dev/console" /dev/null)" ""
}

@test "filesystem: what the OCI runtimes mask of /proc and /sys is masked" {
	local path

	own_rootfs
	run netns_run "$ROOTFS" sh -c '
		for f in kcore keys timer_list latency_stats sched_debug; do
			test -e /proc/$f && test -s /proc/$f && echo $f; done
		for f in acpi scsi; do test ! -d /proc/$f || ls -A /proc/$f; done
		ls -A /sys/firmware
		for f in bus fs irq sysrq-trigger sys/kernel/hostname; do
			test -f /proc/$f && { echo x >/proc/$f; } 2>/dev/null && echo $f; done
		for f in bus fs irq sys; do grep -q " /proc/$f proc ro," /proc/self/mounts || echo $f; done
		echo 1 >/proc/sys/net/ipv4/ip_forward || echo forward'
	equal "$output" ""
}

@test "filesystem: inspect lists the mounts" {
	local name=fs$$

	own_rootfs
	start_container --name "$name" -v "$T/canary:/c:ro" --tmpfs /t:size=1m --read-only "$ROOTFS" \
		sh -c 'echo up; cat'
	equal "$(jq -c '[.read_only, .overlay, .mounts]' "$INFO")" "$(jq -cn --arg source "$T/canary" '[true, null, [
		{type: "bind", source: $source, destination: "/c", options: ["ro"]},
		{type: "tmpfs", destination: "/t", options: ["rw", "nosuid", "nodev", "noexec", "size=1m"]}]]')"
}

# --- hostile root file systems: an error or safely inside, never outside ---

# hostile WHAT OPTION...: an error or a command that ran, with nothing changed on the host's side
hostile()
{
	local before

	before=$(tree_of "$T/canary"; tree_of "$ROOTFS")
	run --separate-stderr netns_run "$@" "$ROOTFS" sh -c 'cat /etc/resolv.conf /etc/hosts >/dev/null; echo ran'
	case $status in
	0) equal "$output" ran ;;
	125) assert_failed 125 . ;;
	*) fail "status $status: $output $stderr" ;;
	esac
	equal "$(tree_of "$T/canary"; tree_of "$ROOTFS")" "$before"
}

@test "filesystem: mount points that are symbolic links lead nowhere outside" {
	local name target

	own_rootfs
	for name in proc sys dev etc; do
		mv "$ROOTFS/$name" "$ROOTFS/aside"
		for target in "$T/canary" / .. ../.. ../canary /proc/self/root "$name" dangling www; do
			ln -s "$target" "$ROOTFS/$name"
			hostile
			equal "$status" 125
			matches "${stderr_lines[0]}" "\"/$name\""
			rm "$ROOTFS/$name"
		done
		mv "$ROOTFS/aside" "$ROOTFS/$name"
	done
}

@test "filesystem: files of /etc that lead out or are no files are replaced inside" {
	local name target

	own_rootfs
	for name in resolv.conf hosts; do
		for target in "$T/canary/file" "$T/canary/new" ../../canary/file ../../../../canary/new \
			"$name" /dev/stdin /proc/self/fd/0 /proc/self/root/etc/passwd; do
			ln -s "$target" "$ROOTFS/etc/$name"
			hostile
			equal "$status" 0
			rm "$ROOTFS/etc/$name"
		done
		mkfifo "$ROOTFS/etc/$name"
		hostile
		equal "$status" 0
		rm "$ROOTFS/etc/$name"
		mkdir -p "$ROOTFS/etc/$name/below"
		hostile
		equal "$status" 0
		rm -r "$ROOTFS/etc/$name"
	done
}

@test "filesystem: targets of volumes lead nowhere outside" {
	local target

	own_rootfs
	mkdir "$T/data"
	ln -s "$T/canary" "$ROOTFS/absolute"
	ln -s ../../../../../../../../.. "$ROOTFS/up"
	ln -s ../canary "$ROOTFS/sibling"
	ln -s loop "$ROOTFS/loop"
	ln -s /proc "$ROOTFS/kernel"
	ln -s /proc/self/root "$ROOTFS/magic"
	mkfifo "$ROOTFS/fifo"
	for target in absolute absolute/new "up$T/canary" up/new sibling sibling/new loop loop/new \
		kernel kernel/1 magic magic/new fifo fifo/new; do
		hostile -v "$T/data:/$target"
		hostile --tmpfs "/$target"
		hostile -v "$T/data/:/$target/deep/er"
	done
}

@test "filesystem: directories that may not be read, and files in the place of directories" {
	local name

	own_rootfs
	chmod 0 "$ROOTFS/www"
	hostile
	equal "$status" 0
	hostile --tmpfs /www/new
	chmod 0755 "$ROOTFS/www"
	for name in proc sys dev etc; do
		mv "$ROOTFS/$name" "$ROOTFS/aside"
		echo file >"$ROOTFS/$name"
		hostile
		equal "$status" 125
		rm "$ROOTFS/$name"
		mkfifo "$ROOTFS/$name"
		hostile
		equal "$status" 125
		rm "$ROOTFS/$name"
		mv "$ROOTFS/aside" "$ROOTFS/$name"
	done
}
