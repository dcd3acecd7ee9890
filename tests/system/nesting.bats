#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# nesting - netns-run within containers of others: masked /proc, no new privileges, few IDs
# bats file_tags=runtimes

load common
load runtimes

end_runtimes()
{
	[[ ! -d $SHORT/store ]] || {
		podman rm --force --all --time 0 >/dev/null 2>&1 || true
		podman system migrate >/dev/null 2>&1 || true # its process that keeps the namespaces
	}
}

podman()
{
	in_view timeout "$((PATIENCE * 6))" podman --root "$SHORT/store" --runroot "$SHORT/run" \
		--storage-driver vfs --cgroup-manager cgroupfs --events-backend file "$@"
}

# A root with the host's programs and ours, and nothing else of it.
make_root()
{
	local name

	prepare "$1"
	rm -rf "$T/root"
	mkdir -p "$T/root"/{etc,usr,proc,sys,dev,tmp,run,build}
	for name in bin sbin lib lib64; do
		ln -s "usr/$name" "$T/root/$name"
	done
	cp /etc/{passwd,group,nsswitch.conf} "$T/root/etc/"
	echo "nameserver $HOST4" >"$T/root/etc/resolv.conf"
}

# in_podman OPTION... -- CMD...: sets status, output and stderr, by files: podman may be gone before
# it has passed on all.
in_podman()
{
	local options=()

	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	shift
	mkdir -p -m 0777 "$SHORT/out"
	rm -f "$SHORT"/out/*
	status=0
	# shellcheck disable=SC2016 # inside
	podman run --rm --network host --cgroups disabled --device /dev/net/tun \
		--volume /usr:/usr:ro --volume "$NETNS_BUILD:/build:ro" --volume "$SHORT/out:/out" \
		"${options[@]}" --rootfs "$T/root" \
		sh -c 'umask 0; exec "$@" >/out/output 2>/out/stderr' sh "$@" || status=$?
	output=$(cat "$SHORT/out/output")
	stderr=$(cat "$SHORT/out/stderr")
}

ADDRESS='10\.0\.2\.100/24'

# What the container around has, an option a line: what engines give by default, and less.
PODS=(
	""
	"--security-opt=no-new-privileges --uidmap=0:0:1 --read-only"
	"--uidmap=0:0:1 --uidmap=1000:1:1 --user=1000"
)

@test "nesting: in rootless podman there is a network, with all of the sandbox" {
	local options

	only_on tap
	make_root podman
	chmod 1777 "$T/root/tmp"
	for options in "${PODS[@]}"; do
		# Its own directory: /tmp is of whoever was first.
		# shellcheck disable=SC2086 # words
		in_podman $options --env XDG_RUNTIME_DIR= --tmpfs=/tmp:mode=1777 -- \
			/build/launcher/netns-run --link=tap --sandbox=require / \
			sh -c 'ip -o -4 address show eth0; cat /etc/resolv.conf'
		equal "$options $status" "$options 0"
		matches "$output" "$ADDRESS"
		matches "$output" 'nameserver 10\.0\.2\.3'
		lacks "$stderr" netns-run
	done
}

@test "nesting: where /proc/sys is read-only the link is tap, or the cure is told" {
	only_on gateway
	make_root podman
	in_podman -- /build/launcher/netns-run / ip -o -4 address show eth0
	equal "$status" 0
	matches "$output" "$ADDRESS"
	matches "$stderr" "netns-run: link tap, not gateway: /proc/sys/net/.* is read-only here"
	in_podman -- /build/launcher/netns-run --link=gateway / true
	equal "$status" 125
	matches "$stderr" "netns-run: /proc/sys/net/.* is read-only here"
	matches "$stderr" "netns-run: hint: take --link=tap, or .*unmask=/proc/sys"
	in_podman --security-opt=unmask=/proc/sys -- /build/launcher/netns-run --link=gateway / \
		ip -o -4 address show eth0
	matches "$output" "$ADDRESS"
}

@test "nesting: what the container around lacks is told, and what helps" {
	only_on tap
	make_root podman
	in_podman --cap-drop=all -- /build/launcher/netns-run --link=tap / true
	equal "$status" 125
	matches "$stderr" "netns-run: root needs CAP_SETFCAP to be root of a container"
	matches "$stderr" "netns-run: hint: .*--cap-add setfcap"
	in_podman --cap-drop=all --cap-add=setfcap -- /build/launcher/netns-run --link=tap / \
		ip -o -4 address show eth0
	matches "$output" "$ADDRESS"
	# Docker's own filter: no namespaces.
	jq '.syscalls |= map(.names -= ["clone", "clone3", "unshare"]) + [
		{names: ["clone"], action: "SCMP_ACT_ALLOW",
		 args: [{index: 0, value: 2114060288, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ"}]},
		{names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: 38}]' \
		/usr/share/containers/seccomp.json >"$SHORT/seccomp.json"
	in_podman --security-opt=seccomp="$SHORT/seccomp.json" -- \
		/build/launcher/netns-run --link=tap / true
	equal "$status" 125
	equal "$stderr" "netns-run: new namespaces are not permitted here
netns-run: hint: leave the chroot, or allow clone and unshare in the seccomp profile of the container \
around (netns-run: --cap-add sys_admin, docker: --security-opt seccomp=unconfined)"
}

# make_bundle CMD...: of `runc spec --rootless`, as hardened as that makes it.
make_bundle()
{
	mkdir -p "$SHORT/bundle"
	(cd "$SHORT/bundle" && runc spec --rootless)
	jq --arg root "$T/root" --arg build "$NETNS_BUILD" \
		--argjson command "$(printf '%s\n' "$@" | jq -R . | jq -s .)" '
		.process.terminal = false | .process.args = $command | .process.noNewPrivileges = true
		| .root = {path: $root, readonly: true}
		| .process.capabilities |= map_values(. + ["CAP_SETFCAP"])
		| .mounts += [
			{destination: "/usr", source: "/usr", type: "none", options: ["rbind", "ro"]},
			{destination: "/build", source: $build, type: "none", options: ["rbind", "ro"]},
			{destination: "/tmp", source: "tmpfs", type: "tmpfs"},
			{destination: "/dev/net/tun", source: "/dev/net/tun", type: "none",
			 options: ["bind"]}]' "$SHORT/bundle/config.json" >"$SHORT/config"
	mv "$SHORT/config" "$SHORT/bundle/config.json"
}

@test "nesting: in rootless runc there is a network, with all of the sandbox" {
	only_on tap
	type -P runc >/dev/null || missing runc
	make_root runc
	mkdir -p "$T/root/dev/net"
	: >"$T/root/dev/net/tun"
	make_bundle /build/launcher/netns-run --link=tap --sandbox=require / \
		ip -o -4 address show eth0
	run --separate-stderr in_view timeout "$((PATIENCE * 3))" \
		runc --root "$SHORT/xdg/runc" run --bundle "$SHORT/bundle" nested
	equal "$stderr" ""
	equal "$status" 0
	matches "$output" "$ADDRESS"
}

# As LXD does: a sub-range of the user's IDs, none of them the host's own root.
@test "nesting: in a user namespace of a sub-range with a hidden /proc it works" {
	run --separate-stderr netns_run --uidmap 0:1:500 --gidmap 0:1:500 --cap-add=all \
		--security-opt seccomp=unconfined --volume "$NETNS_BUILD:$NETNS_BUILD" \
		--volume /dev/net/tun:/dev/net/tun --tmpfs /tmp / \
		"$RUN" --link="$LINK" --uidmap=single --name inner / ip -o -4 address show eth0
	echo "$output $stderr"
	equal "$status" 0
	matches "$output" '10\.0\.[23]\.100/24' # not the network around
}

@test "nesting: resolv.conf is a link: into /run, relative, dangling" {
	local target

	for target in /run/resolver/resolv.conf ../run/resolver/resolv.conf; do
		rootless_etc "$target" "mkdir /run/resolver; echo nameserver $HOST4 >/run/resolver/resolv.conf"
		matches "$output" 'nameserver 10\.0\.2\.3'
		equal "$stderr" ""
	done
	rootless_etc /run/nowhere/resolv.conf true
	matches "$output" 'nameserver 10\.0\.2\.3'
}

# rootless_etc TARGET PREPARATION: netns-run on a host whose resolv.conf is a link to TARGET.
rootless_etc()
{
	run --separate-stderr as_host_root unshare --mount bash -c '
		mount -t tmpfs none /run
		mount -t tmpfs none /mnt
		cp -a /etc/. /mnt
		rm -f /mnt/resolv.conf
		ln -s "$1" /mnt/resolv.conf
		mount --bind /mnt /etc
		eval "$2"
		shift 2
		exec setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all "$@"' bash \
		"$@" env XDG_RUNTIME_DIR="$XDG_RUNTIME_DIR" "$RUN" --link="$LINK" / cat /etc/resolv.conf
	equal "$status" 0
}
