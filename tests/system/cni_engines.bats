#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# cni_engines - netns-cni, called by containerd and podman, and for many pods at once
# bats file_tags=runtimes

load common

PLUGIN=$NETNS_BUILD/plugins/netns-cni

# As the root of the tests' host, who is root of a user namespace: as rootless containerd is.
prepare()
{
	[[ ${WORLD_UIDS:-1} -gt 1 ]] || missing "subordinate ids, which images need"
	[[ -d /etc/cni ]] || missing "/etc/cni, where engines look for networks"
	NODE=$(mktemp -d /tmp/nc.XXXXXX)
	chmod 0755 "$NODE"
	ROOT=$NODE/image
	make_rootfs "$ROOT"
	mkdir "$ROOT/www/cgi-bin"
	printf '#!/bin/sh\necho; echo "$REMOTE_ADDR"\n' >"$ROOT/www/cgi-bin/who"
	chmod 0755 "$ROOT/www/cgi-bin/who"
	PORT=$("$PYTHON" "$TOOLS/free_ports.py" 1)
}

# network NAME [MEMBERS]: the machine's only one.
network()
{
	echo "{\"cniVersion\":\"${VERSION:-1.0.0}\",\"name\":\"$1\",\"plugins\":[{\"type\":\"netns-cni\",\"link\":\"$LINK\"${2:+,$2}}]}" \
		>"$T/10-$1.conflist"
	NETWORK=$T/10-$1.conflist
}

teardown()
{
	if [[ -n ${MACHINE:-} ]]; then
		as_host_root kill -KILL "$MACHINE" || true
	fi
	for pid in "${SERVERS[@]}"; do
		kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	[[ -z ${NODE:-} ]] || as_host_root rm -rf "$NODE"
	[[ -z ${BATS_TEST_COMPLETED:-} ]] || "$PYTHON" "$TOOLS/leftovers.py"
	"$PYTHON" "$TOOLS/leftovers.py" --kill >/dev/null || true
}

# start_machine CMD...: for engines, of which one may be CMD. Sets MACHINE, its first process.
start_machine()
{
	mkfifo "$NODE/pid"
	as_host_root "$TOOLS/node" "$NODE" "$PLUGIN" "$NETWORK" "$@" 3>&- >"$T/machine.log" 2>&1 &
	SERVERS+=("$!")
	read -r -t "$PATIENCE" MACHINE <"$NODE/pid" || fail "no machine: $(cat "$T/machine.log")"
}

on_machine()
{
	as_host_root nsenter --target "$MACHINE" --mount --cgroup --pid \
		env -i PATH="$PATH" HOME="$NODE/home" timeout "$((PATIENCE * 6))" "$@"
}

# The server at $PORT sees who asks.
client_seen()
{
	matches "$(as_neighbour curl -s --max-time "$PATIENCE" "http://$HOST4:$PORT/cgi-bin/who")" \
		"[^0-9.]?$NEIGHBOUR4\\]?\$"
}

# --- containerd ---

start_containerd()
{
	local line

	mkfifo "$NODE/log"
	cat >"$NODE/containerd.toml" <<-END
		version = 2
		root = "$NODE/root"
		state = "$NODE/state"
		disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
		[grpc]
		address = "$NODE/sock"
	END
	# No cgroup of the machine is this root's to write.
	printf '#!/bin/sh\nexec crun --cgroup-manager=disabled "$@"\n' >"$NODE/runtime"
	chmod 0755 "$NODE/runtime"
	start_machine sh -c 'exec containerd --config "$0/containerd.toml" 2>"$0/log"' "$NODE"
	exec {LOG}<"$NODE/log"
	while read -r -t "$((PATIENCE * 3))" line <&"$LOG"; do
		[[ $line != *'successfully booted'* ]] || break
	done
	matches "$line" 'successfully booted'
	cat <&"$LOG" >"$T/containerd.log" 3>&- &
	SERVERS+=("$!")
}

ctr()
{
	on_machine ctr --address "$NODE/sock" "$@"
}

