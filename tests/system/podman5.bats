#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# podman5 - podman 5 and RootlessKit 2, of Debian 13, with netns-forwarder in pasta's place
#
# tests/check.sh makes the archive of their root (tests/debian-root.sh). It is the root of a mount
# namespace of the host's; our programs are there at the path that they have here.
# bats file_tags=runtimes

load common

setup_file()
{
	export TRIXIE=$BATS_FILE_TMPDIR/trixie ARCHIVE=$NETNS_BUILD/trixie-root.tar
	load common
	[[ -r $ARCHIVE ]] && ((WORLD_UIDS > 1)) || return 0
	chmod 0711 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR"
	mkdir "$TRIXIE"
	as_host_root tar --numeric-owner -xpf "$ARCHIVE" -C "$TRIXIE"
	as_host_root bash -c '
		mkdir -p "$1"/{old,run/user/1000,pasta} "$1$2"
		ln -s "$2/forwarder/netns-forwarder" "$1/pasta/pasta"
		echo "user:x:1000:1000::/home/user:/bin/sh" >>"$1/etc/passwd"
		echo "user:1001:64535" | tee "$1/etc/subuid" >"$1/etc/subgid"
		echo "127.0.0.1 localhost" >"$1/etc/hosts"
		mkdir -p "$1/home/user/.config/containers"
		cat >"$1/home/user/.config/containers/containers.conf" <<-END
			[engine]
			cgroup_manager = "cgroupfs"
			events_logger = "none"
			helper_binaries_dir = ["/pasta", "/usr/lib/podman", "/usr/libexec/podman"]
			[containers]
			cgroups = "disabled"
		END
		mkdir -p "$1"/home/user/root/{bin,dev,etc,proc,run,sys,tmp,www/cgi-bin}
		cd "$1/home/user/root"
		cp /bin/busybox bin
		for applet in sh cat httpd ip nslookup nc wget; do
			ln -s busybox "bin/$applet"
		done
		echo hello >www/index.html
		printf "#!/bin/sh\necho; echo \"\$REMOTE_ADDR\"\n" >www/cgi-bin/who
		chmod 0755 www/cgi-bin/who
		chown -R 1000:1000 "$1/home/user"' bash "$TRIXIE" "$(realpath "$NETNS_BUILD")"
}

teardown_file()
{
	load common
	[[ ! -d $TRIXIE ]] || as_host_root rm -rf --one-file-system "$TRIXIE"
}

prepare()
{
	((WORLD_UIDS > 1)) || missing "subordinate ids"
	[[ -r $ARCHIVE ]] || skip "$ARCHIVE (tests/debian-root.sh makes it)"
}

# in_trixie CMD...: as the user, in a mount namespace whose root is Debian 13's.
in_trixie()
{
	as_trixie_root setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all \
		env -i PATH=/pasta:/usr/sbin:/usr/bin:/sbin:/bin HOME=/home/user USER=user \
		XDG_RUNTIME_DIR=/run/user/1000 NETNS_RUN_LINK="$LINK" "$@"
}

# The same, as root of the host.
as_trixie_root()
{
	as_host_root unshare --mount --cgroup bash -c '
		set -e
		mount --bind "$1" "$1"
		mount --rbind /dev "$1/dev"
		mount -t tmpfs -o mode=1777 shm "$1/dev/shm"
		mount -t proc proc "$1/proc"
		mount -t sysfs sysfs "$1/sys"
		mount -t cgroup2 cgroup2 "$1/sys/fs/cgroup"
		mount -t tmpfs -o mode=0700,uid=1000,gid=1000 run "$1/run/user/1000"
		mount --rbind "$2" "$1$2"
		cp /etc/resolv.conf "$1/etc/resolv.conf"
		cd "$1"
		pivot_root . old
		umount -l /old
		mount --make-rshared /
		shift 2
		export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
		unset XDG_RUNTIME_DIR
		exec "$@"' bash "$TRIXIE" "$(realpath "$NETNS_BUILD")" "$@"
}

