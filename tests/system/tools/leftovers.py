#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""leftovers - waits for the end of all containers' processes; names those that stay

leftovers.py [--timeout SECONDS] [--kill] [--ignore PID]...

A container's process is one of the caller's user, or of a subordinate id, with a name of ours or
with a namespace that the caller is not in. The exit status tells whether any was left. --kill ends them instead.
"""
import argparse
import contextlib
import os
import re
import select
import signal
import sys
import time

PATIENCE = float(os.environ.get("NETNS_TEST_PATIENCE", "10"))
NAMES = re.compile(r"netns-(run|forwarder|init|exec|gateway|deputy|attach|cni|netavark|oci|pasta)")


def namespaces(pid):
    links = {}
    for kind in ("user", "net", "mnt", "pid", "uts", "ipc", "cgroup"):
        try:
            links[kind] = os.readlink(f"/proc/{pid}/ns/{kind}")
        except (PermissionError, FileNotFoundError):
            pass  # not dumpable, or ended: its name tells
    return links


def read_status(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def is_leftover(pid, own):
    status = read_status(pid)
    uid = int(status["Uid"].split()[0])
    if uid in {0, 65534} - {os.getuid()} or status["State"].startswith("Z"):
        return False
    return bool(NAMES.match(status["Name"])) or not namespaces(pid).items() <= own.items()


def find(ignored):
    own, found = namespaces("self"), {}
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) in ignored:
            continue
        try:
            fd = os.pidfd_open(int(name))
            if is_leftover(int(name), own):
                found[int(name)] = fd
            else:
                os.close(fd)
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


def await_ends(processes, deadline):
    poll = select.poll()
    for fd in processes.values():
        poll.register(fd, select.POLLIN)
    left = dict(processes)
    while left:
        events = poll.poll(max(0, (deadline - time.monotonic()) * 1000))
        if not events:
            return left
        for fd, _ in events:
            poll.unregister(fd)
            left = {pid: other for pid, other in left.items() if other != fd}
    return left


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--timeout", type=float, default=PATIENCE / 10)
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--ignore", action="append", type=int, default=[])
    arguments = parser.parse_args()
    deadline = time.monotonic() + arguments.timeout
    processes = find(set(arguments.ignore))
    if arguments.kill:
        for fd in processes.values():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                signal.pidfd_send_signal(fd, signal.SIGKILL)
    while processes:
        left = await_ends(processes, deadline)
        for pid in left:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                print(f"left: {pid} {file.read().replace(bytes(1), b' ').decode()}")
        if left:
            return 1
        processes = find(set(arguments.ignore))  # those that the ended ones started
    return 0


sys.exit(main())
