#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""flood - begins many connections to somebody who does not answer, by frames, as root inside

flood.py ADDRESS N

Ends when the gateway has answered a last question, so that what was sent before has been looked at.
"""
import socket
import struct
import sys

from knock import SOURCE4, TCP, checksum, gateway_mac, ip4, packed

SYN = 2
PAUSE = 50  # a device keeps a few hundred frames


def segment(target, number):
    head = struct.pack("!HHIIBBHHH", 1024 + number % 60000, 9, number, 0, 0x50, SYN, 1000, 0, 0)
    pseudo = packed(SOURCE4) + packed(target) + struct.pack("!BBH", 0, TCP, len(head))
    return head[:16] + struct.pack("!H", checksum(pseudo + head)) + head[18:]


def main():
    target, count = sys.argv[1], int(sys.argv[2])
    with open("/sys/class/net/eth0/address", encoding="ascii") as file:
        own = bytes.fromhex(file.read().strip().replace(":", ""))
    gateway = gateway_mac("10.0.2.2")
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sock.bind(("eth0", 0))
    for number in range(count):
        sock.send(gateway + own + b"\x08\x00" + ip4(TCP, SOURCE4, target, segment(target, number)))
        if number % PAUSE == 0:
            gateway_mac("10.0.2.2")


main()
