#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# podman - rootless podman and RootlessKit with netns-forwarder in slirp4netns's place
# bats file_tags=runtimes

load common

setup_file()
{
	ln -s "$(realpath "$NETNS_BUILD")/forwarder/netns-forwarder" "$BATS_FILE_TMPDIR/slirp4netns"
}

# podman wants a short path for what it keeps in memory, and sockets one that fits into sun_path.
prepare()
{
	[[ ${WORLD_UIDS:-1} -gt 1 ]] || missing "subordinate ids, which podman needs"
	SHORT=$(mktemp -d /tmp/np.XXXXXX)
	mkdir -p "$SHORT"/{xdg,home/.config/containers}
	chmod 0700 "$SHORT/xdg"
	echo "$(id -un):1001:64535" >"$SHORT/subids"
	make_rootfs "$T/root"
	cat >"$SHORT/home/.config/containers/containers.conf" <<-END
		[engine]
		cgroup_manager = "cgroupfs"
		events_logger = "file"
		network_cmd_path = "$BATS_FILE_TMPDIR/slirp4netns"
		[containers]
		cgroups = "disabled"
	END
}

teardown()
{
	if [[ -n ${SHORT:-} ]]; then
		podman rm --force --all --time 0 >/dev/null 2>&1 || true
		podman system migrate >/dev/null 2>&1 || true # its process that keeps the namespaces
		as_host_root rm -rf "$SHORT"
	fi
	for pid in "${SERVERS[@]}"; do
		kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	[[ -z ${BATS_TEST_COMPLETED:-} ]] || "$PYTHON" "$TOOLS/leftovers.py"
	"$PYTHON" "$TOOLS/leftovers.py" --kill >/dev/null || true
}

# in_view CMD...: as the user, in a mount namespace with the cgroups that runtimes want to see, and
# with one range of subordinate ids: RootlessKit 1.1 takes several for more than they are.
in_view()
{
	as_host_root unshare --mount --cgroup bash -c '
		mount -t cgroup2 cgroup2 /sys/fs/cgroup
		mount --bind "$1" /etc/subuid
		mount --bind "$1" /etc/subgid
		shift
		exec setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all "$@"' bash "$SHORT/subids" \
		env -i PATH="$PATH" HOME="$SHORT/home" XDG_RUNTIME_DIR="$SHORT/xdg" NETNS_RUN_LINK="$LINK" "$@"
}

podman()
{
	in_view timeout "$((PATIENCE * 6))" podman --root "$SHORT/store" --runroot "$SHORT/run" \
		--storage-driver vfs "$@"
}

# The kind of a container's tap0, by what its name looks like to iproute2 there.
expect_link()
{
	if [[ $LINK == gateway ]]; then
		matches "$1" 'tap0@'
	else
		matches "$1" ' tap0: '
	fi
}

@test "podman: a container has the network that its options ask for" {
	local port

	command -v podman >/dev/null || missing podman
	prepare
	serve port tcp whoami --address 127.0.0.1 --reply !
	run podman run --rm --network slirp4netns:cidr=10.99.0.0/24,mtu=4000,enable_ipv6=true \
		--rootfs "$T/root" sh -c 'ip address show tap0; ip route'
	equal "$status" 0
	expect_link "$output"
	matches "$output" 'mtu 4000 '
	matches "$output" '10\.99\.0\.100/24'
	matches "$output" 'fd00::100/64'
	matches "$output" 'default via 10\.99\.0\.2 dev tap0'
	run podman run --rm --network slirp4netns:allow_host_loopback=true --rootfs "$T/root" \
		nc -w "$PATIENCE" 10.0.2.2 "$port"
	matches "$output" '127\.0\.0\.1 [0-9]+ !'
	run podman run --rm --network slirp4netns --rootfs "$T/root" nc -w "$PATIENCE" 10.0.2.2 "$port"
	[[ $status -ne 0 && $output != *!* ]] || fail "the host's loopback is open: $output"
	run podman run --rm --network slirp4netns --rootfs "$T/root" nslookup host.test
	equal "$status" 0
}

@test "podman: outbound_addr is the address that others see" {
	local port

	command -v podman >/dev/null || missing podman
	prepare
	as_host_root ip address replace 192.0.2.79/24 dev lan0
	mkfifo "$T/ready"
	as_neighbour timeout 90 "$PYTHON" "$TOOLS/serve.py" tcp whoami --ready "$T/ready" 3>&- >/dev/null &
	SERVERS+=("$!")
	read -r -t "$PATIENCE" port <"$T/ready"
	run podman run --rm --network slirp4netns:outbound_addr=192.0.2.79 --rootfs "$T/root" \
		nc -w "$PATIENCE" "$NEIGHBOUR4" "$port"
	matches "$output" '192\.0\.2\.79 [0-9]'
}

# With slirp4netns's port handler the service sees who asks; RootlessKit's hides it.
@test "podman: published ports, with either port handler" {
	local port handler seen

	command -v podman >/dev/null || missing podman
	prepare
	mkdir "$T/root/www/cgi-bin"
	printf '#!/bin/sh\necho; echo "$REMOTE_ADDR"\n' >"$T/root/www/cgi-bin/who"
	chmod 0755 "$T/root/www/cgi-bin/who"
	for handler in slirp4netns rootlesskit; do
		port=$("$PYTHON" "$TOOLS/free_ports.py" 1)
		podman run --detach --name "by-$handler" --network "slirp4netns:port_handler=$handler" \
			--publish "$port:80" --rootfs "$T/root" \
			httpd -f -p 80 -h /www >/dev/null
		client await tcp 127.0.0.1 "$port"
		seen=$(as_neighbour curl -s --max-time "$PATIENCE" "http://$HOST4:$port/cgi-bin/who")
		case $handler in
			slirp4netns) matches "$seen" "[^0-9.]?$NEIGHBOUR4\\]?$" ;;
			rootlesskit) matches "$seen" "[^0-9.]?10\\.0\\.2\\." ;;
		esac
		podman rm --force --time 0 "by-$handler" >/dev/null
	done
}

@test "podman: RootlessKit's bare TAP, both port drivers, sandbox and seccomp" {
	local driver port

	command -v rootlesskit >/dev/null || missing rootlesskit
	prepare
	for driver in slirp4netns builtin; do
		port=$("$PYTHON" "$TOOLS/free_ports.py" 1)
		mkfifo "$T/$driver"
		in_view timeout "$((PATIENCE * 6))" rootlesskit --state-dir "$SHORT/$driver" --net=slirp4netns \
			--slirp4netns-binary="$BATS_FILE_TMPDIR/slirp4netns" --mtu=65520 \
			--slirp4netns-sandbox=auto --slirp4netns-seccomp=auto --disable-host-loopback \
			--port-driver="$driver" --copy-up=/etc --copy-up=/run --publish "127.0.0.1:$port:80/tcp" \
			sh -c 'ip address show tap0 >"$0"; busybox httpd -f -p 80 -h "$1"' \
			"$T/$driver" "$T/root/www" 3>&- >/dev/null 2>"$T/$driver.err" &
		SERVERS+=("$!")
		run timeout "$PATIENCE" cat "$T/$driver"
		[[ -n $output ]] || fail "$(cat "$T/$driver.err")"
		expect_link "1: $output"
		matches "$output" '10\.0\.2\.100/24'
		matches "$output" 'mtu 65520'
		client await tcp 127.0.0.1 "$port"
		equal "$(curl -s --max-time "$PATIENCE" "http://127.0.0.1:$port/")" "hello from root"
		in_view pkill -KILL --full "^rootlesskit.*$SHORT/$driver" || true
	done
}
