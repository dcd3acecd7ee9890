#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# identity - id maps, --user: who the command is, inside and outside
#
# The host's user has 64535 subordinate ids from 1001 on, then 999 from 1 on (tools/world). So id 33
# inside is 1033 on the host.

load common

FULL='0:1 1:64535 64536:999'

# The inner ids of a map as FIRST:COUNT, whatever they are outside: on the gateway link there is a
# user namespace in between.
MAP="awk '{ printf \"%s%s:%s\", s, \$1, \$3; s = \" \" }'"

setup_file()
{
	export ROOTFS=$BATS_FILE_TMPDIR/rootfs
	load common
	make_rootfs "$ROOTFS"
	printf '%s\n' root:x:0:0:root:/root:/bin/sh web:x:33:33::/var/www:/bin/sh \
		high:x:70000:0::/:/bin/sh >"$ROOTFS/etc/passwd"
	printf '%s\n' root:x:0: web:x:33: audio:x:29:root,web video:x:44: far:x:70000:high \
		>"$ROOTFS/etc/group"
}

needs_ids()
{
	((WORLD_UIDS > 1)) || missing "subordinate ids"
}

# A shell command as the host's root, then, in the same mount namespace, netns-run as the user.
run_on_changed_host()
{
	local change=$1

	shift
	as_host_root unshare --mount bash -c "$change
		exec setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all \
			env XDG_RUNTIME_DIR='$XDG_RUNTIME_DIR' \"\$@\"" -- "$RUN" --link="$LINK" "$@"
}

as_user_of_group() # GROUP NETNS-RUN-ARGUMENT...
{
	local group=$1

	shift
	as_host_root setpriv --reuid 1000 --regid 1000 --groups "$group" --inh-caps=-all \
		env XDG_RUNTIME_DIR="$XDG_RUNTIME_DIR" "$RUN" --link="$LINK" "$@"
}

# --- maps ---

@test "identity: all subordinate ids are mapped, of users and groups" {
	needs_ids
	run --separate-stderr netns_run / sh -c \
		"$MAP /proc/self/uid_map; echo; $MAP /proc/self/gid_map; echo; cat /proc/self/setgroups"
	equal "${lines[0]}" "$FULL"
	equal "${lines[1]}" "$FULL"
	equal "${lines[2]}" allow
	equal "$stderr" ""
}

@test "identity: --info-fd tells the maps" {
	needs_ids
	start_container / sleep infinity
	equal "$(jq -r .uidmap,.gidmap,.idmap_reason "$INFO" | xargs)" "full full null"
	equal "$(jq -c '.uid_ranges[1]' "$INFO")" '{"inside":1,"outside":1001,"count":64535}'
	equal "$(jq -c '.gid_ranges[0]' "$INFO")" '{"inside":0,"outside":1000,"count":1}'
}

@test "identity: files of any id can be made, and carry the subordinate id outside" {
	needs_ids
	netns_run / sh -c "cd '$T' && touch a b && chown 33:29 a && chown 65534:64536 b"
	equal "$(stat -c %u:%g "$T/a")" 1033:1029
	equal "$(stat -c %u:%g "$T/b")" 999:1
	equal "$(netns_run / stat -c %u:%g "$T/a" "$T/b" | xargs)" "33:29 65534:64536"
}

@test "identity: an archive is unpacked with its owners" {
	needs_ids
	"$PYTHON" - "$T/a.tar" <<-'EOF'
		import io, sys, tarfile
		with tarfile.open(sys.argv[1], "w") as tar:
		    for uid, gid in ((0, 0), (1, 42), (100, 65534)):
		        member = tarfile.TarInfo(f"of-{uid}-{gid}")
		        member.uid, member.gid = uid, gid
		        tar.addfile(member, io.BytesIO())
	EOF
	mkdir "$T/unpacked"
	netns_run / tar --numeric-owner -xf "$T/a.tar" -C "$T/unpacked"
	equal "$(cd "$T/unpacked" && stat -c %n:%u:%g -- * | xargs)" \
		"of-0-0:1000:1000 of-1-42:1001:1042 of-100-65534:1100:999"
}

@test "identity: su becomes another user for good" {
	needs_ids
	run netns_run "$ROOTFS" su web -c 'id -u; id -g; id -G; touch /www/x 2>/dev/null || echo denied'
	equal "${lines[*]}" "33 33 33 29 denied"
	run -1 netns_run "$ROOTFS" su web -c 'chown 0 /proc/self'
	equal "$(netns_run / setpriv --reuid 65534 --regid 65534 --clear-groups id -u)" 65534
}

