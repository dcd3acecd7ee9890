#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""activate - starts a program with listening sockets, as systemd does (sd_listen_fds(3))

activate.py [--listen NAME=PROTOCOL:ADDRESS|PATH]... --ports FILE CMD [ARG...]

The sockets are descriptors 3 and up; their ports are lines of FILE. PROTOCOL is tcp, udp or unix. An
address of :: takes both families, as with systemd.socket(5).
"""
import argparse
import os
import socket
import sys

FIRST = 3


def open_socket(protocol, address):
    if protocol == "unix":
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.bind(address)
        sock.listen(128)
        return sock
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if address == "::" else 1)
    sock.bind((address, 0))
    if protocol == "tcp":
        sock.listen(128)
    return sock


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--listen", action="append", default=[])
    parser.add_argument("--ports", required=True)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    names, sockets = [], []
    for listen in arguments.listen:
        name, _, place = listen.partition("=")
        names.append(name)
        sockets.append(open_socket(*place.split(":", 1)))
    with open(arguments.ports, "w", encoding="ascii") as ports:
        for sock in sockets:
            print(sock.getsockname()[1], file=ports)
    # Out of the way of the places that they are to have.
    high = [os.dup2(sock.fileno(), 100 + i) for i, sock in enumerate(sockets)]
    for i, fd in enumerate(high):
        os.dup2(fd, FIRST + i)
        os.close(fd)
    os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(sockets)),
                      LISTEN_FDNAMES=":".join(names))
    os.execvp(arguments.command[0], arguments.command)


sys.exit(main())
