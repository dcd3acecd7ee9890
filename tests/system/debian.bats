#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# debian - packages are installed into a Debian root of an ordinary user
#
# tests/check.sh makes the archive of the root (tests/debian-root.sh). The repository is ours, on the
# host's loopback: it has one package, with a file of www-data's. Id 33 inside is 1033 on the host,
# as in identity.bats.

load common

setup_file()
{
	export ROOTFS=$BATS_FILE_TMPDIR/debian ARCHIVE=$NETNS_BUILD/debian-root.tar
	load common
	[[ -r $ARCHIVE ]] && ((WORLD_UIDS > 1)) || return 0
	chmod 0711 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR"
	mkdir "$ROOTFS"
	in_map tar --numeric-owner -xf "$ARCHIVE" -C "$ROOTFS"
}

teardown_file()
{
	load common
	[[ ! -d $ROOTFS ]] || in_map rm -rf "$ROOTFS"
}

# As root of a full map, on the host's own root: what is in there belongs to ids that are not ours.
in_map()
{
	"$RUN" --net=none / "$@"
}

needs_debian()
{
	((WORLD_UIDS > 1)) || missing "subordinate ids"
	[[ -r $ARCHIVE ]] || skip "$ARCHIVE (tests/debian-root.sh makes it)"
}

make_package() # DIRECTORY
{
	local tree=$T/tree

	mkdir -p "$tree/DEBIAN" "$tree/usr/share/hello-netns" "$1"
	echo "hello from a package" >"$tree/usr/share/hello-netns/greeting"
	printf '%s\n' "Package: hello-netns" "Version: 1.0" "Architecture: all" \
		"Maintainer: Nobody <nobody@example.invalid>" "Description: says hello" \
		>"$tree/DEBIAN/control"
	printf '#!/bin/sh\nset -e\ncd /usr/share/hello-netns\nchown www-data:mail greeting\nchmod 2755 .\n' \
		>"$tree/DEBIAN/postinst"
	chmod 0755 "$tree/DEBIAN" "$tree/DEBIAN/postinst"
	dpkg-deb --root-owner-group --build "$tree" "$1/hello-netns_1.0_all.deb" >/dev/null
	{
		cat "$tree/DEBIAN/control"
		echo "Filename: ./hello-netns_1.0_all.deb"
		echo "Size: $(stat -c %s "$1/hello-netns_1.0_all.deb")"
		echo "SHA256: $(sha256sum "$1/hello-netns_1.0_all.deb" | cut -d' ' -f1)"
	} >"$1/Packages"
}

# Sets PORT.
serve_repository()
{
	make_package "$T/repository"
	start_server PORT "$PYTHON" "$TOOLS/files.py" "$T/repository"
	in_map sh -c "rm -f '$ROOTFS'/etc/apt/sources.list.d/*
		echo 'deb [trusted=yes] http://host.internal:$PORT/ ./' >'$ROOTFS/etc/apt/sources.list'"
}

@test "debian: the root's files carry mapped ids" {
	needs_debian
	start_container "$ROOTFS" sleep infinity
	equal "$(stat -c %u "$ROOTFS/etc/passwd")" "$(jq '.uid_ranges[0].outside' "$INFO")"
	equal "$(inside stat -c %G /etc/shadow)" shadow
	equal "$(stat -c %g "$ROOTFS/etc/shadow")" 1042
}

@test "debian: apt-get update and install, over our network, as apt's own user" {
	needs_debian
	serve_repository
	run netns_run --host-port "$PORT" "$ROOTFS" sh -c \
		'apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y hello-netns'
	((status == 0)) || fail "$output"
	lacks "$output" "W: "
	matches "$output" "Setting up hello-netns"
	equal "$(cat "$ROOTFS/usr/share/hello-netns/greeting")" "hello from a package"
	equal "$(stat -c %u:%g "$ROOTFS/usr/share/hello-netns/greeting")" 1033:1008
	equal "$(netns_run "$ROOTFS" stat -c %U:%G:%A /usr/share/hello-netns/greeting \
		/usr/share/hello-netns | xargs)" "www-data:mail:-rw-r--r-- root:root:drwxr-sr-x"
	equal "$(netns_run "$ROOTFS" dpkg-query -W -f '${Status}' hello-netns)" "install ok installed"
}

@test "debian: su becomes a user of the root, whose files have his id" {
	needs_debian
	run netns_run "$ROOTFS" su -s /bin/sh www-data -c 'id; : >/tmp/mine; chown root /tmp/mine'
	equal "${lines[0]}" "uid=33(www-data) gid=33(www-data) groups=33(www-data)"
	((status != 0)) || fail "www-data gave a file to root"
	equal "$(stat -c %u:%g "$ROOTFS/tmp/mine")" 1033:1033
}

@test "debian: users and groups are added, and a disposable session forgets them" {
	needs_debian
	run netns_run --disposable "$ROOTFS" sh -c 'useradd -m web && su web -c "id -un; pwd; ls -ld ~"'
	matches "$output" "^web.*web web .*/home/web$"
	run -1 grep -c ^web: "$ROOTFS/etc/passwd"
	equal "$output" 0
}
