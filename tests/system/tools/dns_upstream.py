#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""dns_upstream - a name server that answers as it is told to, over UDP and TCP (RFC 1035)

dns_upstream.py MODE --address ADDRESS [--port PORT] [--log FILE] --ready FILE

Modes: right, silent, late (half a second), uneven (two seconds for slow.test), servfail, refused,
nxdomain, garbage, wrong-id, wrong-name, truncated (by UDP), udp-only, no-edns (FORMERR to what has
EDNS), huge (40 KB by TCP), dead6 (AAAA that the tests' host has no route to), alias (a CNAME first).
Answers to any A question with the last byte of --value, to AAAA with 2001:db8::VALUE. The log gets
a line for each question: transport, source port, id, name, type.
"""
import argparse
import select
import socket
import struct
import threading
import time

TYPE_A, TYPE_TXT, TYPE_AAAA, TYPE_OPT = 1, 16, 28, 41
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, REFUSED = 0, 1, 2, 3, 5
LOG_LOCK = threading.Lock()


def read_question(query):
    labels, offset = [], 12
    while query[offset]:
        size = query[offset]
        labels.append(query[offset + 1:offset + 1 + size].decode("ascii").lower())
        offset += size + 1
    kind, = struct.unpack_from("!H", query, offset + 1)
    return ".".join(labels), kind, query[12:offset + 5]


def message(query, question, code, records=(), flags=0x8180, query_id=None):
    header = struct.pack("!H", query_id) if query_id is not None else query[:2]
    body = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(data)) + data
                    for kind, data in records)
    return header + struct.pack("!HHHHH", flags | code, 1, len(records), 0, 0) + question + body


def find_records(kind, value):
    if kind == TYPE_A:
        return [(TYPE_A, socket.inet_aton(f"198.18.0.{value}"))]
    if kind == TYPE_AAAA:
        return [(TYPE_AAAA, socket.inet_pton(socket.AF_INET6, f"2001:db8::{value}"))]
    return []


CODES = {"servfail": SERVFAIL, "refused": REFUSED, "nxdomain": NXDOMAIN}


def answers(mode, value, query, by_tcp):
    """All messages that the question gets, in order."""
    name, kind, question = read_question(query)
    records = find_records(kind, value)
    right = message(query, question, NOERROR, records)
    if mode in CODES:
        return [message(query, question, CODES[mode])]
    if mode == "garbage":
        return [b"\xff" * 3, query, query[:2] + b"\x81\x80" + b"\xff" * 60]
    if mode == "wrong-id":
        query_id, = struct.unpack("!H", query[:2])
        return [message(query, question, NOERROR, find_records(kind, 66), query_id=query_id ^ 1), right]
    if mode == "dead6" and kind == TYPE_AAAA:
        return [message(query, question, NOERROR, [(TYPE_AAAA, socket.inet_pton(socket.AF_INET6, "2001:db8:dead::1"))])]
    if mode == "alias":
        target = b"\x06target\x04test\x00"
        header = query[:2] + struct.pack("!HHHHH", 0x8180, 1, 2, 0, 0)
        return [header + question + b"\xc0\x0c" + struct.pack("!HHIH", 5, 1, 60, len(target)) + target
                + target + struct.pack("!HHIH", kind, 1, 60, len(records[0][1])) + records[0][1]]
    if mode == "wrong-name":
        evil = b"\x04evil\x04test\x00" + question[-4:]
        return [message(query, evil, NOERROR, find_records(kind, 66)), right]
    if mode == "truncated" and not by_tcp:
        return [message(query, question, NOERROR, records, flags=0x8380)]
    if mode == "no-edns" and query[11]:
        return [message(query, question, FORMERR)]
    if mode == "huge":
        if not by_tcp:
            return [message(query, question, NOERROR, flags=0x8380)]
        return [message(query, question, NOERROR, [(TYPE_TXT, b"\xc8" + b"x" * 200)] * 190)]
    return [right]


class Server:
    def __init__(self, arguments):
        self.arguments = arguments
        family = socket.AF_INET6 if ":" in arguments.address else socket.AF_INET
        self.udp = socket.socket(family, socket.SOCK_DGRAM)
        self.udp.bind((arguments.address, arguments.port))
        self.port = self.udp.getsockname()[1]
        self.tcp = socket.socket(family, socket.SOCK_STREAM)
        self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.tcp.bind((arguments.address, self.port))
        if arguments.mode != "udp-only":
            self.tcp.listen(64)

    def log(self, transport, client, query):
        if not self.arguments.log:
            return
        name, kind, _ = read_question(query)
        query_id, = struct.unpack("!H", query[:2])
        with LOG_LOCK, open(self.arguments.log, "a", encoding="ascii") as file:
            file.write(f"{transport} {client[1]} {query_id} {name} {kind}\n")

    def wait(self, query):
        if self.arguments.mode == "late":
            time.sleep(0.5)
        elif self.arguments.mode == "uneven" and read_question(query)[0] == "slow.test":
            time.sleep(2)

    def answer_udp(self, query, client):
        self.wait(query)
        for reply in answers(self.arguments.mode, self.arguments.value, query, False):
            self.udp.sendto(reply, client)

    def serve_udp(self):
        while True:
            query, client = self.udp.recvfrom(65535)
            self.log("udp", client, query)
            if self.arguments.mode != "silent":
                threading.Thread(target=self.answer_udp, args=(query, client)).start()

    def serve_client(self, stream, client):
        with stream, stream.makefile("rb") as file:
            while size := file.read(2):
                query = file.read(struct.unpack("!H", size)[0])
                self.log("tcp", client, query)
                if self.arguments.mode == "silent":
                    continue
                self.wait(query)
                for reply in answers(self.arguments.mode, self.arguments.value, query, True):
                    stream.sendall(struct.pack("!H", len(reply)) + reply)

    def serve_tcp(self):
        while True:
            if self.arguments.mode == "udp-only":
                select.select([], [], [])
            stream, client = self.tcp.accept()
            threading.Thread(target=self.serve_client, args=(stream, client), daemon=True).start()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mode")
    parser.add_argument("--address", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--value", type=int, default=1)
    parser.add_argument("--log")
    parser.add_argument("--ready", required=True)
    arguments = parser.parse_args()
    server = Server(arguments)
    for target in (server.serve_udp, server.serve_tcp):
        threading.Thread(target=target).start()
    with open(arguments.ready, "w", encoding="ascii") as file:
        file.write(f"{server.port}\n")


main()
