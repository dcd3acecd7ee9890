#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""frames - a machine whose network is a socket of frames, as User Mode Linux or a virtual one

frames.py connect SOCKET IFNAME MTU   makes a TAP here, with slirp4netns's addresses, and carries its
                                      frames over the SOCK_SEQPACKET socket, one a message; prints a
                                      line when connected, ends when the socket does
frames.py pair TYPE IFNAME MTU CMD [ARG]...
                                      the same in new namespaces, over a socket pair of that type
                                      (seqpacket, dgram), whose other end CMD gets: an ARG of {} is
                                      its number; the line is the PID
frames.py carry FD IFNAME MTU         that machine
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


def make_tap(ifname, mtu):
    tap = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", ifname.encode(), IFF_TAP_NO_PI))
    ip("address", "add", "10.0.2.100/24", "dev", ifname)
    ip("link", "set", ifname, "mtu", mtu, "up")
    ip("route", "add", "default", "via", "10.0.2.2")
    return tap


def carry(tap, machine):
    while True:
        ready, _, _ = select.select([tap, machine], [], [])
        if tap in ready:
            machine.send(os.read(tap, FRAME_MAX))
        if machine in ready:
            try:
                frame = machine.recv(FRAME_MAX)
            except ConnectionResetError:  # what we sent last was not read any more
                return
            if not frame:
                return
            os.write(tap, frame)


def connect(path, ifname, mtu):
    tap = make_tap(ifname, mtu)
    machine = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    machine.connect(path)
    print("connected", flush=True)
    carry(tap, machine)


def carry_inherited(number, ifname, mtu):
    tap = make_tap(ifname, mtu)
    print(os.getpid(), flush=True)
    carry(tap, socket.socket(fileno=int(number)))


def pair(kind, ifname, mtu, *command):
    kinds = {"seqpacket": socket.SOCK_SEQPACKET, "dgram": socket.SOCK_DGRAM}
    ours, theirs = socket.socketpair(socket.AF_UNIX, kinds[kind])
    machine = ["unshare", "--user", "--map-root-user", "--net", sys.executable, __file__, "carry",
               str(ours.fileno()), ifname, mtu]
    with subprocess.Popen(machine, pass_fds=[ours.fileno()]):
        ours.close()
        theirs.set_inheritable(True)
        os.execvp(command[0], [word.replace("{}", str(theirs.fileno())) for word in command])


{"connect": connect, "pair": pair, "carry": carry_inherited}[sys.argv[1]](*sys.argv[2:])
