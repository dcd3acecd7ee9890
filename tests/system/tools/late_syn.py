#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""late_syn - connects, and sends the SYN of the connection once more when it stands

late_syn.py ADDRESS PORT

Runs as root in a network of its own, where the interface is eth0. A second connection follows: when
it stands, the late SYN has been seen. Both are held until their peers close them.
"""
import socket
import struct
import sys

ETHERNET, SYN, FLAGS, CHECKSUM = 14, 2, 13, 16


def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def with_checksum(frame):
    """The device would have filled it in."""
    start = ETHERNET + 20
    segment = bytearray(frame[start:])
    segment[CHECKSUM:CHECKSUM + 2] = bytes(2)
    pseudo = frame[ETHERNET + 12:start] + struct.pack("!HH", 6, len(segment))
    segment[CHECKSUM:CHECKSUM + 2] = struct.pack("!H", checksum(pseudo + segment))
    return frame[:start] + segment


def next_syn(tap, port):
    while True:
        frame = tap.recv(2000)
        if frame[12:14] != b"\x08\x00" or frame[ETHERNET + 9] != 6:
            continue
        segment = frame[ETHERNET + 20:]
        if segment[2:4] == struct.pack("!H", port) and segment[FLAGS] & 0x12 == SYN:
            return frame


def main():
    address, port = sys.argv[1], int(sys.argv[2])
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as tap:
        tap.bind(("eth0", 3))
        first = socket.create_connection((address, port), 10)
        tap.send(with_checksum(next_syn(tap, port)))
        second = socket.create_connection((address, port), 10)
        for connection in (first, second):
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(1000):
                pass


if __name__ == "__main__":
    main()
