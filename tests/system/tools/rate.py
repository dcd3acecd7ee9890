#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""rate - moves data for some time and tells how fast it arrived

rate.py serve [--address ADDRESS] [--port PORT] --ready FILE    TCP and UDP; the port goes to FILE
rate.py up tcp|udp ADDRESS PORT SECONDS [STREAMS]      prints the kbit/s that the server got
rate.py down tcp|udp ADDRESS PORT SECONDS [STREAMS]    prints the kbit/s that came
rate.py exchange ADDRESS PORT SECONDS    prints the median time of an exchange of a byte, in ms

The first half second does not count: bursts are used up in it. UDP is offered at 60 Mbit/s.

A client says over TCP what it wants: a line "u|d|e tcp|udp SECONDS". The server's datagrams come from
its TCP port's number, and go to whoever has sent one there.
"""
import argparse
import contextlib
import os
import socket
import statistics
import struct
import sys
import threading
import time

HEAD = 0.5
BLOCK = 64 * 1024
HELLO = b"hello"
DATAGRAM = 1200
BURST = 16
PAUSE = DATAGRAM * 8 * BURST / 60e6
PATIENCE = 3 * float(os.environ.get("NETNS_TEST_PATIENCE", "10"))


def receive_until(sock, end):
    """The bytes that came until then, or until the end, and the time that it was by then."""
    size = 0
    sock.settimeout(0.1)
    while (now := time.monotonic()) < end:
        with contextlib.suppress(TimeoutError):
            data = sock.recv(BLOCK)
            if not data:
                break
            size += len(data)
    return size, now


def drain(sock):
    """What has come while we were not running is of the time before; more than that is not there."""
    sock.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        for _ in range(64):
            sock.recv(BLOCK)


def receive(sock, seconds):
    """The kbit/s after HEAD, from the first byte on."""
    sock.settimeout(PATIENCE)
    if not sock.recv(BLOCK):
        return 0
    receive_until(sock, time.monotonic() + HEAD)
    drain(sock)
    begin = time.monotonic()
    size, end = receive_until(sock, begin + seconds - HEAD)
    return round(size * 8 / 1000 / (end - begin))


def send(sock, done, address=None):
    """At full speed, or datagrams at their rate, until the event."""
    begin = time.monotonic()
    data, bursts = bytes(DATAGRAM if address else BLOCK), 0
    sock.settimeout(PATIENCE)
    while not done.is_set():
        with contextlib.suppress(ConnectionRefusedError):
            if not address:
                sock.send(data)
                continue
            for _ in range(BURST):
                sock.sendto(data, address)
        bursts += 1
        time.sleep(max(0, begin + bursts * PAUSE - time.monotonic()))


def send_until_told(sock, source, address=None):
    """Until the peer has said something, which is returned."""
    done = threading.Event()
    thread = threading.Thread(target=send_quietly, args=(source, done, address))
    thread.start()
    sock.settimeout(PATIENCE)
    try:
        return sock.recv(100)
    finally:
        done.set()
        # What is on its way would take its time.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
        thread.join()


def send_quietly(*arguments):
    with contextlib.suppress(OSError):
        send(*arguments)


def hello(datagrams):
    """The address of who has come, behind what is left of others."""
    datagrams.settimeout(PATIENCE)
    while True:
        data, address = datagrams.recvfrom(BLOCK)
        if data == HELLO:
            return address


def echo(sock):
    while data := sock.recv(BLOCK):
        sock.sendall(data)


def serve_one(sock, datagrams):
    with sock, contextlib.suppress(OSError):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line = b""
        while not line.endswith(b"\n"):
            line += sock.recv(1)
        verb, protocol, seconds = line.decode().split()
        if verb == "e":
            echo(sock)
        elif verb == "u":
            got = receive(sock if protocol == "tcp" else datagrams, float(seconds))
            sock.sendall(f"{got}\n".encode())
            while sock.recv(BLOCK):
                pass
        elif protocol == "tcp":
            send_until_told(sock, sock)
        else:
            send_until_told(sock, datagrams, hello(datagrams))


def serve(arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--ready", required=True)
    options = parser.parse_args(arguments)
    listener = socket.create_server((options.address, options.port), backlog=64)
    port = listener.getsockname()[1]
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.bind((options.address, port))
    with open(options.ready, "w", encoding="ascii") as file:
        print(port, file=file)
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=serve_one, args=(sock, datagrams), daemon=True).start()


def ask(address, verb, protocol, seconds):
    sock = socket.create_connection(address, timeout=PATIENCE)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.sendall(f"{verb} {protocol} {seconds}\n".encode())
    return sock


def run_stream(verb, protocol, address, seconds, results):
    with ask(address, verb, protocol, seconds) as sock, socket.socket(
            socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        if verb == "d" and protocol == "udp":
            datagrams.sendto(HELLO, address)
        if verb == "d":
            results.append(receive(sock if protocol == "tcp" else datagrams, seconds))
            sock.sendall(b"\n")
            return
        told = send_until_told(sock, *((sock,) if protocol == "tcp" else (datagrams, address)))
        results.append(int(told or b"0"))


def move(verb, protocol, host, port, seconds, streams="1"):
    results = []
    threads = [threading.Thread(target=run_stream, args=(
        verb[0], protocol, (host, int(port)), float(seconds), results)) for _ in range(int(streams))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(results) != len(threads):
        sys.exit("rate.py: a stream has failed")
    print(sum(results))


def exchange(host, port, seconds):
    times, end = [], time.monotonic() + float(seconds)
    with ask((host, int(port)), "e", "tcp", seconds) as sock:
        while time.monotonic() < end:
            begin = time.monotonic()
            sock.sendall(b"x")
            sock.recv(1)
            times.append(time.monotonic() - begin)
    print(round(statistics.median(times) * 1000))


def main():
    verb = sys.argv[1]
    if verb == "serve":
        serve(sys.argv[2:])
    elif verb == "exchange":
        exchange(*sys.argv[2:])
    else:
        move(*sys.argv[1:])


main()
