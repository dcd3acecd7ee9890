# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# common - what the tests of the virtual machine share, on top of the system suite's
#
# How it works
#
# No private host here: the user's own session and its systemd are what is tested, so that
# XDG_RUNTIME_DIR stays as it is.

load ../system/common

TOOLS=$BATS_TEST_DIRNAME/../system/tools

setup()
{
	T=$BATS_TEST_TMPDIR
	LAUNCHERS=() SERVERS=() COUNT=0
	MOUNTS=$(wc -l </proc/self/mountinfo)
}

assert_nothing_left()
{
	"$PYTHON" "$TOOLS/leftovers.py" || return 1
	equal "$(wc -l </proc/self/mountinfo)" "$MOUNTS"
	equal "$(find "$XDG_RUNTIME_DIR/netns-run" -mindepth 1 2>/dev/null)" ""
}

# A run of netns-run that has worked and had nothing to complain about.
assert_quiet()
{
	equal "$stderr" ""
	equal "$status" 0
}

is_loaded()
{
	grep -q "^$1 " /proc/modules
}

# The user's own cgroup, which systemd delegates to it.
session_cgroup()
{
	echo "/sys/fs/cgroup/user.slice/user-$UID.slice/user@$UID.service"
}

assert_controllers()
{
	equal "$(tr ' ' '\n' <"$(session_cgroup)/cgroup.controllers" | sort | xargs)" "$1"
}

# await_line FILE REGEX: a file of cgroup v2 whose changes poll(2) reports.
await_line()
{
	timeout "$PATIENCE" "$PYTHON" -c '
import re, select, sys
with open(sys.argv[1]) as file:
    poll = select.poll()
    poll.register(file, select.POLLPRI)
    while not re.search(sys.argv[2], file.read(), re.MULTILINE):
        poll.poll()
        file.seek(0)' "$@" || fail "$1 has not $2 but: $(cat "$1")"
}

# ctl VERB [OPTION...]: netns-ctl with the last container. Sets ANSWER.
ctl()
{
	ANSWER=$("$CTL" "$NAME" "$@" 2>&1) || fail "$*: $ANSWER"
}
