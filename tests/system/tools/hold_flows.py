#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""hold_flows - connections or exchanges of datagrams that stay, for who lists them

hold_flows.py PROTOCOL HOST PORT [--count N] [--size BYTES] [--silent] [--name TEXT]
              [--commands FILE]

Opens N flows to an echo server, and with each sends --size bytes and reads them back (--silent: does
not wait for an answer). Prints "PID PORT", its own PID and the port of the first flow. After that it
obeys the lines of FILE, a named pipe: "half" ends its own direction of all connections, "close"
closes them all, each answered with a line. It never ends by itself. --name is what the process calls
itself.
"""
import argparse
import os
import resource
import signal
import socket


def open_flow(arguments, address):
    family, kind, _, _, sockaddr = address
    sock = socket.socket(family, kind)
    sock.connect(sockaddr)
    if not arguments.size:
        return sock
    sock.sendall(b"x" * arguments.size)
    left = 0 if arguments.silent else arguments.size
    while left > 0:
        left -= len(sock.recv(65536))
    return sock


def obey(line, socks):
    for sock in socks:
        if line == "half":
            sock.shutdown(socket.SHUT_WR)
        elif line == "close":
            sock.close()
    print(line, flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("protocol", choices=("tcp", "udp"))
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--size", type=int, default=0)
    parser.add_argument("--silent", action="store_true")
    parser.add_argument("--name")
    parser.add_argument("--commands")
    arguments = parser.parse_args()
    if arguments.name:
        with open("/proc/self/comm", "w", encoding="utf-8") as comm:
            comm.write(arguments.name)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    kind = socket.SOCK_STREAM if arguments.protocol == "tcp" else socket.SOCK_DGRAM
    address = socket.getaddrinfo(arguments.host, arguments.port, type=kind)[0]
    socks = [open_flow(arguments, address) for _ in range(arguments.count)]
    print(os.getpid(), socks[0].getsockname()[1], flush=True)
    if arguments.commands:
        # Read and write: it has no end when a writer ends.
        with os.fdopen(os.open(arguments.commands, os.O_RDWR), encoding="utf-8") as commands:
            while line := commands.readline():
                obey(line.strip(), socks)
    signal.pause()


if __name__ == "__main__":
    main()