@test "identity: the caller's supplementary groups are dropped where they may be" {
	needs_ids
	equal "$(as_user_of_group 33 / id -G)" 0
	# Not with a single id: a file may be closed to a group and open to others.
	equal "$(as_user_of_group 33 --uidmap single / "$PYTHON" -c \
		'import os; print(*os.getgroups())')" 65534
}

@test "identity: single maps the caller alone, and setgroups is denied" {
	run --separate-stderr netns_run --uidmap single / sh -c \
		"$MAP /proc/self/uid_map; echo; $MAP /proc/self/gid_map; echo; cat /proc/self/setgroups"
	equal "${lines[*]}" "0:1 0:1 deny"
	equal "$stderr" ""
	start_container --uidmap=single / sleep infinity
	equal "$(jq -r .uidmap,.gidmap "$INFO" | xargs)" "single single"
}

@test "identity: groups can be mapped in another way" {
	needs_ids
	equal "$(netns_run --gidmap single / sh -c "$MAP /proc/self/uid_map; echo; $MAP \
		/proc/self/gid_map; echo; cat /proc/self/setgroups")" "$FULL
0:1
deny"
}

@test "identity: an explicit map of granted ids" {
	needs_ids
	equal "$(netns_run --uidmap 0:1000:1,5:2000:10 / sh -c "$MAP /proc/self/uid_map; echo; $MAP \
		/proc/self/gid_map")" "0:1 5:10
0:1 5:10"
	netns_run --uidmap 0:1000:1,5:2000:10 / chown 7:8 "$(mktemp --tmpdir="$T")"
	equal "$(stat -c %u:%g "$T"/tmp.*)" 2002:2003
	# The caller's own id needs nobody's help.
	equal "$(netns_run --uidmap 0:1000:1 / sh -c "$MAP /proc/self/gid_map")" 0:1
}

@test "identity: without the caller's id, root inside is somebody else" {
	needs_ids
	chmod 0711 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR"
	start_container --uidmap 0:2000:1000 "$ROOTFS" sh -c 'id -u; id -g; tail -f /dev/null; :'
	read_out line
	equal "$line" 0
	equal "$(stat -c %u "/proc/$CHILD")" 2000
	equal "$(inside id -G)" "$(inside id -g)"
	kill -KILL "$LAUNCHER"
	await_exit "$LAUNCHER"
	assert_nothing_left
}

@test "identity: ROOTFS is found where root inside may not search" {
	needs_ids
	mkdir -m 0700 "$T/closed"
	cp -a "$ROOTFS" "$T/closed/root"
	chmod 0755 "$T/closed/root"
	equal "$(cd "$T/closed" && netns_run --uidmap 0:2000:1000 ./root stat -c %u:%g /bin)" \
		65534:65534
	equal "$(netns_run --uidmap 0:2000:1000 "$T/closed/root" id -u)" 0
	chmod 0755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_RUN_TMPDIR/test" "$T" "$T/closed"
	mkdir -m 0755 "$T/closed/volume"
	touch "$T/closed/volume/file"
	equal "$(cd "$T/closed" && netns_run --uidmap 0:2000:1000 --volume volume:/tmp ./root ls /tmp)" \
		file
}

@test "identity: who may set ids writes the maps without help" {
	needs_ids
	chmod 0711 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR"
	chmod 0777 "$T"
	as_host_root mkdir -m 0700 "$T/of-root"
	as_host_root env XDG_RUNTIME_DIR="$T/of-root" PATH=/bin "$RUN" --link="$LINK" --uidmap 0:5:100 \
		"$ROOTFS" sh -c "$MAP /proc/self/uid_map; cat /proc/self/setgroups" >"$T/out"
	equal "$(cat "$T/out")" 0:100allow
	as_host_root rm -rf "$T/of-root"
}

