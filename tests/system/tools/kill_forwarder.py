#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""kill_forwarder - kills a container's forwarder again and again, and waits for the next one

kill_forwarder.py STATE [--times N] [--pace SECONDS]

STATE is the container's state.json. --pace is the time from one kill to the next: five within ten
seconds would be the container's end. Prints the times until there was a new one, in milliseconds.
"""
import argparse
import json
import os
import signal
import sys
import time

PATIENCE = float(os.environ.get("NETNS_TEST_PATIENCE", "10"))


def forwarder(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)["forwarder"]


def kill_one(path):
    old = forwarder(path)
    start = time.monotonic()
    os.kill(old["pid"], signal.SIGKILL)
    while forwarder(path)["pid"] == old["pid"]:
        if time.monotonic() - start > PATIENCE:
            sys.exit("no new forwarder")
        time.sleep(0.001)
    new = forwarder(path)
    if new["restarts"] != old["restarts"] + 1:
        sys.exit(f"from {old} to {new}")
    return (time.monotonic() - start) * 1000


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("state")
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--pace", type=float, default=2.6)
    arguments = parser.parse_args()
    for i in range(arguments.times):
        start = time.monotonic()
        print(f"{kill_one(arguments.state):.1f}", flush=True)
        if i + 1 < arguments.times:
            time.sleep(max(0, start + arguments.pace - time.monotonic()))


if __name__ == "__main__":
    main()
