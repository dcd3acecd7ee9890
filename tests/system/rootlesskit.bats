#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# rootlesskit - RootlessKit with netns-forwarder in slirp4netns's place, and an engine on it
# bats file_tags=runtimes

load common
load runtimes

@test "rootlesskit: a bare TAP, both port drivers, sandbox and seccomp" {
	local driver port

	command -v rootlesskit >/dev/null || missing rootlesskit
	prepare RootlessKit
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
		client answers tcp 127.0.0.1 "$port"
		equal "$(curl -s --max-time "$PATIENCE" "http://127.0.0.1:$port/")" "hello from root"
		in_view pkill -KILL --full "^rootlesskit.*$SHORT/$driver" || true
	done
}

# start_containerd ROOTLESSKIT-OPTION...: containerd as nerdctl's containerd-rootless.sh starts it, with
# all that it writes in $SHORT. Waits until it serves.
start_containerd()
{
	local line

	mkdir "$SHORT/containerd"
	cat >"$SHORT/containerd.toml" <<-END
		version = 2
		root = "$SHORT/containerd/root"
		state = "$SHORT/containerd/state"
		disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.snapshotter.v1.aufs",
			"io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs",
			"io.containerd.snapshotter.v1.devmapper", "io.containerd.internal.v1.opt"]
		[grpc]
		address = "$SHORT/containerd.sock"
		[ttrpc]
		address = "$SHORT/containerd.ttrpc"
	END
	mkfifo "$T/containerd.err"
	in_view timeout "$((PATIENCE * 6))" "$ROOTLESSKIT" --state-dir "$SHORT/state" --net=slirp4netns --mtu=65520 \
		--slirp4netns-binary="$BATS_FILE_TMPDIR/slirp4netns" --slirp4netns-sandbox=auto \
		--slirp4netns-seccomp=auto --disable-host-loopback --port-driver=builtin --copy-up=/etc \
		--copy-up=/run --copy-up=/var/lib --propagation=rslave "$@" \
		containerd --config "$SHORT/containerd.toml" 3>&- >"$T/containerd.err" 2>&1 </dev/null &
	SERVERS+=("$!")
	exec {OUT}<"$T/containerd.err"
	while read -r -t "$((PATIENCE * 2))" line <&"$OUT" || fail "$(cat "$T/containerd.log")"; do
		echo "$line" >>"$T/containerd.log"
		[[ $line != *'containerd successfully booted'* ]] || break
	done
	# Or it would stop when the pipe is full.
	cat <&"$OUT" >>"$T/containerd.log" 3>&- &
	SERVERS+=("$!")
}

# ctr ARG...: in RootlessKit's namespaces, as nerdctl does it.
in_engine()
{
	in_view timeout "$((PATIENCE * 3))" nsenter --target "$(<"$SHORT/state/child_pid")" --user --mount --net \
		--preserve-credentials "$@"
}

end_runtimes()
{
	in_view pkill -TERM --full "^$ROOTLESSKIT.*$SHORT" || true
}

@test "rootlesskit: containerd on it, whose container has the network" {
	local port published

	type -P containerd >/dev/null || missing containerd
	type -P runc >/dev/null || missing runc
	ROOTLESSKIT=rootlesskit
	prepare RootlessKit
	mkfifo "$T/port"
	as_neighbour timeout 90 "$PYTHON" "$TOOLS/serve.py" tcp whoami --ready "$T/port" 3>&- >/dev/null &
	SERVERS+=("$!")
	read -r -t "$PATIENCE" port <"$T/port"
	published=$("$PYTHON" "$TOOLS/free_ports.py" 1)
	start_containerd --publish "127.0.0.1:$published:8080/tcp"
	expect_link "1: $(in_engine ip address show tap0)"
	run in_engine ctr --address "$SHORT/containerd.sock" run --rm --net-host --cgroup "" --cpu-shares 0 \
		--env PATH=/bin --rootfs "$T/root" one \
		/bin/sh -c "nslookup host.test && nc -w $PATIENCE $NEIGHBOUR4 $port"
	equal "$status: $output" "0: $output"
	matches "$output" "$HOST4 [0-9]+"
	in_engine ctr --address "$SHORT/containerd.sock" run --detach --net-host --cgroup "" --cpu-shares 0 \
		--rootfs "$T/root" web /bin/busybox httpd -f -p 8080 -h /www
	client answers tcp 127.0.0.1 "$published"
	equal "$(curl -s --max-time "$PATIENCE" "http://127.0.0.1:$published/")" "hello from root"
	in_engine ctr --address "$SHORT/containerd.sock" task kill --signal KILL web
}

# What runs under it stays in the host's network namespace; the one with the network is a file.
@test "rootlesskit: a detached network namespace (2.0)" {
	local inside port

	ROOTLESSKIT=$NETNS_BUILD/rootlesskit2/usr/bin/rootlesskit
	[[ -x $ROOTLESSKIT ]] || skip "$ROOTLESSKIT (tests/newer-package.sh gets it)"
	prepare RootlessKit
	port=$("$PYTHON" "$TOOLS/free_ports.py" 1)
	mkfifo "$T/inside"
	in_view timeout "$((PATIENCE * 6))" "$ROOTLESSKIT" --state-dir "$SHORT/state" --net=slirp4netns --mtu=65520 \
		--slirp4netns-binary="$BATS_FILE_TMPDIR/slirp4netns" --slirp4netns-sandbox=auto \
		--slirp4netns-seccomp=auto --disable-host-loopback --port-driver=builtin --copy-up=/etc \
		--copy-up=/run --propagation=rslave --detach-netns --publish "127.0.0.1:$port:80/tcp" \
		sh -c 'netns=$ROOTLESSKIT_STATE_DIR/netns
			{ ip -brief link show lan0; nsenter --net="$netns" ip address show tap0; } >"$0"
			nsenter --net="$netns" busybox httpd -f -p 80 -h "$1"' \
		"$T/inside" "$T/root/www" 3>&- >/dev/null 2>"$T/err" &
	SERVERS+=("$!")
	inside=$(timeout "$((PATIENCE * 2))" cat "$T/inside")
	[[ $inside ]] || fail "$(cat "$T/err")"
	matches "$inside" '^lan0'
	expect_link "1: $inside"
	matches "$inside" '10\.0\.2\.100/24'
	client answers tcp 127.0.0.1 "$port"
	equal "$(curl -s --max-time "$PATIENCE" "http://127.0.0.1:$port/")" "hello from root"
}
