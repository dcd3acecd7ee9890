#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""steady_port - connects to ADDRESS PORT again and again until its standard input ends

steady_port.py ADDRESS PORT

Each connection has to be accepted and to bring back a line. Prints how many did; fails with the
first one that did not.
"""
import select
import socket
import sys


def main():
    address, port = sys.argv[1], int(sys.argv[2])
    done = 0
    print("begun", flush=True)
    while not select.select([sys.stdin], [], [], 0)[0]:
        with socket.create_connection((address, port), timeout=10) as sock:
            sock.sendall(b"hello\n")
            answer = sock.recv(64)
        if answer != b"hello\n":
            sys.exit(f"connection {done}: got {answer!r}")
        done += 1
    print(done)


main()
