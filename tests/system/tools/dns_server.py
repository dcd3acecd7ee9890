#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""dns_server - answers A and AAAA for a few names, over UDP and TCP (RFC 1035)

dns_server.py --address ADDRESS... [--port PORT] --ready FILE
"""
import argparse
import ipaddress
import socket
import socketserver
import struct
import threading

HOSTS = {
    "host.test": ("192.0.2.77", "2001:db8::77"),
    "neighbour.test": ("192.0.2.1", "2001:db8::1"),
}
TYPE_A, TYPE_AAAA, TYPE_TXT = 1, 28, 16
FLAGS = 0x8580  # response, authoritative, recursion desired and available
NXDOMAIN = 3
LONG_TEXT = b"x" * 250


def read_question(query):
    labels, offset = [], 12
    while query[offset]:
        size = query[offset]
        labels.append(query[offset + 1:offset + 1 + size].decode("ascii").lower())
        offset += size + 1
    kind, = struct.unpack_from("!H", query, offset + 1)
    return ".".join(labels), kind, query[12:offset + 5]


def find_records(name, kind):
    if name == "big.test" and kind == TYPE_TXT:
        return [bytes([len(LONG_TEXT)]) + LONG_TEXT] * 8  # does not fit a UDP answer
    addresses = HOSTS.get(name)
    if not addresses or kind not in (TYPE_A, TYPE_AAAA):
        return []
    return [ipaddress.ip_address(addresses[kind == TYPE_AAAA]).packed]


def answer(query, limit):
    name, kind, question = read_question(query)
    records = find_records(name, kind)
    known = name in HOSTS or name == "big.test"
    body = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(record)) + record
                    for record in records)
    flags = FLAGS if known else FLAGS | NXDOMAIN
    if 12 + len(question) + len(body) > limit:
        body, records, flags = b"", [], flags | 0x0200  # truncated
    header = query[:2] + struct.pack("!HHHHH", flags, 1, len(records), 0, 0)
    return header + question + body


class UdpHandler(socketserver.BaseRequestHandler):
    def handle(self):
        query, sock = self.request
        sock.sendto(answer(query, 512), self.client_address)


class TcpHandler(socketserver.StreamRequestHandler):
    def handle(self):
        while size := self.rfile.read(2):
            reply = answer(self.rfile.read(struct.unpack("!H", size)[0]), 65535)
            self.wfile.write(struct.pack("!H", len(reply)) + reply)


def make_server(base, handler, address, port):
    class Server(base):
        address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        allow_reuse_address = True
        daemon_threads = True

    return Server((address, port), handler)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", action="append", required=True)
    parser.add_argument("--port", type=int, default=53)
    parser.add_argument("--ready", required=True)
    arguments = parser.parse_args()
    servers = []
    for address in arguments.address:
        tcp = make_server(socketserver.ThreadingTCPServer, TcpHandler, address, arguments.port)
        port = tcp.server_address[1]
        servers += [tcp, make_server(socketserver.ThreadingUDPServer, UdpHandler, address, port)]
    threads = [threading.Thread(target=server.serve_forever) for server in servers]
    for thread in threads:
        thread.start()
    with open(arguments.ready, "w", encoding="ascii") as file:
        file.write(f"{servers[0].server_address[1]}\n")


main()
