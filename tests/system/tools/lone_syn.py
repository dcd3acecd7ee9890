#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""lone_syn - sends the SYN of a connection that nobody wants any more; what answers it is reset

lone_syn.py ADDRESS PORT SOURCE-ADDRESS SOURCE-PORT

Runs as root in a network of its own.
"""
import socket
import struct
import sys

from late_syn import checksum

SYN, WORDS = 2, 5


def main():
    address, port, source, source_port = sys.argv[1:]
    head = struct.pack("!HHII", int(source_port), int(port), 1815, 0)
    flags, window = WORDS << 12 | SYN, 65535
    pseudo = socket.inet_aton(source) + socket.inet_aton(address) + struct.pack("!HH", 6, 20)
    total = checksum(pseudo + head + struct.pack("!HHHH", flags, window, 0, 0))
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP) as raw:
        raw.sendto(head + struct.pack("!HHHH", flags, window, total, 0), (address, 0))


main()
