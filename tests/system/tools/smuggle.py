#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""smuggle - hand-made frames to an address that may not be reached, as root inside

smuggle.py ADDRESS4 ADDRESS6 PORT

UDP and TCP in every dress: whole, in fragments, with IP options and extension headers, with foreign
sources; protocols without ports; ICMP with a payload; the IPv4 address as an IPv6 one. Whoever looks
at the network behind the host must see none of it. Ends when all have been sent and the gateway has
answered a last question, so that what was sent before has been looked at.
"""
import socket
import struct
import sys

from knock import (FRAGMENT_HEADER, DESTINATION_OPTIONS, SOURCE4, SOURCE6, TCP, UDP, checksum,
                   gateway_mac, ip4, ip6, packed, transport)

ICMP, ICMP6, SCTP, GRE, RAW = 1, 58, 132, 47, 253
SOURCES4 = ["1.2.3.4", "127.0.0.1", "10.0.2.2", "10.0.2.99", "0.0.0.0"]
SOURCES6 = ["2001:db8::5", "::1", "fd00::2", "fd00::99", "::"]


def echo4(payload):
    body = struct.pack("!BBHHH", 8, 0, 0, 77, 1) + payload
    return body[:2] + struct.pack("!H", checksum(body)) + body[4:]


def echo6(target, payload):
    body = struct.pack("!BBHHH", 128, 0, 0, 77, 1) + payload
    pseudo = packed(SOURCE6) + packed(target) + struct.pack("!II", len(body), ICMP6)
    return body[:2] + struct.pack("!H", checksum(pseudo + body)) + body[4:]


def with_options(protocol, target, body):
    """IPv4 with a strict source route to the target, and with a record route"""
    for options in (b"\x89\x07\x04" + packed(target) + b"\0", b"\x07\x07\x04" + bytes(4) + b"\0"):
        for destination in (target, "10.0.2.2"):
            head = struct.pack("!BBHHHBBH4s4s", 0x47, 0, 28 + len(body), 77, 0, 64, protocol, 0,
                               packed(SOURCE4), packed(destination)) + options
            yield head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body


def packets4(target, port):
    for protocol in (UDP, TCP):
        body = transport(protocol, SOURCE4, target, port)
        yield ip4(protocol, SOURCE4, target, body)
        yield ip4(protocol, SOURCE4, target, body[:8], 0x2000)
        yield ip4(protocol, SOURCE4, target, body[8:], 1)
        yield ip4(protocol, SOURCE4, target, body, 0x2000)
        yield ip4(protocol, SOURCE4, target, body, 1)
        yield from with_options(protocol, target, body)
        for source in SOURCES4:
            yield ip4(protocol, source, target, transport(protocol, source, target, port))
    for protocol in (SCTP, GRE, RAW):
        yield ip4(protocol, SOURCE4, target, b"smuggled" * 4)
    yield ip4(ICMP, SOURCE4, target, echo4(b"smuggled" * 100))


def packets6(target, port):
    for protocol in (UDP, TCP):
        body = transport(protocol, SOURCE6, target, port)
        yield ip6(protocol, SOURCE6, target, body)
        options = struct.pack("!BBBBBBBB", protocol, 0, 1, 4, 0, 0, 0, 0)
        for header in (DESTINATION_OPTIONS, 0):
            yield ip6(header, SOURCE6, target, options + body)
        for fragment in (0, 1, 8):
            yield ip6(FRAGMENT_HEADER, SOURCE6, target,
                      struct.pack("!BBHI", protocol, 0, fragment, 77) + body)
        for source in SOURCES6:
            yield ip6(protocol, source, target, transport(protocol, source, target, port))
    for protocol in (SCTP, GRE, RAW):
        yield ip6(protocol, SOURCE6, target, b"smuggled" * 4)
    yield ip6(ICMP6, SOURCE6, target, echo6(target, b"smuggled" * 100))


def main():
    target4, target6, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    mapped = [f"::ffff:{target4}", f"::{target4}", f"64:ff9b::{target4}"]
    with open("/sys/class/net/eth0/address", encoding="ascii") as file:
        own = bytes.fromhex(file.read().strip().replace(":", ""))
    mac4, mac6 = gateway_mac("10.0.2.2"), gateway_mac("fd00::2")
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sock.bind(("eth0", 0))
    for packet in packets4(target4, port):
        for destination in (mac4, b"\x02\0\0\0\0\x01"):
            sock.send(destination + own + b"\x08\x00" + packet)
    for target in (target6, *mapped):
        for packet in packets6(target, port):
            for destination in (mac6, b"\x02\0\0\0\0\x01"):
                sock.send(destination + own + b"\x86\xdd" + packet)
    gateway_mac("10.0.2.2")


main()
