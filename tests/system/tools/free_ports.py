#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""free_ports - prints the first of COUNT consecutive ports that are free in both families

free_ports.py COUNT

They are below those that the kernel gives to clients, which would take one of them meanwhile.
"""
import contextlib
import random
import socket
import sys


def bind_all(first, count):
    with contextlib.ExitStack() as stack:
        for port in range(first, first + count):
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                sock = stack.enter_context(socket.socket(socket.AF_INET6, kind))
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
                sock.bind(("::", port))


def find(count):
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
        of_clients = int(file.read().split()[0])
    while True:
        first = random.randrange(10000, of_clients - count)
        try:
            bind_all(first, count)
            return first
        except OSError:
            continue


print(find(int(sys.argv[1])))
