#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# etc - /etc inside, while somebody outside puts other files in the place of those of the host

load common

# with_own_etc SCRIPT [OPTION...]: runs SCRIPT as the host's root in a mount namespace with a copy
# of /etc, beside a container of the user's on "/". What SCRIPT has: `ask COMMAND`, which prints what
# that says inside, and `settle`, which waits until a change of resolv.conf has been noticed.
with_own_etc()
{
	local script=$1

	((WORLD_UIDS > 1)) || missing "subordinate ids: the user is the owner of /etc"
	shift
	as_host_root unshare --mount bash -c "
		set -e; cd '$T'
		mkdir etc run; chown 1000:1000 run; mkfifo asked answers events
		mount -t tmpfs -o mode=0755 etc etc; cp -a /etc/. etc
		touch etc/hosts; mount --bind etc /etc
		$BEFORE
		exec 5<>asked 6<>answers 7<>events
		ask() {
			local line
			echo \"\$*\" >&5
			while read -r -t $PATIENCE line <&6 && [[ \$line != . ]]; do echo \"\$line\"; done
		}
		settle() {
			local line
			echo \"nameserver 192.0.2.\$((100 + ++n))\" >/etc/new; mv /etc/new /etc/resolv.conf
			while read -r -t $PATIENCE line <&7 && [[ \$line != *resolver-changed* ]]; do :; done
		}
		setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all --ambient-caps=-all \\
			env XDG_RUNTIME_DIR='$T/run' '$RUN' --link=$LINK --name own --events-fd 8 ${*@Q} / \\
			sh -c 'while read -r words; do eval \"\$words\" 2>&1; echo .; done' \\
			<&5 >&6 8>events 5>&- 6>&- 7>&- &
		ask true
		$script
		echo exit >&5; wait \$!
		umount etc; rm -r etc run asked answers events" 3>&-
}

@test "etc: resolv.conf and hosts inside stay, whatever is put in their place outside" {
	with_own_etc '
		for file in resolv.conf hosts; do
			mkdir one two; echo two >two/file; echo one >one/file; echo host >one/other
			seen() { ask "cat /etc/$file" >"$1"; }
			seen before; grep . before >/dev/null
			echo over >/etc/new; mv /etc/new "/etc/$file"; seen 1
			rm "/etc/$file"; seen 2; echo made >"/etc/$file"; seen 3
			ln -s "$PWD/one/file" /etc/new; mv /etc/new "/etc/$file"; seen 4
			mv one/other one/file; seen 5
			ln -s "$PWD/two/file" /etc/new; mv -T /etc/new "/etc/$file"; seen 6
			mv two three; mv one two; seen 7
			echo more >>"/etc/$file"; seen 8
			for i in 1 2 3 4 5 6 7 8; do cmp before $i; done
			rm -r two three
		done
		ask "cat /etc/resolv.conf"; ask "getent hosts host.internal | wc -l"' >"$T/out"
	equal "$(head -n 1 "$T/out")" "nameserver 10.0.2.3"
	equal "$(tail -n 1 "$T/out")" 1
}

@test "etc: where a link leads to may be replaced, before and while a container runs" {
	BEFORE='mkdir link; echo "nameserver 192.0.2.5" >link/stub; ln -sf "$PWD/link/stub" /etc/resolv.conf' \
		with_own_etc '
		ask "cat /etc/resolv.conf"
		echo "nameserver 192.0.2.6" >link/new; mv link/new link/stub
		ask "cat /etc/resolv.conf"
		rm -r link; ask "cat /etc/resolv.conf"' >"$T/out"
	equal "$(grep -c "^nameserver 10.0.2.3$" "$T/out")" 3
	lacks "$(cat "$T/out")" 192.0.2
}

@test "etc: all else that changes outside is seen inside" {
	with_own_etc '
		look() {
			ask "tail -n 1 /etc/passwd"
			for f in added skel/mine; do ask "cat /etc/$f 2>/dev/null || echo none"; done
		}
		echo first:x:7:7::/: >>/etc/passwd; settle; look
		cp /etc/passwd /etc/new; echo second:x:7:7::/: >>/etc/new; mv /etc/new /etc/passwd
		echo added >/etc/added; echo mine >/etc/skel/mine; settle; look
		echo other >/etc/skel/new; mv /etc/skel/new /etc/skel/mine; rm /etc/added
		echo third:x:7:7::/: >>/etc/passwd; settle; look
		ask "ls /etc | wc -l"; ls /etc | wc -l' >"$T/out"
	equal "$(head -n 9 "$T/out" | paste -sd' ')" \
		"first:x:7:7::/: none none second:x:7:7::/: added mine third:x:7:7::/: none other"
	equal "$(tail -n 1 "$T/out")" "$(tail -n 2 "$T/out" | head -n 1)"
}

@test "etc: what may be written there is still written, and nothing else" {
	BEFORE='mkdir -p etc/mine etc/sub/mine; echo 1 >etc/file; echo 1 >etc/world; chmod 666 etc/world
		chown 1000:1000 etc/mine etc/sub/mine etc/file; mkfifo -m 666 etc/fifo' \
		with_own_etc '
		ask "for f in mine/new sub/mine/new file world; do echo 2 >/etc/\$f; done"
		cat /etc/mine/new /etc/sub/mine/new /etc/file /etc/world
		cat /etc/fifo >through &
		ask "echo through >/etc/fifo"; wait $!; cat through; rm through
		ask "for f in resolv.conf hosts passwd new skel/new; do (echo 2 >/etc/\$f) || echo no; done" |
			grep -c ^no
		ask "mount | grep -c \" on /etc/resolv.conf \""' >"$T/out"
	equal "$(paste -sd' ' "$T/out")" "2 2 2 2 through 5 0"
}