@test "identity: a range of another user, or of nobody, is refused" {
	needs_ids
	run --separate-stderr netns_run --uidmap 0:1000:1,1:0:1 / true
	assert_failed 125 "--uidmap 1:0:1: /etc/subuid does not grant 0 to "
	assert_hint "1001-65535, 1-999, or 1000 alone"
	run --separate-stderr netns_run --uidmap 0:1000:2 / true
	assert_failed 125 "--uidmap 0:1000:2: /etc/subuid does not grant 1000-1001 to "
	run --separate-stderr netns_run --gidmap 0:65000:1000 / true
	assert_failed 125 "--gidmap 0:65000:1000: /etc/subgid does not grant 65000-65999 to "
	run --separate-stderr run_on_changed_host \
		'mount --bind <(echo other:2000:10) /etc/subuid 2>/dev/null || {
			echo other:200000:10 >"$TMPDIR/subuid.$$"
			mount --bind "$TMPDIR/subuid.$$" /etc/subuid; rm "$TMPDIR/subuid.$$"; }' \
		--uidmap 0:200000:1 / true
	assert_failed 125 "--uidmap 0:200000:1: /etc/subuid does not grant 200000 to .*, but to other"
	assert_hint "usermod --add-subuids 200010-265545 "
}

@test "identity: ranges that overlap, and what is no range, are refused" {
	local map

	run --separate-stderr netns_run --uidmap 0:1000:1,1:2000:10,5:3000:1 / true
	assert_failed 125 "--uidmap: 1:2000:10 and 5:3000:1 overlap: both have id 5 of the container"
	run --separate-stderr netns_run --gidmap 0:1000:1,1:2000:10,20:2009:1 / true
	assert_failed 125 "--gidmap: 1:2000:10 and 20:2009:1 overlap: both have id 2009 of the host"
	for map in '' 0 0:1000 0:1000:0 a:1000:1 0:-1:1 0:1000:1, 4294967295:0:1 automatic; do
		run --separate-stderr netns_run --uidmap "$map" / true
		assert_failed 125 "--uidmap: "
		assert_hint .
	done
	run --separate-stderr netns_run --uidmap "1:$(id -u):1" / true
	assert_failed 125 "--uidmap has no id 0 inside"
}

# --- what auto does without ---

@test "identity: without subordinate ids one is mapped, silently unless asked" {
	needs_ids
	run --separate-stderr run_on_changed_host 'mount --bind /dev/null /etc/subuid' \
		--info-fd 2 / sh -c "$MAP /proc/self/uid_map"
	equal "$output" 0:1
	equal "$(jq -r .uidmap,.gidmap <<<"$stderr" | xargs)" "single single"
	matches "$(jq -r .idmap_reason <<<"$stderr")" "^/etc/subuid grants .* no ids$"
	run --separate-stderr run_on_changed_host 'mount --bind /dev/null /etc/subgid' \
		--uidmap auto / sh -c "$MAP /proc/self/uid_map"
	equal "$output" 0:1
	matches "$stderr" "^netns-run: only one id is mapped: /etc/subgid grants .* no ids$"
}

@test "identity: a newuidmap without power is not used" {
	needs_ids
	run --separate-stderr run_on_changed_host \
		'mount -t tmpfs none /mnt && cp /bin/false /mnt/x && mount --bind /mnt/x /usr/bin/newuidmap' \
		--info-fd 2 / true
	matches "$(jq -r .idmap_reason <<<"$stderr")" "newuidmap is neither set-user-ID root"
	run --separate-stderr setpriv --no-new-privs "$RUN" --link="$LINK" --info-fd 2 / true
	matches "$(jq -r .idmap_reason <<<"$stderr")" "no_new_privs is set"
}

@test "identity: a newuidmap that fails is told, and one id is mapped" {
	needs_ids
	local change='mount -t tmpfs none /mnt && cp /bin/false /mnt/x && chmod u+s /mnt/x &&
		mount --bind /mnt/x /usr/bin/newuidmap'

	run --separate-stderr run_on_changed_host "$change" / sh -c "$MAP /proc/self/uid_map"
	equal "$output" 0:1
	matches "$stderr" "^netns-run: only one id is mapped: /usr/bin/newuidmap: "
	run --separate-stderr run_on_changed_host "$change" --uidmap 0:1000:1,1:2000:1 / true
	assert_failed 125 "/usr/bin/newuidmap: "
}

# --- --user ---

@test "identity: --user by name, by number, with a group" {
	local spec expected

	needs_ids
	while read -r spec expected; do
		run netns_run --user "$spec" "$ROOTFS" sh -c 'echo $(id -u):$(id -g):$(id -G):$HOME'
		equal "$spec $output" "$spec $expected"
	done <<-'EOF'
		web 33:33:33 29:/var/www
		33 33:33:33 29:/var/www
		web:video 33:44:44:/var/www
		web:0 33:0:0:/var/www
		1234 1234:0:0:/
		1234:29 1234:29:29:/
		0:0 0:0:0:/root
		root 0:0:0 29:/root
	EOF
}

