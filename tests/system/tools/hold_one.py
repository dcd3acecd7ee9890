#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""hold_one - one flow to an echo server, and what becomes of it

hold_one.py tcp|udp ADDRESS PORT

Prints "open" when the first answer is there. Then a TCP connection waits, and says "end" or the name
of the error that it ends with; a UDP socket goes on asking until that fails.
"""
import errno
import socket
import sys


def exchange(sock):
    sock.send(b"hold\n")
    return sock.recv(100)


def main():
    protocol, address, port = sys.argv[1:]
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    sock = socket.socket(family, kind)
    sock.connect((address, int(port)))
    exchange(sock)
    print("open", flush=True)
    sock.settimeout(None if protocol == "tcp" else 0.1)
    while True:
        try:
            if protocol == "udp":
                exchange(sock)
            elif not sock.recv(100):
                print("end", flush=True)
                return
        except TimeoutError:
            pass
        except OSError as error:
            print(errno.errorcode.get(error.errno, error), flush=True)
            return


main()
