#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""lone_fragments - frames with parts of IPv4 packets whose other parts never come

lone_fragments.py INTERFACE GATEWAY

Every flag and many offsets, also past the largest packet, from a packet socket.
"""
import socket
import struct
import subprocess
import sys

SOURCE, DESTINATION = "10.0.2.100", "192.0.2.80"


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def packet(number, fragment, protocol, payload):
    header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), number, fragment, 253, protocol, 0,
                         socket.inet_aton(SOURCE), socket.inet_aton(DESTINATION))
    return header[:10] + struct.pack(">H", checksum(header)) + header[12:] + payload


def main():
    interface, gateway = sys.argv[1:3]
    subprocess.run(["ping", "-c1", "-W2", gateway], stdout=subprocess.DEVNULL, check=False)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
        sock.bind((interface, 0))
        own = sock.getsockname()[4]
        frame = bytes.fromhex("52550a000202") + own + struct.pack(">H", 0x800)
        payload = bytes.fromhex("9c40000900180000") + b"y" * 16
        number = 0
        for protocol in (17, 6, 1, 127):
            for flags in range(8):
                for offset in (0, 1, 3, 0x4E4, 0x1000, 0x1FFF):
                    number += 1
                    sock.send(frame + packet(number, flags << 13 | offset, protocol, payload))
                    sock.send(frame + packet(7, flags << 13 | offset, protocol, payload[:8]))
    print("sent")


main()
