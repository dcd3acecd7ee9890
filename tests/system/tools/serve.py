#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""serve - a TCP or UDP server for tests

serve.py PROTOCOL MODE [--address ADDRESS] [--port PORT] [--reply TEXT] [--size BYTES]
         [--pause SECONDS] [--quiet] --ready FILE

Writes its port to FILE when it listens. What each MODE does with a connection (a datagram):
  whoami    sends "ADDRESS PORT" of the client, and the reply text behind it
  echo      sends back what comes, ends when the client does
  checksum  reads to the end, then sends "SIZE CRC32"
  produce   sends --size bytes of a pattern (pattern.py) and ends
  request   answers each line with the reply text, until the client ends
  http      answers one HTTP request with the reply text
  half      sends the reply text and ends its side; then reads to the end, "SIZE CRC32" goes to the
            output
  reset     reads a line and resets the connection
  hold      accepts and keeps the connection open without a word
Each connection and datagram is a line of output, unless --quiet.
--pause makes it slow: so long between two reads or writes of 64 KB.
"""
import argparse
import socket
import struct
import threading
import time
import zlib

from pattern import pieces

BLOCK = 64 * 1024


def reset_connection(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def plain(address):
    return address[7:] if address.startswith("::ffff:") else address


class TcpServer:
    def __init__(self, arguments):
        self.arguments = arguments

    def pause(self):
        if self.arguments.pause:
            time.sleep(self.arguments.pause)

    def whoami(self, sock, peer):
        sock.sendall(f"{plain(peer[0])} {peer[1]} {self.arguments.reply}\n".encode())
        sock.shutdown(socket.SHUT_WR)
        while sock.recv(BLOCK):
            pass  # closing with unread data would be a reset

    def echo(self, sock, _peer):
        while data := sock.recv(BLOCK):
            sock.sendall(data)
            self.pause()

    def checksum(self, sock, _peer):
        size, crc = 0, 0
        while data := sock.recv(BLOCK):
            size, crc = size + len(data), zlib.crc32(data, crc)
            self.pause()
        sock.sendall(f"{size} {crc}\n".encode())

    def produce(self, sock, _peer):
        for piece in pieces(self.arguments.size):
            sock.sendall(piece)
            self.pause()

    def request(self, sock, _peer):
        with sock.makefile("rb") as lines:
            for _ in lines:
                sock.sendall(f"{self.arguments.reply}\n".encode())

    def http(self, sock, _peer):
        with sock.makefile("rb") as lines:
            while lines.readline().strip():
                pass
        body = self.arguments.reply.encode()
        sock.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    def half(self, sock, _peer):
        sock.sendall(f"{self.arguments.reply}\n".encode())
        sock.shutdown(socket.SHUT_WR)
        size, crc = 0, 0
        while data := sock.recv(BLOCK):
            size, crc = size + len(data), zlib.crc32(data, crc)
        print("half", size, crc, flush=True)

    def reset(self, sock, _peer):
        sock.recv(BLOCK)
        reset_connection(sock)

    def hold(self, sock, _peer):
        sock.recv(BLOCK)

    def talk(self, sock, peer):
        if not self.arguments.quiet:
            print("tcp", plain(peer[0]), peer[1], flush=True)
        try:
            with sock:
                getattr(self, self.arguments.mode)(sock, peer)
        except ConnectionError as error:
            print(type(error).__name__, flush=True)

    def serve(self, listener):
        while True:
            sock, peer = listener.accept()
            threading.Thread(target=self.talk, args=(sock, peer), daemon=True).start()


def serve_udp(listener, arguments):
    while True:
        data, peer = listener.recvfrom(65536)
        print("udp", plain(peer[0]), peer[1], len(data), flush=True)
        if arguments.mode == "whoami":
            data = f"{plain(peer[0])} {peer[1]} {arguments.reply}\n".encode()
        if arguments.mode != "hold":
            listener.sendto(data, peer)


def make_listener(kind, address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, kind)
    if kind == socket.SOCK_STREAM:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if address == "::":
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    listener.bind((address, port))
    if kind == socket.SOCK_STREAM:
        listener.listen(4096)
    return listener


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("protocol", choices=("tcp", "udp"))
    parser.add_argument("mode")
    parser.add_argument("--address", default="::")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--reply", default="")
    parser.add_argument("--size", type=int, default=0)
    parser.add_argument("--pause", type=float, default=0)
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument("--ready", required=True)
    arguments = parser.parse_args()
    kind = socket.SOCK_STREAM if arguments.protocol == "tcp" else socket.SOCK_DGRAM
    listener = make_listener(kind, arguments.address, arguments.port)
    with open(arguments.ready, "w", encoding="ascii") as file:
        file.write(f"{listener.getsockname()[1]}\n")
    if kind == socket.SOCK_STREAM:
        TcpServer(arguments).serve(listener)
    serve_udp(listener, arguments)


main()
