#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""attack - what root with every capability tries from inside a container

attack.py FACTS [CONTROL-SOCKET...]

FACTS is what witness.py prints, which knows what arrived. Prints one line for each attack that is
seen to succeed from here; whatever fails by an error is no news.
"""
import json
import socket
import struct
import subprocess
import sys
import time

PAYLOAD = b"attack"
FOREIGN = "198.51.100.7"  # no address of the link
MARKER = bytes.fromhex("020000000001")  # src/gateway_marker.h
ANY_MAC = bytes.fromhex("525500000002")


def run(*words):
    return subprocess.run(words, capture_output=True, text=True).stdout


def link():
    """Device, MAC, own IPv4 and IPv6 addresses, and the routers'."""
    routes = json.loads(run("ip", "-j", "-4", "route", "show", "default"))
    device = routes[0]["dev"]
    info = json.loads(run("ip", "-j", "address", "show", "dev", device))[0]
    own = {}
    for address in info["addr_info"]:
        if address.get("scope") == "global":
            own.setdefault(address["family"], address["local"])
    routes6 = json.loads(run("ip", "-j", "-6", "route", "show", "default") or "[]")
    return {
        "device": device,
        "mac": bytes.fromhex(info["address"].replace(":", "")),
        "own4": own["inet"],
        "own6": own.get("inet6"),
        "alias4": routes[0]["gateway"],
        "alias6": routes6[0].get("gateway") if routes6 else None,
    }


def resolver():
    with open("/etc/resolv.conf") as text:
        for line in text:
            words = line.split()
            if len(words) > 1 and words[0] == "nameserver" and "." in words[1]:
                return words[1]
    return None


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def transport(protocol, pseudo, port):
    if protocol == socket.IPPROTO_UDP:
        segment = struct.pack("!HHHH", 40000, port, 8 + len(PAYLOAD), 0) + PAYLOAD
        place = 6
    else:
        segment = struct.pack("!HHIIBBHHH", 40000 + port % 1000, port, 1, 0, 5 << 4, 2, 65535, 0, 0)
        place = 16
    total = checksum(pseudo + struct.pack("!I", len(segment)) + struct.pack("!I", protocol) + segment)
    return segment[:place] + struct.pack("!H", total) + segment[place + 2:]


def ipv4(source, target, protocol, port, cut=None):
    """The packets: one, or two fragments that are cut there."""
    addresses = socket.inet_aton(source) + socket.inet_aton(target)
    segment = transport(protocol, addresses, port)
    pieces = [(0, segment, 0)]
    if cut:
        pieces = [(0, segment[:cut], 0x2000), (cut, segment[cut:], 0)]
    for offset, data, flags in pieces:
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(data), 4711, flags | offset // 8, 64,
                           protocol, 0) + addresses
        yield head[:10] + struct.pack("!H", checksum(head)) + head[12:] + data


def ipv6(source, target, protocol, port):
    addresses = socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, target)
    segment = transport(protocol, addresses, port)
    yield struct.pack("!IHBB", 6 << 28, len(segment), protocol, 64) + addresses + segment


class Attacker:
    def __init__(self, facts):
        self.facts = facts
        self.link = link()
        self.raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.raw.bind((self.link["device"], 0))

    def port(self, name):
        return self.facts["ports"].get(name)

    def connect(self, name, address):
        port = self.port(name)
        if not port or not address:
            return
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        kind = socket.SOCK_DGRAM if "UDP" in name else socket.SOCK_STREAM
        with socket.socket(family, kind) as s:
            s.settimeout(2)
            try:
                s.connect((address, port))
                s.send(PAYLOAD)
            except OSError:
                pass

    def forge(self, name, target, source=None, mac=ANY_MAC, cut=None):
        port = self.port(name)
        protocol = socket.IPPROTO_UDP if "UDP" in name else socket.IPPROTO_TCP
        v6 = ":" in target
        source = source or self.link["own6" if v6 else "own4"]
        if not port or not source:
            return
        packets = ipv6(source, target, protocol, port) if v6 else \
            ipv4(source, target, protocol, port, cut)
        for packet in packets:
            kind = 0x86DD if v6 else 0x0800
            self.raw.send(mac + self.link["mac"] + struct.pack("!H", kind) + packet)

    def network(self):
        link = self.link
        for protocol in ("TCP", "UDP"):
            self.connect("%s to the host's alias" % protocol, link["alias4"])
            self.connect("%s to the host's IPv6 alias" % protocol, link["alias6"])
            self.forge("forged %s to 127.0.0.1" % protocol, "127.0.0.1")
            self.forge("forged %s from another address" % protocol, self.facts["lan4"], FOREIGN)
        self.connect("TCP to the resolver's alias", resolver())
        self.forge("forged UDP to 127.0.0.1, in fragments", "127.0.0.1", cut=8)
        self.forge("forged UDP to 0.0.0.0", "0.0.0.0")
        self.forge("forged UDP to ::1", "::1")
        self.forge("forged UDP to ::ffff:127.0.0.1", "::ffff:127.0.0.1")
        self.forge("forged TCP that seems admitted", "127.0.0.1", mac=MARKER)
        # Last, so that all others are through when these are.
        self.connect("UDP to the host's network", self.facts["lan4"])
        self.forge("forged UDP to the host's network", self.facts["lan4"])


def connects(address, request=None):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(2)
        try:
            s.connect(address)
            if request is None:
                return True
            s.send(request)
            s.shutdown(socket.SHUT_WR)
            return bool(s.recv(1))
        except OSError:
            return False


def main():
    facts = json.loads(sys.argv[1])
    Attacker(facts).network()
    if connects("\0" + facts["abstract"]):
        print("the host's abstract sockets")
    for path in sys.argv[2:]:
        if connects(path, b'{"execute":"list_hostfwd"}\n'):
            print("the control socket")
    # An answer of the host takes its time, and no event tells of one that does not come.
    time.sleep(0.5)


if __name__ == "__main__":
    main()
