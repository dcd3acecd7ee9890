#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""witness - what of the host an attack from inside reaches (attack.py)

witness.py LAN4 --ready FILE

Listens for each attack on an address and port of its own: of the host's loopback, which is closed
to a container, or on LAN4, which is open but not to forged senders. Prints one JSON object with all
that attack.py wants to know, also to FILE. When standard input ends it prints one line for each
attack that arrived.
"""
import json
import os
import select
import socket
import sys

# name: family, type, address; None is LAN4
ATTACKS = {
    "TCP to the host's alias": (socket.AF_INET, socket.SOCK_STREAM, "127.0.0.1"),
    "UDP to the host's alias": (socket.AF_INET, socket.SOCK_DGRAM, "127.0.0.1"),
    "TCP to the host's IPv6 alias": (socket.AF_INET6, socket.SOCK_STREAM, "::1"),
    "UDP to the host's IPv6 alias": (socket.AF_INET6, socket.SOCK_DGRAM, "::1"),
    "TCP to the resolver's alias": (socket.AF_INET, socket.SOCK_STREAM, "127.0.0.1"),
    "forged TCP to 127.0.0.1": (socket.AF_INET, socket.SOCK_STREAM, "127.0.0.1"),
    "forged UDP to 127.0.0.1": (socket.AF_INET, socket.SOCK_DGRAM, "127.0.0.1"),
    "forged UDP to 127.0.0.1, in fragments": (socket.AF_INET, socket.SOCK_DGRAM, "127.0.0.1"),
    "forged UDP to 0.0.0.0": (socket.AF_INET, socket.SOCK_DGRAM, "127.0.0.1"),
    "forged UDP to ::1": (socket.AF_INET6, socket.SOCK_DGRAM, "::1"),
    "forged UDP to ::ffff:127.0.0.1": (socket.AF_INET, socket.SOCK_DGRAM, "127.0.0.1"),
    "forged TCP that seems admitted": (socket.AF_INET, socket.SOCK_STREAM, "127.0.0.1"),
    "forged TCP from another address": (socket.AF_INET, socket.SOCK_STREAM, None),
    "forged UDP from another address": (socket.AF_INET, socket.SOCK_DGRAM, None),
}
# What nobody forbids: were it not to arrive, the rest would prove nothing.
CONTROLS = {
    "UDP to the host's network": (socket.AF_INET, socket.SOCK_DGRAM, None),
    "forged UDP to the host's network": (socket.AF_INET, socket.SOCK_DGRAM, None),
}


def main():
    lan = sys.argv[1]
    sockets = {}
    for name, (family, kind, address) in {**ATTACKS, **CONTROLS}.items():
        try:
            listener = socket.socket(family, kind)
            listener.bind((address or lan, 0))
        except OSError:
            continue  # a host without IPv6
        if kind == socket.SOCK_STREAM:
            listener.listen()
        sockets[name] = listener
    abstract = socket.socket(socket.AF_UNIX)
    abstract.bind("")
    abstract.listen()
    facts = json.dumps({"lan4": lan, "abstract": abstract.getsockname()[1:].decode(),
                        "ports": {name: s.getsockname()[1] for name, s in sockets.items()}})
    with open(sys.argv[3], "w") as ready:
        ready.write(facts + "\n")
    print(facts, flush=True)
    os.read(0, 1)
    # What was sent is here by now: the kernel queues it before the sender goes on, or soon after.
    arrived, _, _ = select.select(list(sockets.values()), [], [], 0)
    for name, listener in sockets.items():
        if listener in arrived:
            print(name)


if __name__ == "__main__":
    main()