# in_session: the script on standard input, in a shell that has podman's store to itself and leaves no
# process of podman's behind.
in_session()
{
	cat - >"$T/script"
	in_trixie timeout "$((PATIENCE * 6))" sh -c '
		podman() { /usr/bin/podman --storage-driver vfs "$@"; }
		run() { podman run --rootfs "$@"; }
		finish() {
			podman rm --force --all --time 0 >/dev/null 2>&1
			podman network prune --force >/dev/null 2>&1
			[ ! -e /run/user/1000/libpod/tmp/pause.pid ] ||
				kill -KILL "$(cat /run/user/1000/libpod/tmp/pause.pid)"
		}
		trap finish EXIT
		eval "$1"' sh "$(<"$T/script")"
}

# To tell those in there, and to be told.
make_fifos()
{
	rm -f "$TRIXIE/home/user/"{up,go}
	mkfifo "$TRIXIE/home/user/"{up,go}
}

@test "podman 5: a container has the host's address, name servers and services" {
	local port

	prepare
	serve port tcp whoami --address 0.0.0.0 --reply !
	run in_session <<-END
		podman run --rm --rootfs /home/user/root sh -c '
			ip address show lan0; ip route
			nslookup host.test; echo "status \$?"
			nc -w $PATIENCE host.containers.internal $port'
	END
	equal "$status" 0
	matches "$output" "inet $HOST4/24"
	matches "$output" "inet6 $HOST6/64"
	matches "$output" "default via $NEIGHBOUR4 dev lan0"
	matches "$output" '169\.254\.1\.1:53'
	matches "$output" 'status 0'
	matches "$output" "$HOST4 [0-9]+ !"
	[[ $LINK == tap ]] || matches "$output" 'lan0@'
}

@test "podman 5: published ports, and the true addresses of their clients" {
	local port pid word

	prepare
	port=$("$PYTHON" "$TOOLS/free_ports.py" 2)
	make_fifos
	in_session <<-END >"$T/log" 2>&1 3>&- &
		podman run --detach --name web --publish $port:80 --publish 127.0.0.1:$((port + 1)):80 \
			--rootfs /home/user/root httpd -f -p 80 -h /www && echo up >/home/user/up
		read -r word </home/user/go
	END
	pid=$!
	SERVERS+=("$pid")
	read -r -t "$((PATIENCE * 3))" word <"$TRIXIE/home/user/up" || fail "$(<"$T/log")"
	client answers tcp 127.0.0.1 "$port"
	equal "$(curl -s --max-time "$PATIENCE" "http://127.0.0.1:$port/")" hello
	equal "$(curl -s --max-time "$PATIENCE" "http://127.0.0.1:$((port + 1))/")" hello
	matches "$(as_neighbour curl -s --max-time "$PATIENCE" "http://$HOST4:$port/cgi-bin/who")" \
		"(^|[^0-9.])$NEIGHBOUR4\\]?$"
	matches "$(as_neighbour curl -s --max-time "$PATIENCE" "http://[$HOST6]:$port/cgi-bin/who")" \
		"$NEIGHBOUR6\\]?$"
	echo go >"$TRIXIE/home/user/go"
	wait "$pid"
	# Ours ends when it sees that the namespace has gone.
	client gone tcp 127.0.0.1 "$port"
}

# Its containers share one namespace with a network by pasta, and netavark's bridges in it.
@test "podman 5: a network of its own, with names, on ours" {
	prepare
	run in_session <<-END
		podman network create inner >/dev/null
		podman run --detach --name web --network inner --rootfs /home/user/root \
			httpd -f -p 80 -h /www >/dev/null
		podman run --rm --network inner --rootfs /home/user/root sh -c '
			wget -q -O - http://web/; nslookup host.test; echo "status \$?"'
		podman rm --force --all --time 0 >/dev/null
		podman network rm inner >/dev/null
	END
	equal "$status" 0
	matches "$output" hello
	matches "$output" 'status 0'
}

