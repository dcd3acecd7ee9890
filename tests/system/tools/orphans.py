#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""orphans - makes COUNT orphans that end, and waits until nobody is a zombie

orphans.py COUNT
"""
import glob
import os
import sys
import time

PATIENCE = float(os.environ.get("NETNS_TEST_PATIENCE", "10"))


def make_orphan():
    child = os.fork()
    if child == 0:
        os.fork()  # both end at once; the grandchild's parent is PID 1 by then, or soon
        os._exit(0)
    os.waitpid(child, 0)


def zombies():
    found = 0
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path, encoding="ascii", errors="replace") as file:
                found += file.read().rpartition(")")[2].split()[0] == "Z"
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


for _ in range(int(sys.argv[1])):
    make_orphan()
deadline = time.monotonic() + PATIENCE
while zombies():  # the kernel has no event for a reaping by somebody else
    if time.monotonic() > deadline:
        sys.exit(f"{zombies()} zombies")
    os.sched_yield()
print("no zombies")
