#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""arrivals - tells which packets arrive for some addresses

arrivals.py INTERFACE ADDRESS... --ready FILE

Prints "PROTOCOL DESTINATION" for each IP packet on the interface that goes to one of the addresses,
until a UDP datagram with the text "end" comes, which is not printed.
"""
import ipaddress
import socket
import sys


def parse(packet):
    """(protocol, destination, rest), or None for what is no IP"""
    if packet[12:14] == b"\x08\x00":
        size = (packet[14] & 15) * 4
        return packet[23], ipaddress.ip_address(packet[30:34]), packet[14 + size:]
    if packet[12:14] == b"\x86\xdd":
        return packet[20], ipaddress.ip_address(packet[38:54]), packet[54:]
    return None


def main():
    interface, *addresses = sys.argv[1:-2]
    addresses = {ipaddress.ip_address(address) for address in addresses}
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    sock.bind((interface, 0))
    with open(sys.argv[-1], "w", encoding="ascii") as file:
        file.write("0\n")
    while True:
        packet, origin = sock.recvfrom(65536)
        parsed = parse(packet)
        if origin[2] == socket.PACKET_OUTGOING or not parsed or parsed[1] not in addresses:
            continue
        if parsed[0] == 17 and parsed[2][8:11] == b"end":
            break
        print(parsed[0], parsed[1], flush=True)


main()
