#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""free_ports - prints the first of COUNT consecutive ports that are free in both families

free_ports.py COUNT
"""
import contextlib
import socket
import sys


def bind_all(first, count):
    with contextlib.ExitStack() as stack:
        for port in range(first, first + count):
            sock = stack.enter_context(socket.socket(socket.AF_INET6))
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            sock.bind(("::", port))


def find(count):
    while True:
        with socket.socket() as sock:
            sock.bind(("", 0))
            first = sock.getsockname()[1]
        try:
            bind_all(first, count)
            return first
        except (OSError, OverflowError):
            continue  # ask the kernel again


print(find(int(sys.argv[1])))
