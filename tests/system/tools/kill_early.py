#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""kill_early - starts a command many times, and kills it at another moment of its start each time

kill_early.py [--times N] [--span SECONDS] [--signal NAME] -- CMD...
"""
import argparse
import signal
import subprocess
import sys
import time

parser = argparse.ArgumentParser()
parser.add_argument("--times", type=int, default=40)
parser.add_argument("--span", type=float, default=0.05)
parser.add_argument("--signal", default="KILL")
parser.add_argument("command", nargs="+")
arguments = parser.parse_args()
number = signal.Signals[f"SIG{arguments.signal}"]
for i in range(arguments.times):
    with subprocess.Popen(arguments.command, stderr=subprocess.DEVNULL) as process:
        time.sleep(arguments.span * i / arguments.times)  # the moment is what is tested
        process.send_signal(number)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            sys.exit(f"run {i} did not end by SIG{arguments.signal}")
