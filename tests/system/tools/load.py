#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""load - many connections to a server of serve.py's mode "request"

load.py rate ADDRESS PORT COUNT CONCURRENT   connect, one line, one answer, close; prints "COUNT ok"
load.py pending ADDRESS PORT BLACKHOLE N     milliseconds that N pending connects to a black hole
                                             add to the median of live connects
"""
import asyncio
import os
import socket
import statistics
import sys
import time


PATIENCE = 2 * float(os.environ.get("NETNS_TEST_PATIENCE", "10"))


async def exchange(address, port):
    reader, writer = await asyncio.open_connection(address, port)
    writer.write(b"hello\n")
    reply = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return bool(reply)


async def work(address, port, left, counts):
    while left:
        left.pop()
        try:
            answered = await asyncio.wait_for(exchange(address, port), PATIENCE)
            outcome = "ok" if answered else "empty"
        except (OSError, asyncio.TimeoutError) as error:
            outcome = type(error).__name__
        counts[outcome] = counts.get(outcome, 0) + 1


async def rate(address, port, count, concurrent):
    left, counts = [None] * count, {}
    await asyncio.gather(*(work(address, port, left, counts) for _ in range(concurrent)))
    print(*(f"{number} {name}" for name, number in sorted(counts.items())), sep=", ")


def live(address, port):
    times = []
    for _ in range(21):
        start = time.monotonic()
        socket.create_connection((address, port)).close()
        times.append((time.monotonic() - start) * 1000)
    return statistics.median(times)


def pending(address, port, blackhole, count):
    before = live(address, port)
    held = []
    for i in range(count):
        sock = socket.socket()
        sock.setblocking(False)
        sock.connect_ex((blackhole, 1000 + i))
        held.append(sock)
    print(round(live(address, port) - before))


verb, host, host_port, *rest = sys.argv[1:]
if verb == "rate":
    asyncio.run(rate(host, int(host_port), *map(int, rest)))
else:
    pending(host, int(host_port), rest[0], int(rest[1]))
