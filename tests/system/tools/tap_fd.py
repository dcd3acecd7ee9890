#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""tap_fd - makes a TAP in another namespace and gives its descriptor to a program

tap_fd.py PID IFNAME CMD [ARG]...   runs CMD here; an ARG of {} becomes the descriptor's number
tap_fd.py --send FD IFNAME          (within the namespace) makes it and sends it over a socket
"""
import fcntl
import os
import socket
import struct
import subprocess
import sys

TUNSETIFF = 0x400454CA
IFF_TAP_NO_PI = 0x1002


def send(sock, ifname):
    tap = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", ifname.encode(), IFF_TAP_NO_PI))
    socket.send_fds(sock, [b"x"], [tap])


def run(pid, ifname, command):
    ours, theirs = socket.socketpair()
    enter = ["nsenter", "--target", pid, "--preserve-credentials", "--user", "--net"]
    maker = [sys.executable, __file__, "--send", str(theirs.fileno()), ifname]
    subprocess.run(enter + maker, check=True, pass_fds=[theirs.fileno()])
    tap = socket.recv_fds(ours, 1, 1)[1][0]
    os.set_inheritable(tap, True)
    os.execvp(command[0], [argument.replace("{}", str(tap)) for argument in command])


if sys.argv[1] == "--send":
    send(socket.socket(fileno=int(sys.argv[2])), sys.argv[3])
else:
    run(sys.argv[1], sys.argv[2], sys.argv[3:])
