#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""hostile_client - clients of a container's sockets that mean harm, or know no better

hostile_client.py KIND SOCKET [ARGUMENT...]; control.sock is a stream, launcher.sock has packets.
  crowd N   holds N silent connections (--ready FILE); those that must go have to be told why
  deaf N    N clients that ask without end and read nothing, for two seconds
  garbage   random bytes on 200 connections; every answer must be an error of the protocol
  large     one request that is larger than the server takes; prints the answer
  half      half a request, then silence; and half a request, then the end
  fds       200 requests with 60 descriptors each, well-formed or not
  hoard N   N connections with 60 descriptors and half a request each (--ready FILE)
  knock     one request; prints the answer, or "refused"
"""
import array
import json
import os
import random
import resource
import socket
import sys
import time

PATIENCE = float(os.environ.get("NETNS_TEST_PATIENCE", "10"))
PATH = sys.argv[2]
IS_STREAM = PATH.endswith("control.sock")
REQUEST = b'{"execute":"inspect"}\n'


def connect():
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM if IS_STREAM else socket.SOCK_SEQPACKET)
    sock.settimeout(PATIENCE)
    directory = os.open(os.path.dirname(PATH), os.O_PATH)
    sock.connect(f"/proc/self/fd/{directory}/{os.path.basename(PATH)}")
    os.close(directory)
    return sock


def raise_limit():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def check_served():
    with connect() as sock:
        sock.send(REQUEST)
        assert b'"return"' in sock.recv(1 << 20), "not served"


def crowd():
    raise_limit()
    held = [connect() for _ in range(int(sys.argv[3]))]
    check_served()
    gone = 0
    for sock in held:
        sock.setblocking(False)
        try:
            answer = sock.recv(65536)
        except BlockingIOError:
            continue
        assert json.loads(answer)["error"]["code"] == "EUSERS", answer
        gone += 1
    assert len(held) - gone <= 256, f"{gone} of {len(held)} have gone"
    with open(sys.argv[5], "w", encoding="ascii") as file:
        file.write("held\n")
    time.sleep(3600)


def deaf():
    raise_limit()
    held = [connect() for _ in range(int(sys.argv[3]))]
    for sock in held:
        sock.setblocking(False)
    end = time.monotonic() + 2
    while time.monotonic() < end:
        for sock in held:
            try:
                sock.send(REQUEST * (100 if IS_STREAM else 1))
            except OSError:
                pass  # full, or thrown out
    check_served()


def garbage():
    random.seed(1)
    for i in range(200):
        with connect() as sock:
            try:
                data = random.randbytes(random.randrange(1, 20000))
                sock.send(REQUEST.strip()[:10] + data if i % 2 else data)
                if IS_STREAM:
                    sock.shutdown(socket.SHUT_WR)
                answer = b""
                while part := sock.recv(65536):
                    answer += part
                    if not IS_STREAM:
                        break
            except ConnectionError:
                continue
            for line in filter(None, answer.split(b"\n")):
                assert "error" in json.loads(line), line
    check_served()


def large():
    with connect() as sock:
        try:
            if IS_STREAM:
                sock.sendall(b'{"execute":"' + b"x" * (1 << 20))
            else:
                sock.send(b'{"execute":"' + b"x" * 150000 + b'"}')
        except ConnectionError:
            pass  # thrown out on the way; the answer is still there
        print(sock.recv(65536).decode())


def half():
    held = connect()
    held.send(REQUEST[:9])
    with connect() as ended:
        ended.send(REQUEST[:9])
        ended.shutdown(socket.SHUT_WR)
        assert b'"error"' in ended.recv(65536)
    check_served()
    held.close()


def fds():
    null = os.open("/dev/null", os.O_RDONLY)
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [null] * 60))]
    texts = [REQUEST, b"garbage\n", b'{"execute":"frob"}\n', b'{"execute":["list_hostfwd"]}\n',
             b'{"execute":"publish","arguments":{"rule":"fd:0:80"}}\n', b'{"execute":"events"}\n',
             b'{"execute":"exec","arguments":{"command":[]}}\n']  # fmt: skip
    for i in range(200):
        with connect() as sock:
            try:
                sock.sendmsg([texts[i % len(texts)]], rights)
                sock.recv(1 << 20)
            except ConnectionError:
                pass
    check_served()


def hoard():
    raise_limit()
    null = os.open("/dev/null", os.O_RDONLY)
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [null] * 60))]
    held = [connect() for _ in range(int(sys.argv[3]))]
    for sock in held:
        sock.sendmsg([REQUEST[:9]], rights)
    check_served()
    with open(sys.argv[5], "w", encoding="ascii") as file:
        file.write("held\n")
    time.sleep(3600)


def knock():
    try:
        with connect() as sock:
            sock.send(REQUEST)
            print(sock.recv(1 << 20).decode() or "refused")
    except ConnectionError:
        print("refused")


{"crowd": crowd, "deaf": deaf, "garbage": garbage, "large": large, "half": half, "fds": fds, "hoard": hoard,
 "knock": knock}[sys.argv[1]]()  # fmt: skip
