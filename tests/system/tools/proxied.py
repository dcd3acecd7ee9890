#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""proxied - a TCP server that is told of its clients by the PROXY protocol of HAProxy

proxied.py --ready FILE

Writes its port to FILE. Each client gets one line: what its header says, VERSION SOURCE PORT
DESTINATION PORT, and the address and port that it has at the socket; then an echo of what it sends.
"""
import argparse
import ipaddress
import socket
import struct
import threading

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def read_v1(stream, start):
    line = start + stream.readline()
    words = line.decode("ascii").split()
    assert words[0] == "PROXY" and words[1] in ("TCP4", "TCP6") and line.endswith(b"\r\n"), line
    return "v1", words[2], int(words[4]), words[3], int(words[5])


def read_v2(stream):
    version, kind, size = struct.unpack("!BBH", stream.read(4))
    assert version == 0x21 and kind in (0x11, 0x21), (version, kind)
    length = 4 if kind == 0x11 else 16
    body = stream.read(size)
    assert len(body) == size == 2 * length + 4, size
    source, destination = body[:length], body[length:2 * length]
    ports = struct.unpack("!HH", body[2 * length:])
    return ("v2", ipaddress.ip_address(source), ports[0], ipaddress.ip_address(destination),
            ports[1])


def serve(sock, peer):
    stream = sock.makefile("rb")
    start = stream.read(6)
    if start == b"PROXY ":
        told = read_v1(stream, start)
    else:
        assert start + stream.read(6) == SIGNATURE
        told = read_v2(stream)
    address = peer[0][7:] if peer[0].startswith("::ffff:") else peer[0]
    sock.sendall((" ".join(map(str, told)) + f" {address} {peer[1]}\n").encode())
    while data := stream.read1(65536):
        sock.sendall(data)
    sock.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ready", required=True)
    arguments = parser.parse_args()
    listener = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    with open(arguments.ready, "w", encoding="ascii") as ready:
        print(listener.getsockname()[1], file=ready)
    while True:
        sock, peer = listener.accept()
        threading.Thread(target=serve, args=(sock, peer), daemon=True).start()


main()
