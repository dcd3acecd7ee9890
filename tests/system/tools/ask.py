#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""ask - DNS questions that dig does not ask

ask.py flood SERVER --clients N --rounds N: each client asks again and again by UDP, with a port and
an id of its own, whether it is answered within a second or not. Prints how many were answered.
ask.py pipeline SERVER --rounds N: so many questions by one TCP connection before the first answer
is read, then the end of what it sends. Prints how many different ones were answered.
ask.py garbage SERVER: what is no question, by UDP and TCP. Prints what came back.
"""
import argparse
import os
import socket
import struct
import threading

TYPE_A = 1


def question(number, name):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!HHHHHH", number, 0x0100, 1, 0, 0, 0) + labels + struct.pack("!BHH", 0, TYPE_A, 1)


def family_of(server):
    return socket.AF_INET6 if ":" in server else socket.AF_INET


def flood(server, rounds, answered):
    for number in range(rounds):
        with socket.socket(family_of(server), socket.SOCK_DGRAM) as sock:
            sock.settimeout(1)
            query = question(int.from_bytes(os.urandom(2), "big"), f"n{number}.test")
            sock.sendto(query, (server, 53))
            try:
                # Another's port may be ours now, and its answer come late.
                while sock.recv(4096)[:2] != query[:2]:
                    pass
                answered.append(number)
            except TimeoutError:
                pass


def read_exactly(stream, size):
    data = b""
    while len(data) < size:
        piece = stream.recv(size - len(data))
        if not piece:
            return None
        data += piece
    return data


def pipeline(server, rounds):
    with socket.create_connection((server, 53), timeout=20) as stream:
        for number in range(rounds):
            text = question(number, f"n{number}.test")
            stream.sendall(struct.pack("!H", len(text)) + text)
        stream.shutdown(socket.SHUT_WR)
        ids = set()
        while prefix := read_exactly(stream, 2):
            answer = read_exactly(stream, struct.unpack("!H", prefix)[0])
            ids.add(answer[:2])
    return len(ids)


def exchange_udp(server, data):
    with socket.socket(family_of(server), socket.SOCK_DGRAM) as sock:
        sock.settimeout(1)
        sock.sendto(data, (server, 53))
        try:
            answer = sock.recv(4096)
            return f"code {answer[3] & 15}"
        except TimeoutError:
            return "silence"


def exchange_tcp(server, data):
    with socket.create_connection((server, 53), timeout=20) as stream:
        stream.sendall(data)
        try:
            answer = stream.recv(4096)
            return f"code {answer[5] & 15}" if answer else "end"
        except ConnectionResetError:
            return "reset"


def garbage(server):
    good = question(7, "a.test")
    for what, data in {"nothing": b"", "short": good[:9], "cut": good[:-3], "more": good + b"\0",
                       "answer": good[:2] + b"\x81\x80" + good[4:], "update": good[:2] + b"\x28\0" + good[4:],
                       "noise": bytes(range(12, 252)), "large": good + os.urandom(1200)}.items():
        print(what, exchange_udp(server, data))
    print("tcp-short", exchange_tcp(server, b"\0\3abc"))
    print("tcp-long", exchange_tcp(server, b"\xff\xff" + bytes(3000)))
    print("tcp-cut", exchange_tcp(server, struct.pack("!H", len(good) - 3) + good[:-3]))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=["flood", "pipeline", "garbage"])
    parser.add_argument("server")
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.mode == "garbage":
        garbage(arguments.server)
        return
    if arguments.mode == "pipeline":
        print(pipeline(arguments.server, arguments.rounds))
        return
    answered = []
    threads = [threading.Thread(target=flood, args=(arguments.server, arguments.rounds, answered))
               for _ in range(arguments.clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(answered))


main()
