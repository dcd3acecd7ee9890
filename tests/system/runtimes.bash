# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# runtimes - what the tests of rootless container runtimes share, on top of common

setup_file()
{
	ln -s "$(realpath "$NETNS_BUILD")/forwarder/netns-forwarder" "$BATS_FILE_TMPDIR/slirp4netns"
}

# They want a short path for what they keep in memory, and sockets one that fits into sun_path.
make_short()
{
	SHORT=$(mktemp -d /tmp/np.XXXXXX)
	mkdir -p "$SHORT"/{xdg,home}
	chmod 0700 "$SHORT/xdg"
	echo "$(id -un):1001:64535" >"$SHORT/subids"
}

prepare()
{
	[[ ${WORLD_UIDS:-1} -gt 1 ]] || missing "subordinate ids, which $1 needs"
	make_short
	make_rootfs "$T/root"
}

# What a file overrides: ends what processes of ours would not end by themselves.
end_runtimes()
{
	:
}

# For files whose podman() says where it keeps things.
end_podman()
{
	podman rm --force --all --time 0 >/dev/null 2>&1 || true
	podman system migrate >/dev/null 2>&1 || true # its process that keeps the namespaces
}

teardown()
{
	if [[ -n ${SHORT:-} ]]; then
		end_runtimes
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

# The kind of a container's tap0, by what its name looks like to iproute2 there.
expect_link()
{
	if [[ $LINK == gateway ]]; then
		matches "$1" 'tap0@'
	else
		matches "$1" ' tap0: '
	fi
}
