#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""knock - tries to reach the host's loopback from inside, as root there

knock.py sockets PORT   ordinary sockets, every alias, TCP and UDP; prints what answered
knock.py frames PORT    hand-made frames to every address form: UDP datagrams, TCP SYNs, fragments,
                        extension headers, foreign sources

A frame needs no answer: one UDP datagram or one SYN that gets through shows in the server's log.
"""
import ipaddress
import re
import socket
import struct
import subprocess
import sys

SOURCE4, SOURCE6 = "10.0.2.100", "fd00::100"
ALIASES = ["10.0.2.2", "10.0.2.3", "fd00::2", "fd00::3"]
FORMS4 = ["10.0.2.2", "10.0.2.3", "127.0.0.1", "127.1.2.3", "127.255.255.255", "0.0.0.0", "0.0.0.1",
          "255.255.255.255", "10.0.2.255", "10.0.2.0", "10.0.2.1", "10.0.2.15", "224.0.0.1"]
FORMS6 = ["fd00::2", "fd00::3", "fd00::1", "fd00::15", "fd00::", "::1", "::", "::ffff:127.0.0.1",
          "::127.0.0.1", "::ffff:10.0.2.2", "::ffff:0.0.0.0", "fe80::1", "fe80::2", "ff02::1",
          "ff01::1"]
TCP, UDP, FRAGMENT_HEADER, DESTINATION_OPTIONS = 6, 17, 44, 60


def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def packed(address):
    return ipaddress.ip_address(address).packed


def transport(protocol, source, destination, port):
    if protocol == UDP:
        body = struct.pack("!HHHH", 40000, port, 16, 0) + b"knocking"
        place = 6
    else:
        body = struct.pack("!HHIIBBHHH", 40000, port, 1, 0, 5 << 4, 2, 65535, 0, 0)
        place = 16
    pseudo = packed(source) + packed(destination) + struct.pack("!IHBB", len(body), 0, 0, protocol)
    return body[:place] + struct.pack("!H", checksum(pseudo + body)) + body[place + 2:]


def ip4(protocol, source, destination, body, fragment=0):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 77, fragment, 64, protocol, 0,
                       packed(source), packed(destination))
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body


def ip6(next_header, source, destination, body):
    return struct.pack("!IHBB16s16s", 6 << 28, len(body), next_header, 64, packed(source),
                       packed(destination)) + body


def packets4(port):
    for protocol in (UDP, TCP):
        for form in FORMS4:
            yield ip4(protocol, SOURCE4, form, transport(protocol, SOURCE4, form, port))
        for source in ("127.0.0.1", "10.0.2.2", "192.0.2.77"):
            for form in ("10.0.2.2", "127.0.0.1"):
                yield ip4(protocol, source, form, transport(protocol, source, form, port))
        for form in ("10.0.2.2", "127.0.0.1"):
            body = transport(protocol, SOURCE4, form, port)
            yield ip4(protocol, SOURCE4, form, body[:8], 0x2000)
            yield ip4(protocol, SOURCE4, form, body[8:], 1)
            yield ip4(protocol, SOURCE4, form, body, 0x2000)


def packets6(port):
    for protocol in (UDP, TCP):
        for form in FORMS6:
            body = transport(protocol, SOURCE6, form, port)
            yield ip6(protocol, SOURCE6, form, body)
            options = struct.pack("!BBBBBBBB", protocol, 0, 1, 4, 0, 0, 0, 0)
            yield ip6(DESTINATION_OPTIONS, SOURCE6, form, options + body)
            for fragment in (0, 1):
                header = struct.pack("!BBHI", protocol, 0, fragment, 77)
                yield ip6(FRAGMENT_HEADER, SOURCE6, form, header + body)
        for source in ("::1", "fd00::2", "::ffff:127.0.0.1"):
            yield ip6(protocol, source, "fd00::2", transport(protocol, source, "fd00::2", port))


def run(*command):
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout


def gateway_mac(address):
    run("busybox", "ping", "-c1", "-W5", address)
    found = re.search(r"lladdr (\S+)", run("ip", "neighbour", "show", "to", address))
    return bytes.fromhex(found[1].replace(":", "")) if found else b"\xff" * 6


def frames(port):
    with open("/sys/class/net/eth0/address", encoding="ascii") as file:
        own = bytes.fromhex(file.read().strip().replace(":", ""))
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sock.bind(("eth0", 0))
    for gateway, kind, packets in (("10.0.2.2", b"\x08\x00", packets4(port)),
                                   ("fd00::2", b"\x86\xdd", packets6(port))):
        mac = gateway_mac(gateway)
        for packet in packets:
            for destination in (mac, b"\x02\0\0\0\0\x01", b"\xff" * 6):
                sock.send(destination + own + kind + packet)


def try_socket(kind, address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, kind) as sock:
        sock.settimeout(0.3 if kind == socket.SOCK_DGRAM else 5)
        try:
            sock.connect((address, port))
            if kind == socket.SOCK_DGRAM:
                sock.send(b"knocking")
                sock.recv(100)
            return True
        except OSError:
            return False


def sockets(port):
    for address in ALIASES:
        for name, kind in (("tcp", socket.SOCK_STREAM), ("udp", socket.SOCK_DGRAM)):
            if try_socket(kind, address, port):
                print(name, address)


if __name__ == "__main__":
    {"sockets": sockets, "frames": frames}[sys.argv[1]](int(sys.argv[2]))