@test "identity: --user has no rights of root" {
	needs_ids
	run netns_run --user web "$ROOTFS" sh -c \
		'grep CapEff /proc/self/status; touch /etc/x 2>/dev/null || echo denied'
	equal "${lines[*]}" "CapEff:	0000000000000000 denied"
}

@test "identity: --user that is not there, is not mapped, or is no user" {
	local spec

	needs_ids
	run --separate-stderr netns_run --user nobody "$ROOTFS" true
	assert_failed 125 "unknown user 'nobody': /etc/passwd has no such name"
	assert_hint ROOTFS
	run --separate-stderr netns_run --user web:nogroup "$ROOTFS" true
	assert_failed 125 "unknown group 'nogroup': /etc/group has no such name"
	for spec in high 70000; do
		run --separate-stderr netns_run --user $spec "$ROOTFS" true
		assert_failed 125 "uid 70000 of --user is not mapped: the map has 0-65534"
		assert_hint --uidmap
	done
	run --separate-stderr netns_run --uidmap single --user web "$ROOTFS" true
	assert_failed 125 "uid 33 of --user is not mapped: the map has 0"
	assert_hint "usermod --add-subuids"
	for spec in '' : 1: :1 1:2:3 'a b' 99999999999; do
		run --separate-stderr netns_run --user "$spec" "$ROOTFS" true
		assert_failed 125 "'$spec' names no user"
	done
}

@test "identity: a hostile /etc/passwd delays nobody" {
	local hostile=$T/hostile

	needs_ids
	cp -a "$ROOTFS" "$hostile"
	rm "$hostile/etc/passwd" "$hostile/etc/group"
	mkfifo "$hostile/etc/passwd"
	ln -s /proc/self/fd/0 "$hostile/etc/group"
	# Not id, which would read the FIFO.
	equal "$(netns_run "$hostile" awk '/^[UG]id/ { print $2 }' /proc/self/status | xargs)" "0 0"
	equal "$(netns_run --user 33:44 "$hostile" awk '/^[UG]id/ { print $2 }' /proc/self/status |
		xargs)" "33 44"
	run --separate-stderr netns_run --user web "$hostile" true
	assert_failed 125 "unknown user 'web': /etc/passwd is not there or is no regular file"
	rm "$hostile/etc/passwd"
	ln -s ../../../../../../etc/passwd "$hostile/etc/passwd" # itself, inside
	run --separate-stderr netns_run --user web "$hostile" true
	assert_failed 125 "unknown user 'web'"
	rm "$hostile/etc/passwd"
	truncate -s 1T "$hostile/etc/passwd"
	equal "$(netns_run --user 7 "$hostile" awk '/^Uid/ { print $2 }' /proc/self/status)" 7
}

@test "identity: the namespaces of another user's command can be entered" {
	needs_ids
	start_container --user web "$ROOTFS" tail -f /dev/null
	equal "$(inside id -u)" 0
	equal "$(stat -c %u "/proc/$CHILD")" 1033
	inside ip link show eth0 | grep -q UP
}

@test "identity: exec as another user" {
	needs_ids
	start_container "$ROOTFS" tail -f /dev/null
	equal "$("$CTL" "$NAME" exec sh -c 'id -u')" 0
	equal "$("$CTL" "$NAME" exec --user web sh -c 'echo $(id -u):$(id -G):$HOME')" \
		"33:33 29:/var/www"
	run --separate-stderr "$CTL" "$NAME" exec --user nobody true
	assert_failed 125 "unknown user 'nobody'"
}

@test "identity: apt updates as its own user" {
	command -v apt-get >/dev/null || skip "no apt here"
	needs_ids
	chmod 0711 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$T"
	mkdir -p "$T/repo" "$T/lists/partial" "$T/cache/archives/partial"
	: >"$T/repo/Packages"
	echo "deb [trusted=yes] file:$T/repo ./" >"$T/sources.list"
	run netns_run / apt-get -o Dir::Etc::SourceList="$T/sources.list" -o Dir::Etc::SourceParts=- \
		-o Dir::State::Lists="$T/lists" -o Dir::Cache="$T/cache" update
	equal "$status" 0
	lacks "$output" "W:"
	equal "$(stat -c %u "$T/lists/partial")" "$((1000 + $(id -u _apt)))"
}
