#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""udp - UDP clients for tests, against servers of serve.py; prints what happened

udp.py sizes ADDRESS PORT SIZE...      echoes one datagram of each size from one socket, twice; "ok"
udp.py remotes ADDRESS PORT...         asks whoami of each from one socket, again and again; prints
                                       the port that each saw last
udp.py unconnected ADDRESS PORT        prints the address that the answer came from
udp.py refused ADDRESS PORT N          from N sockets: the errors that a connected socket sees
udp.py storm ADDRESS PORT RATE SECONDS a new socket for each exchange; prints "SENT ANSWERED"
udp.py bulk ADDRESS PORT COUNT         COUNT datagrams through an echo, in segmented bursts, a window
                                       at a time; prints "COUNT ok", or what is wrong
udp.py pair ADDRESS PORT               asks whoami from 127.0.0.1 and 127.0.0.2, with one port number
udp.py visitor ADDRESS PORT            prints its port as whoami sees it, and then what a stranger
                                       sends, whom it answers
udp.py echo PORT                       prints "up", and echoes without a word
udp.py call ADDRESS PORT TEXT          sends one datagram and prints the answer
"""
import collections
import errno
import os
import socket
import struct
import sys
import time
import zlib

UDP_SEGMENT = 103
PAYLOAD = 1200
BURST = 16
WINDOW = 48  # what a socket holds by default
ROUNDS = 12
TIMEOUT = float(os.environ.get("NETNS_TEST_PATIENCE", "10")) / 2


def make(address):
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(TIMEOUT)
    return sock


def ask(sock, data, target):
    sock.sendto(data, target)
    return sock.recvfrom(65536)


def block(size):
    return bytes(i * 167 + (i >> 8) & 0xff for i in range(size))


def sizes(address, port, *wanted):
    sock = make(address)
    for _ in range(2):
        for size in map(int, wanted):
            data, _peer = ask(sock, block(size), (address, int(port)))
            if data != block(size):
                sys.exit(f"{size} bytes came back as {len(data)}")
    print("ok")


def remotes(address, *ports):
    sock = make(address)
    for _ in range(ROUNDS):
        seen = [ask(sock, b"who", (address, int(port)))[0].split()[1] for port in ports]
    print(*(port.decode() for port in seen))


def unconnected(address, port):
    print(ask(make(address), b"who", (address, int(port)))[1][0])


def refused(address, port, count):
    names = collections.Counter()
    for _ in range(int(count)):
        with make(address) as sock:
            sock.connect((address, int(port)))
            sock.send(b"knock")
            try:
                sock.recv(1)
            except OSError as error:
                names[errno.errorcode.get(error.errno, "timeout")] += 1
    print(*(f"{name} {number}" for name, number in names.items()))


def storm(address, port, rate, seconds):
    sent = answered = 0
    start = time.monotonic()
    while (now := time.monotonic() - start) < float(seconds):
        with make(address) as sock:
            sock.settimeout(1)
            sent += 1
            try:
                ask(sock, b"q", (address, int(port)))
                answered += 1
            except TimeoutError:
                pass
        time.sleep(max(0, sent / float(rate) - now))
    print(sent, answered)


def datagram(number):
    head = struct.pack("!I", number)
    return head + bytes([number & 0xff]) * (PAYLOAD - 8) + struct.pack("!I", zlib.crc32(head))


def send_burst(sock, first, count):
    data = b"".join(datagram(number) for number in range(first, first + count))
    size = [(socket.SOL_UDP, UDP_SEGMENT, struct.pack("=H", PAYLOAD))]
    sock.sendmsg([data], size if count > 1 else [])


def bulk(address, port, count):
    count, sent, received, late = int(count), 0, set(), 0
    sock = make(address)
    sock.connect((address, int(port)))
    while len(received) < count:
        while sent < count and sent - len(received) < WINDOW:
            burst = min(BURST, count - sent)
            send_burst(sock, sent, burst)
            sent += burst
        data = sock.recv(65536)
        number = struct.unpack("!I", data[:4])[0]
        if data != datagram(number) or number in received:
            sys.exit(f"datagram {number} is broken or came twice")
        late += number < len(received)
        received.add(number)
    print(count, "ok" if late <= WINDOW else f"{late} out of order")


def pair(address, port):
    first = make(address)
    first.bind(("127.0.0.1", 0))
    second = make(address)
    second.bind(("127.0.0.2", first.getsockname()[1]))
    answers = [ask(sock, b"who", (address, int(port)))[0] for sock in (first, second, first)]
    print("told apart" if answers[0] == answers[2] != answers[1] else answers)


def visitor(address, port):
    sock = make(address)
    print(ask(sock, b"who", (address, int(port)))[0].split()[1].decode(), flush=True)
    data, peer = sock.recvfrom(65536)
    print(data.decode(), peer[0], flush=True)
    sock.sendto(b"welcome", peer)


def call(address, port, text):
    sock = make(address)
    try:
        print(ask(sock, text.encode(), (address, int(port)))[0].decode())
    except TimeoutError:
        print("timeout")


def echo(port):
    sock = make("::")
    sock.settimeout(None)
    sock.bind(("::", int(port)))
    print("up", flush=True)
    while True:
        data, peer = sock.recvfrom(65536)
        sock.sendto(data, peer)


VERBS = {"sizes": sizes, "remotes": remotes, "unconnected": unconnected, "refused": refused,
         "storm": storm, "bulk": bulk, "pair": pair, "visitor": visitor, "echo": echo,
         "call": call}
VERBS[sys.argv[1]](*sys.argv[2:])
