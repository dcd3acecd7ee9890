#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""zone_server - answers with the records that it was given, over UDP and TCP (RFC 1035)

zone_server.py ADDRESS RECORD... --ready FILE

A RECORD is NAME=ADDRESS, NAME=@ALIAS or NAME+OWNER=ADDRESS: to questions for NAME it adds an address
of another owner that nobody asked for. TTLs are 0. Unknown names do not exist. Port 53.
"""
import ipaddress
import socket
import struct
import sys
import threading

A, CNAME, AAAA, NXDOMAIN = 1, 5, 28, 3


def wire(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def record(owner, kind, data):
    return wire(owner) + struct.pack("!HHIH", kind, 1, 0, len(data)) + data


def read_zone(texts):
    zone, extra = {}, {}
    for text in texts:
        name, value = text.split("=", 1)
        name, _, owner = name.partition("+")
        (extra.setdefault(name, []) if owner else zone.setdefault(name, [])).append(
            (owner or name, value))
    return zone, extra


def address_record(owner, value, kind):
    address = ipaddress.ip_address(value)
    if kind != (A if address.version == 4 else AAAA):
        return []
    return [record(owner, kind, address.packed)]


def answer(zone, extra, query):
    labels, offset = [], 12
    while query[offset]:
        labels.append(query[offset + 1:offset + 1 + query[offset]].decode().lower())
        offset += query[offset] + 1
    kind, = struct.unpack_from("!H", query, offset + 1)
    question, name, records = query[12:offset + 5], ".".join(labels), []
    known = name in zone
    for owner, value in extra.get(name, []):
        records += address_record(owner, value, kind)
    while name in zone and zone[name][0][1].startswith("@"):
        alias = zone[name][0][1][1:]
        records.append(record(name, CNAME, wire(alias)))
        name = alias
    for owner, value in zone.get(name, []):
        records += address_record(owner, value, kind)
    flags = 0x8180 | (0 if known else NXDOMAIN)
    return (query[:2] + struct.pack("!HHHHH", flags, 1, len(records), 0, 0) + question +
            b"".join(records))


def serve_tcp(listener, zone, extra):
    while True:
        client, _ = listener.accept()
        with client:
            size = client.recv(2)
            if len(size) == 2:
                reply = answer(zone, extra, client.recv(struct.unpack("!H", size)[0]))
                client.sendall(struct.pack("!H", len(reply)) + reply)


def main():
    address, *texts = sys.argv[1:-2]
    zone, extra = read_zone(texts)
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind((address, 53))
    tcp = socket.create_server((address, 53))
    threading.Thread(target=serve_tcp, args=(tcp, zone, extra), daemon=True).start()
    with open(sys.argv[-1], "w", encoding="ascii") as file:
        file.write("53\n")
    while True:
        query, client = udp.recvfrom(4096)
        udp.sendto(answer(zone, extra, query), client)


main()
