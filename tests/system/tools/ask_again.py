#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""ask_again - one UDP socket that asks whenever it is told to

ask_again.py ADDRESS PORT FIFO

For each line of FIFO it sends a datagram and prints the first word of the answer, or the name of
the error ("timeout").
"""
import errno
import socket
import sys


def main():
    address, port, fifo = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(2)
    sock.connect((address, port))
    with open(fifo, encoding="utf-8") as lines:
        for _ in lines:
            try:
                sock.send(b"who\n")
                print(sock.recv(1000).decode().split()[0], flush=True)
            except TimeoutError:
                print("timeout", flush=True)
            except OSError as error:
                print(errno.errorcode.get(error.errno, error), flush=True)


main()
