#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""control_client - clients of a control socket that do not behave

control_client.py KIND SOCKET [N]
  spoon    sends a request byte by byte; must get the answer
  flood    sends 10 MB without an end; prints the answer
  garbage  sends random bytes on 50 connections
  deaf     sends requests until it is not heard any more, then reads all answers
  crowd    holds N silent connections; a further one must be answered within a second
  hold     (with --ready FILE) holds a silent connection and one with half a request
  repeat   N requests on one connection
"""
import os
import random
import socket
import sys
import time

PATIENCE = float(os.environ.get("NETNS_TEST_PATIENCE", "10"))
REQUEST = b'{"execute":"inspect"}\n'


def connect(path):
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(PATIENCE)
    sock.connect(path)
    return sock


def spoon(path):
    with connect(path) as sock:
        for i in range(len(REQUEST)):
            sock.send(REQUEST[i:i + 1])
        assert b"return" in sock.recv(65536)


def flood(path):
    with connect(path) as sock:
        try:
            for _ in range(160):
                sock.sendall(b"{" * 65536)
        except OSError:
            pass  # thrown out on the way; the answer is still there
        print(sock.recv(65536).decode())


def garbage(path):
    random.seed(1)
    for _ in range(50):
        with connect(path) as sock:
            try:
                sock.sendall(random.randbytes(random.randrange(1, 20000)))
                sock.shutdown(socket.SHUT_WR)
                while sock.recv(65536):
                    pass
            except OSError:
                pass


def deaf(path):
    sent = 0
    with connect(path) as sock:
        sock.settimeout(1)
        try:
            while sent < 100000:
                sock.send(REQUEST)
                sent += 1
            sys.exit("heard without end")
        except TimeoutError:
            spoon(path)
        sock.settimeout(PATIENCE)
        with sock.makefile("rb") as replies:
            for _ in range(sent):
                assert b"return" in replies.readline()


def crowd(path):
    held = [connect(path) for _ in range(int(sys.argv[3]))]
    start = time.monotonic()
    spoon(path)
    assert time.monotonic() - start < 1
    for sock in held:
        sock.close()


def hold(path):
    held = [connect(path), connect(path)]
    held[1].send(REQUEST[:5])
    with open(sys.argv[4], "w", encoding="ascii") as file:
        file.write("held\n")
    held[0].settimeout(None)
    held[0].recv(1)


def repeat(path):
    with connect(path) as sock, sock.makefile("rb") as replies:
        for _ in range(int(sys.argv[3])):
            sock.sendall(REQUEST)
            assert b"return" in replies.readline()


{"spoon": spoon, "flood": flood, "garbage": garbage, "deaf": deaf, "crowd": crowd,
 "hold": hold, "repeat": repeat}[sys.argv[1]](sys.argv[2])