@test "RootlessKit 2: its own TAP, and ports as they are listened at" {
	local port pid word

	only_on tap
	prepare
	port=$("$PYTHON" "$TOOLS/free_ports.py" 1)
	make_fifos
	in_trixie timeout "$((PATIENCE * 6))" rootlesskit --net=pasta --pasta-binary=/pasta/pasta \
		--port-driver=implicit --mtu=65520 --copy-up=/etc --copy-up=/run \
		sh -c "ip address show tap0; busybox httpd -p $port -h /home/user/root/www; echo up >/home/user/up
			read -r word </home/user/go" >"$T/log" 2>&1 3>&- &
	pid=$!
	SERVERS+=("$pid")
	read -r -t "$((PATIENCE * 3))" word <"$TRIXIE/home/user/up" || fail "$(<"$T/log")"
	matches "$(<"$T/log")" '10\.0\.2\.100/24'
	client answers tcp 127.0.0.1 "$port"
	equal "$(curl -s --max-time "$PATIENCE" "http://127.0.0.1:$port/")" hello
	echo go >"$TRIXIE/home/user/go"
	wait "$pid" || true
}

# What is on its standard error beside that is of a system without a log.
@test "pasta of Debian 13 has the complaints that ours has" {
	local arguments complaint

	only_on tap
	prepare
	# shellcheck disable=SC2016
	in_trixie bash -c '
		while IFS="|" read -r arguments complaint; do
			echo "$arguments|$(/usr/bin/pasta $arguments 2>&1 </dev/null | grep -Fxm1 -- "$complaint")"
		done <<<"$1"' bash "$(<"$TOOLS/pasta_complaints")" >"$T/theirs"
	run diff "$TOOLS/pasta_complaints" "$T/theirs"
	equal "$output" ""
}

@test "podman 5: as root, with netns-netavark as the driver of a network" {
	local port

	prepare
	port=$("$PYTHON" "$TOOLS/free_ports.py" 1)
	cat >"$T/script" <<-'END'
		mkdir -p /usr/local/lib/netavark /etc/containers
		ln -s "$1/plugins/netns-netavark" /usr/local/lib/netavark/
		cat >/etc/containers/containers.conf <<-CONF
			[engine]
			cgroup_manager = "cgroupfs"
			events_logger = "none"
			enable_port_reservation = false
			[network]
			netavark_plugin_dirs = ["/usr/local/lib/netavark"]
			[containers]
			cgroups = "disabled"
		CONF
		podman() { /usr/bin/podman --storage-driver vfs --root /root/store --runroot /root/run "$@"; }
		podman network create --driver netns-netavark --subnet 10.79.0.0/24 --opt mtu=1400 --opt "link=$2" net
		podman network inspect net
		podman run --rm --network net --rootfs /home/user/root sh -c 'ip address show eth0; nslookup host.test'
		podman run --detach --name web --network net --publish "$3:80" --rootfs /home/user/root \
			httpd -f -p 80 -h /www
		echo up >/home/user/up
		read -r go </home/user/go
		podman rm --force --time 0 web
		"$1/src/ctl/netns-ctl" ls | tail -n +2
		podman network rm net
		rm /etc/containers/containers.conf
	END
	make_fifos
	as_trixie_root timeout "$((PATIENCE * 6))" sh -e -c "$(<"$T/script")" sh "$(realpath "$NETNS_BUILD")" "$LINK" "$port" \
		3>&- >"$T/out" 2>&1 &
	SERVERS+=("$!")
	read -r -t "$((PATIENCE * 6))" _ <"$TRIXIE/home/user/up" || fail "$(cat "$T/out")"
	client answers tcp 127.0.0.1 "$port"
	matches "$(as_neighbour curl -s --max-time "$PATIENCE" "http://$HOST4:$port/cgi-bin/who")" \
		"[^0-9.]?$NEIGHBOUR4\\]?\$"
	echo go >"$TRIXIE/home/user/go"
	wait "${SERVERS[-1]}"
	run cat "$T/out"
	matches "$output" '"gateway": "10\.79\.0\.2"'
	matches "$output" '10\.79\.0\.[0-9]+/24'
	matches "$output" 'mtu 1400'
	matches "$output" 'Name:.*host\.test'
	lacks "$output" netavark-
}
