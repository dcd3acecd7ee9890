#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""proxy - a proxy for tests: SOCKS 5 and HTTP CONNECT on one port

proxy.py [--address ADDRESS] [--user USER:PASSWORD] [--map NAME=ADDRESS]... [--answer WHAT] --ready FILE

Writes its port to FILE. A line of output for each request, as it was asked: "socks 192.0.2.1:80",
"http host.test:80". --map says which addresses names have. Each reply comes in pieces of one byte,
with the destination's first bytes right behind the last. What --answer does instead of connecting:
  silence, close, garbage, endless, refuse (both protocols), forbid, unreachable
"""
import argparse
import base64
import errno
import socket
import threading

REPLIES = {"refuse": (5, 502), "forbid": (2, 403), "unreachable": (4, 504)}
ERRORS = {errno.ECONNREFUSED: "refuse", errno.EHOSTUNREACH: "unreachable", errno.ENETUNREACH: "unreachable"}


def receive(sock, size):
    data = b""
    while len(data) < size:
        piece = sock.recv(size - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def trickle(sock, data):
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for i in range(len(data)):
        sock.sendall(data[i:i + 1])


def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        sink.close()


class Proxy:
    def __init__(self, arguments):
        self.arguments = arguments
        self.names = dict(pair.split("=") for pair in arguments.map)

    def connect(self, host, port):
        return socket.create_connection((self.names.get(host, host), port), timeout=10)

    def relay(self, client, remote):
        remote.settimeout(None)
        back = threading.Thread(target=pump, args=(remote, client), daemon=True)
        back.start()
        pump(client, remote)
        back.join()
        remote.close()

    def misbehave(self, client):
        answer = self.arguments.answer
        if answer == "silence":
            client.recv(1)
        elif answer == "garbage":
            client.sendall(bytes(range(256)))
            client.recv(1)
        elif answer == "endless":
            try:
                while True:
                    client.sendall(b"HTTP/1.1 200 OK\r\nX: y\r\n" + b"X: y\r\n" * 1000)
            except OSError:
                pass
        client.close()

    def answer(self, client, host, port, protocol, reply):
        print(f"{protocol} {host}:{port}", flush=True)
        what = self.arguments.answer
        if what and what not in REPLIES:
            self.misbehave(client)
            return
        remote = None
        if not what:
            try:
                remote = self.connect(host, port)
            except OSError as error:
                what = ERRORS.get(error.errno, "unreachable")
        trickle(client, reply(what))
        if remote:
            self.relay(client, remote)
        client.close()

    def socks(self, client):
        methods = receive(client, receive(client, 1)[0])
        if self.arguments.user:
            if 2 not in methods:
                trickle(client, b"\x05\xff")
                return
            trickle(client, b"\x05\x02")
            receive(client, 1)
            user = receive(client, receive(client, 1)[0])
            password = receive(client, receive(client, 1)[0])
            good = b":".join((user, password)).decode() == self.arguments.user
            trickle(client, bytes((1, not good)))
            if not good:
                return
        else:
            trickle(client, b"\x05\x00")
        kind = receive(client, 4)[3]
        if kind == 3:
            host = receive(client, receive(client, 1)[0]).decode()
        else:
            family, size = (socket.AF_INET, 4) if kind == 1 else (socket.AF_INET6, 16)
            host = socket.inet_ntop(family, receive(client, size))
        port = int.from_bytes(receive(client, 2), "big")
        self.answer(client, host, port, "socks", lambda what: (
            bytes((5, REPLIES[what][0] if what else 0, 0, 1)) + bytes(6)))

    def http(self, client):
        head = b"C"
        while not head.endswith(b"\r\n\r\n"):
            head += receive(client, 1)
        lines = head.decode().split("\r\n")
        host, port = lines[0].split()[1].rsplit(":", 1)
        wanted = base64.b64encode((self.arguments.user or "").encode()).decode()
        if self.arguments.user and f"Proxy-Authorization: Basic {wanted}" not in lines:
            trickle(client, b"HTTP/1.1 407 Who are you?\r\n\r\n")
            return
        self.answer(client, host.strip("[]"), int(port), "http", lambda what: (
            f"HTTP/1.1 {REPLIES[what][1] if what else 200} said\r\nServer: test\r\n\r\n".encode()))

    def serve(self, client):
        try:
            with client:
                first = receive(client, 1)
                if first == b"\x05":
                    self.socks(client)
                else:
                    self.http(client)
        except (OSError, EOFError):
            pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--user")
    parser.add_argument("--map", action="append", default=[])
    parser.add_argument("--answer")
    parser.add_argument("--ready", required=True)
    arguments = parser.parse_args()
    listener = socket.create_server((arguments.address, 0), backlog=100)
    with open(arguments.ready, "w", encoding="utf-8") as file:
        file.write(f"{listener.getsockname()[1]}\n")
    proxy = Proxy(arguments)
    while True:
        client, _ = listener.accept()
        threading.Thread(target=proxy.serve, args=(client,), daemon=True).start()


main()
