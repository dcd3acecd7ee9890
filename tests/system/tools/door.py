#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""door - runs commands as the root of the tests' private host

door.py serve SOCKET --ready FILE
door.py call SOCKET CMD...

The caller's standard descriptors and working directory go along; its exit status is CMD's. When the
caller is killed CMD is, too.
"""
import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import threading

MESSAGE_MAX = 64 * 1024


def wait(process, client):
    """The status of the process, which ends with the client."""
    pidfd = os.pidfd_open(process.pid)
    ready, _, _ = select.select([pidfd, client], [], [])
    os.close(pidfd)
    if pidfd not in ready:
        process.kill()
    return process.wait()


def run(client):
    with client:
        data, fds, _, _ = socket.recv_fds(client, MESSAGE_MAX, 3)
        if not data:
            return
        request = json.loads(data)
        try:
            process = subprocess.Popen(request["command"], cwd=request["directory"], stdin=fds[0],
                                       stdout=fds[1], stderr=fds[2])
            status = wait(process, client)
        except OSError as error:
            os.write(fds[2], f"door: {error}\n".encode())
            status = 127
        for fd in fds:
            os.close(fd)
        with contextlib.suppress(BrokenPipeError):  # the caller was killed
            client.send(json.dumps(status).encode())


def serve(path, ready):
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(path)
    os.chmod(path, 0o666)
    listener.listen()
    with open(ready, "w", encoding="ascii") as file:
        file.write("ready\n")
    while True:
        client, _ = listener.accept()
        threading.Thread(target=run, args=(client,), daemon=True).start()


def call(path, command):
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
        client.connect(path)
        request = json.dumps({"command": command, "directory": os.getcwd()})
        socket.send_fds(client, [request.encode()], [0, 1, 2])
        status = json.loads(client.recv(MESSAGE_MAX))
    return status if status >= 0 else 128 - status


if sys.argv[1] == "serve":
    serve(sys.argv[2], sys.argv[4])
else:
    sys.exit(call(sys.argv[2], sys.argv[3:]))
