#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""steady - connects over and over again, and tells how that went

steady.py ADDRESS PORT [--pause SECONDS] [--ready FILE]

Each connection reads to the end; one that brings nothing has failed ("empty"), too. Writes a line to
FILE after the first. SIGTERM ends it: it prints one JSON object with the number of connections, the
failures by the names of their errors, and the longest time from one success to the next, in
milliseconds.
"""
import argparse
import collections
import errno
import json
import signal
import socket
import sys
import time


class Stop(Exception):
    pass


def stop(_number, _frame):
    raise Stop


def connect(address, port):
    """The name of what went wrong, or None"""
    try:
        with socket.create_connection((address, port), timeout=10) as sock:
            got = 0
            while data := sock.recv(4096):
                got += len(data)
            return None if got else "empty"
    except TimeoutError:
        return "timeout"
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))


def run(arguments, result):
    last = time.monotonic()
    while True:
        failure = connect(arguments.address, arguments.port)
        if failure:
            result["failures"][failure] += 1
        else:
            now = time.monotonic()
            result["longest"] = max(result["longest"], round((now - last) * 1000))
            result["connections"] += 1
            last = now
            if arguments.ready:
                with open(arguments.ready, "w", encoding="ascii") as file:
                    file.write("1\n")
                arguments.ready = None
        time.sleep(arguments.pause)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("port", type=int)
    parser.add_argument("--pause", type=float, default=0.005)
    parser.add_argument("--ready")
    arguments = parser.parse_args()
    result = {"connections": 0, "failures": collections.Counter(), "longest": 0}
    signal.signal(signal.SIGTERM, stop)
    try:
        run(arguments, result)
    except Stop:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    json.dump(result, sys.stdout)
    print()


if __name__ == "__main__":
    main()