@test "etc: volumes, a nested container and commands that come later have the same" {
	mkdir "$T/volume"
	echo volume >"$T/volume/file"
	cp "$T/volume/file" "$T/volume/other"
	with_own_etc '
		settle
		ask "cat /etc/hosts /etc/skel/file /etc/made/file; cat /etc/resolv.conf"
		setpriv --reuid 1000 --regid 1000 --clear-groups env XDG_RUNTIME_DIR="$PWD/run" \
			"'"$CTL"'" own exec cat /etc/resolv.conf
		ask "'"$RUN_WORDS"' / cat /etc/resolv.conf /etc/hosts | grep -E \"volume|nameserver\""' \
		--cap-add=all --security-opt seccomp=unconfined -v "$NETNS_BUILD:$NETNS_BUILD" \
		-v /dev/net/tun:/dev/net/tun -v "$T/volume/file:/etc/hosts" -v "$T/volume:/etc/skel" \
		-v "$T/volume:/etc/made" >"$T/out"
	equal "$(head -n 3 "$T/out" | paste -sd' ')" "volume volume volume"
	equal "$(sed -n 's/nameserver //p' "$T/out" | paste -sd' ')" "10.0.2.3 10.0.2.3 10.0.3.3"
}

@test "etc: with the host's own network its servers are followed" {
	with_own_etc '
		ask "cat /etc/resolv.conf"; echo "nameserver 192.0.2.8" >/etc/new; mv /etc/new /etc/resolv.conf
		ask "cat /etc/resolv.conf"' --net=host >"$T/out"
	equal "$(tail -n 1 "$T/out")" "nameserver 192.0.2.8"
	lacks "$(head -n -1 "$T/out")" 192.0.2.8
	with_own_etc '
		echo "nameserver 192.0.2.8" >/etc/new; mv /etc/new /etc/resolv.conf
		ask "cat /etc/resolv.conf"' --net=host --dns 192.0.2.9 >"$T/out"
	equal "$(sed -n 's/nameserver //p' "$T/out")" 192.0.2.9
}

@test "etc: where something is mounted below it, the files are covered one by one" {
	BEFORE='mount --bind /dev/null /etc/hostname' with_own_etc '
		ask "cat /etc/resolv.conf; grep -c \" /etc/resolv.conf \" /proc/self/mountinfo"
		umount /etc/hostname' >"$T/out"
	equal "$(tail -n 1 "$T/out")" 1
	matches "$(head -n 1 "$T/out")" "nameserver 10.0.2.3"
}

@test "etc: that of a ROOTFS of one's own stays writable, and what is written stays there" {
	rootfs
	cp -r "$ROOTFS" "$T/root"
	touch "$T/root/etc/resolv.conf" "$T/root/etc/hosts"
	netns_run "$T/root" sh -c 'echo new:x:9:9::/: >/etc/new; cat /etc/passwd >>/etc/new
		mv /etc/new /etc/passwd; echo made >/etc/made; cat /etc/resolv.conf' >"$T/out"
	equal "$(head -n 1 "$T/root/etc/passwd")" new:x:9:9::/:
	equal "$(cat "$T/root/etc/made")" made
	matches "$(cat "$T/out")" "nameserver 10.0.2.3"
	equal "$(ls "$T/root/etc" | paste -sd' ')" "hosts made passwd resolv.conf"
}

@test "etc: with --read-only that of a ROOTFS of one's own cannot be uncovered either" {
	rootfs
	cp -r "$ROOTFS" "$T/root"
	echo "nameserver 192.0.2.5" >"$T/root/etc/resolv.conf"
	touch "$T/root/etc/hosts"
	mkdir "$T/root/etc/sub"
	start_container --read-only "$T/root" sleep infinity
	echo "nameserver 192.0.2.6" >"$T/new"
	mv "$T/new" "$T/root/etc/resolv.conf"
	equal "$(inside /bin/sed -n 's/nameserver //p' /etc/resolv.conf)" 10.0.2.3
	for name in new sub/new passwd; do
		run inside /bin/touch "/etc/$name"
		((status > 0))
		matches "$output" "Read-only"
	done
}

@test "etc: the host's services for names are not there, and what they write is ours" {
	local owner before='mount -t tmpfs -o mode=0755 run /run
		mkdir -p /run/systemd/resolve /run/nscd; touch /run/systemd/resolve/io.systemd.Resolve /run/nscd/socket
		echo "nameserver 192.0.2.53" >/run/systemd/resolve/stub-resolv.conf
		ln -sf ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf'

	for owner in 0 1000; do
		BEFORE="$before; chown $owner etc" with_own_etc '
			ask "cat /etc/resolv.conf"
			echo "nameserver 192.0.2.54" >/run/systemd/resolve/new
			mv /run/systemd/resolve/new /run/systemd/resolve/stub-resolv.conf
			ask "cat /etc/resolv.conf; ls -A /run/systemd/resolve /run/nscd"' >"$T/out"
		equal "$(paste -sd' ' "$T/out")" "nameserver 10.0.2.3 nameserver 10.0.2.3 \
/run/nscd:  /run/systemd/resolve: resolv.conf stub-resolv.conf"
	done
	BEFORE="$before" with_own_etc 'ask "cat /etc/resolv.conf; ls /run/nscd"' --net=host >"$T/out"
	equal "$(paste -sd' ' "$T/out")" "nameserver 192.0.2.53 socket"
}