# run_container [OPTION...] IMAGE NAME CMD...
run_container()
{
	ctr run --cni --snapshotter native --runc-binary "$NODE/runtime" "$@"
}

@test "cni: containerd's containers have a network and published ports" {
	local state

	command -v containerd >/dev/null || missing containerd
	command -v crun >/dev/null || missing crun
	prepare
	network net "\"publish\":\"$PORT:80\""
	start_containerd
	"$PYTHON" "$TOOLS/oci_image.py" "$ROOT" docker.io/library/box:1 "$NODE/box.tar"
	ctr image import --snapshotter native "$NODE/box.tar" >/dev/null
	run run_container --rm docker.io/library/box:1 first \
		sh -c 'ip address show eth0; ip route; nslookup host.test 10.0.2.3'
	equal "$status" 0
	matches "$output" '10\.0\.2\.100/24'
	matches "$output" 'default via 10\.0\.2\.2 dev eth0'
	matches "$output" 'Name:.*host\.test'
	run_container --detach docker.io/library/box:1 second httpd -f -p 80 -h /www
	client answers tcp 127.0.0.1 "$PORT"
	client_seen
	matches "$(on_machine "$CTL" ls)" "cni-default-seco-[0-9a-f]+ .*$PORT:80/tcp"
	state=$(as_host_root bash -c 'echo "$0"/run/user/*/netns-run/cni-default-seco-*' "$NODE")
	as_host_root test -e "$state/lock"
	ctr task kill --signal KILL second
	# Held until the helper's end; with that the directory goes.
	on_machine flock "$state/lock" true 2>/dev/null || as_host_root test ! -d "$state"
	equal "$(on_machine "$CTL" ls | tail -n +2)" ""
}

# --- podman ---

podman()
{
	on_machine podman --root "$NODE/store" \
		--runroot "$NODE/runroot" --storage-driver vfs "$@"
}

@test "cni: podman with its CNI backend, ports and addresses by its options" {
	command -v podman >/dev/null || missing podman
	prepare
	network net '"capabilities":{"portMappings":true,"ips":true,"mac":true}'
	# It would bind published ports itself, so that nobody else takes them.
	mkdir "$NODE/containers"
	cat >"$NODE/containers/containers.conf" <<-END
		[engine]
		enable_port_reservation = false
		cgroup_manager = "cgroupfs"
		events_logger = "file"
		runtime = "crun"
		[network]
		network_backend = "cni"
		network_config_dir = "/etc/cni/net.d"
		cni_plugin_dirs = ["/opt/cni/bin"]
		[containers]
		cgroups = "disabled"
	END
	start_machine sleep infinity
	run podman run --rm --network net --ip 10.0.2.77 --mac-address 02:11:22:33:44:55 \
		--rootfs "$ROOT" sh -c 'ip address show eth0; cat /etc/resolv.conf; nslookup host.test'
	equal "$status" 0
	matches "$output" 'link/ether 02:11:22:33:44:55 '
	matches "$output" '10\.0\.2\.77/24'
	matches "$output" 'nameserver 10\.0\.2\.3'
	matches "$output" 'Name:.*host\.test'
	podman run --detach --name web --network net --publish "$PORT:80" --rootfs "$ROOT" \
		httpd -f -p 80 -h /www >/dev/null
	client answers tcp 127.0.0.1 "$PORT"
	client_seen
	run podman run --rm --network net --publish "$PORT:80" --rootfs "$ROOT" true
	[[ $status -ne 0 ]] || fail "the port was published twice"
	podman rm --force --time 0 web >/dev/null
	equal "$(on_machine "$CTL" ls | tail -n +2)" ""
	equal "$(client connect tcp 127.0.0.1 "$PORT")" ECONNREFUSED
}

# --- many ---

@test "cni: 50 pods, each with its own published port" {
	local first

	first=$("$PYTHON" "$TOOLS/free_ports.py" 50)
	run "$PYTHON" "$TOOLS/pods.py" "$PLUGIN" 50 "$first" "$LINK"
	echo "# ${lines[*]}" >&3
	equal "$status" 0
}
