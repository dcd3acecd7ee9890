#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# podman - rootless podman with netns-forwarder in slirp4netns's place
# bats file_tags=runtimes

load common
load runtimes

prepare_podman()
{
	type -P podman >/dev/null || missing podman
	prepare podman
	mkdir -p "$SHORT/home/.config/containers"
	cat >"$SHORT/home/.config/containers/containers.conf" <<-END
		[engine]
		cgroup_manager = "cgroupfs"
		events_logger = "file"
		network_cmd_path = "$BATS_FILE_TMPDIR/slirp4netns"
		[containers]
		cgroups = "disabled"
	END
}

podman()
{
	in_view timeout "$((PATIENCE * 6))" podman --root "$SHORT/store" --runroot "$SHORT/run" \
		--storage-driver vfs "$@"
}

end_runtimes()
{
	end_podman
}

@test "podman: a container has the network that its options ask for" {
	local port

	prepare_podman
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

	prepare_podman
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

	prepare_podman
	mkdir "$T/root/www/cgi-bin"
	printf '#!/bin/sh\necho; echo "$REMOTE_ADDR"\n' >"$T/root/www/cgi-bin/who"
	chmod 0755 "$T/root/www/cgi-bin/who"
	for handler in slirp4netns rootlesskit; do
		port=$("$PYTHON" "$TOOLS/free_ports.py" 1)
		podman run --detach --name "by-$handler" --network "slirp4netns:port_handler=$handler" \
			--publish "$port:80" --rootfs "$T/root" \
			httpd -f -p 80 -h /www >/dev/null
		client answers tcp 127.0.0.1 "$port"
		seen=$(as_neighbour curl -s --max-time "$PATIENCE" "http://$HOST4:$port/cgi-bin/who")
		case $handler in
			slirp4netns) matches "$seen" "[^0-9.]?$NEIGHBOUR4\\]?$" ;;
			rootlesskit) matches "$seen" "[^0-9.]?10\\.0\\.2\\." ;;
		esac
		podman rm --force --time 0 "by-$handler" >/dev/null
	done
}
