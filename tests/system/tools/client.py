#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""client - a TCP or UDP client for tests; prints what happened

client.py VERB PROTOCOL ADDRESS PORT [OPTION...]

connect   prints "open", or the name of the error ("timeout" after --timeout seconds)
talk      sends --text and a newline, prints what comes back until the end (one datagram)
endpoint  connects, prints "ADDRESS PORT" of its own end, then what comes back until the end
send      sends --size bytes of the pattern, ends its side, prints what comes back; fails if that is
          not their checksum
receive   reads to the end; fails if that is not --size bytes of the pattern
after     reads to the end, only then sends --size bytes of the pattern and prints their checksum
reset     sends --text, waits for an answer, and resets the connection
await     tries to connect until somebody listens (for a listener that gives no sign)
gone      tries to connect until nobody does

--bind ADDRESS and --slow (a small buffer, read and written by the spoon) for all of them.
"""
import argparse
import contextlib
import errno
import os
import socket
import struct
import sys
import time
import zlib

from pattern import checksum, pieces

BLOCK = 64 * 1024
PATIENCE = float(os.environ.get("NETNS_TEST_PATIENCE", "10"))


def open_socket(arguments):
    family = socket.AF_INET6 if ":" in arguments.address else socket.AF_INET
    kind = socket.SOCK_STREAM if arguments.protocol == "tcp" else socket.SOCK_DGRAM
    sock = socket.socket(family, kind)
    if arguments.slow:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    if arguments.bind:
        sock.bind((arguments.bind, 0))
    sock.settimeout(arguments.timeout)
    sock.connect((arguments.address, arguments.port))
    return sock


def error_name(error):
    if isinstance(error, TimeoutError) and error.errno is None:
        return "timeout"
    return errno.errorcode.get(error.errno, str(error))


def read_all(sock, slow=False):
    data = bytearray()
    while piece := sock.recv(1000 if slow else BLOCK):
        data += piece
    return bytes(data)


def connect(arguments):
    start = time.monotonic()
    try:
        with open_socket(arguments) as sock:
            if arguments.protocol == "udp":
                sock.send(b"knock\n")
                sock.recv(BLOCK)
            print("open")
    except OSError as error:
        print(error_name(error))
    if arguments.time:
        print(f"{(time.monotonic() - start) * 1000:.1f}")


def end_sending(sock):
    """What reading tells of an end that has reset the connection by now is more than ENOTCONN."""
    try:
        sock.shutdown(socket.SHUT_WR)
    except OSError as error:
        if error.errno != errno.ENOTCONN:
            raise


def talk(arguments):
    with open_socket(arguments) as sock:
        sock.sendall(arguments.text.encode() + b"\n")
        if arguments.protocol == "udp":
            sys.stdout.buffer.write(sock.recv(BLOCK))
            return
        end_sending(sock)
        sys.stdout.buffer.write(read_all(sock))


def endpoint(arguments):
    with open_socket(arguments) as sock:
        print(*sock.getsockname()[:2])
        if arguments.protocol == "udp":
            sock.send(b"who\n")
            sys.stdout.write(sock.recv(BLOCK).decode())
        else:
            sys.stdout.write(read_all(sock).decode())


def send(arguments):
    with open_socket(arguments) as sock:
        for piece in pieces(arguments.size):
            for start in range(0, len(piece), 1000 if arguments.slow else BLOCK):
                sock.sendall(piece[start:start + (1000 if arguments.slow else BLOCK)])
        sock.shutdown(socket.SHUT_WR)
        reply = read_all(sock).decode().strip()
    print(reply)
    if reply != checksum(arguments.size):
        sys.exit(f"sent {checksum(arguments.size)}")


def receive(arguments):
    size, crc = 0, 0
    with open_socket(arguments) as sock:
        while piece := sock.recv(1000 if arguments.slow else BLOCK):
            size, crc = size + len(piece), zlib.crc32(piece, crc)
    print(size, crc)
    if f"{size} {crc}" != checksum(arguments.size):
        sys.exit(f"expected {checksum(arguments.size)}")


def after(arguments):
    with open_socket(arguments) as sock:
        read_all(sock)
        for piece in pieces(arguments.size):
            sock.sendall(piece)
        sock.shutdown(socket.SHUT_WR)
    print(checksum(arguments.size))


def reset(arguments):
    with open_socket(arguments) as sock:
        sock.sendall(arguments.text.encode() + b"\n")
        sock.recv(BLOCK)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def await_listener(arguments):
    deadline = time.monotonic() + arguments.timeout
    while True:
        try:
            open_socket(arguments).close()
            return
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                sys.exit("nobody listens")


def await_answer(arguments):
    """A web server's: who forwards a port may listen before the server does."""
    deadline = time.monotonic() + arguments.timeout
    while time.monotonic() < deadline:
        with contextlib.suppress(ConnectionError), open_socket(arguments) as sock:
            sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
            if read_all(sock):
                return
        time.sleep(0.01)
    sys.exit("nobody answers")


def await_nobody(arguments):
    deadline = time.monotonic() + arguments.timeout
    try:
        while time.monotonic() < deadline:
            with contextlib.suppress(ConnectionResetError):
                open_socket(arguments).close()
            time.sleep(0.01)
    except ConnectionRefusedError:
        return
    sys.exit("somebody listens")


VERBS = {"connect": connect, "talk": talk, "endpoint": endpoint, "send": send,
         "receive": receive, "after": after, "reset": reset, "await": await_listener,
         "answers": await_answer, "gone": await_nobody}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("verb", choices=VERBS)
    parser.add_argument("protocol", choices=("tcp", "udp"))
    parser.add_argument("address")
    parser.add_argument("port", type=int)
    parser.add_argument("--text", default="")
    parser.add_argument("--size", type=int, default=0)
    parser.add_argument("--bind")
    parser.add_argument("--slow", action="store_true")
    parser.add_argument("--time", action="store_true", help="print the milliseconds, too")
    parser.add_argument("--timeout", type=float, default=PATIENCE)
    arguments = parser.parse_args()
    try:
        VERBS[arguments.verb](arguments)
    except OSError as error:
        sys.exit(error_name(error))


main()
