#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""bess - a machine at a BESS socket, as User Mode Linux is one

bess.py SOCKET IFNAME MTU   makes a TAP here, with slirp4netns's addresses, and carries its frames
                            over the SOCK_SEQPACKET socket, one a message; prints a line when
                            connected, ends when the socket does
"""
import fcntl
import os
import select
import socket
import struct
import subprocess
import sys

TUNSETIFF = 0x400454CA
IFF_TAP_NO_PI = 0x1002
FRAME_MAX = 70000



def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True)


path, ifname, mtu = sys.argv[1:]
tap = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", ifname.encode(), IFF_TAP_NO_PI))
ip("address", "add", "10.0.2.100/24", "dev", ifname)
ip("link", "set", ifname, "mtu", mtu, "up")
ip("route", "add", "default", "via", "10.0.2.2")
machine = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
machine.connect(path)
print("connected", flush=True)
while True:
    ready, _, _ = select.select([tap, machine], [], [])
    if tap in ready:
        machine.send(os.read(tap, FRAME_MAX))
    if machine in ready:
        frame = machine.recv(FRAME_MAX)
        if not frame:
            break
        os.write(tap, frame)
