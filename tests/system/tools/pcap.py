#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""pcap - the packets of a pcap file with nanoseconds, as they stand in it

pcap.py FILE prints a line for each: TIME CAPTURED LENGTH PAYLOAD, PAYLOAD being the bytes of data in
an IPv4 TCP segment behind an Ethernet header, else 0. Fails if the last packet is not whole.
"""
import struct
import sys

NANOSECONDS = 0xA1B23C4D


def payload(data, length):
    if data[12:14] != b"\x08\x00" or len(data) < 54 or data[23] != 6:
        return 0
    tcp = 14 + (data[14] & 15) * 4
    return length - tcp - (data[tcp + 12] >> 4) * 4


def main():
    with open(sys.argv[1], "rb") as file:
        header = file.read(24)
        if struct.unpack("=I", header[:4])[0] != NANOSECONDS:
            sys.exit("no pcap file with nanoseconds")
        while header := file.read(16):
            seconds, nanoseconds, captured, length = struct.unpack("=IIII", header)
            data = file.read(captured)
            if len(data) != captured:
                sys.exit("the last packet is cut")
            print(f"{seconds}.{nanoseconds:09}", captured, length, payload(data, length))


main()
