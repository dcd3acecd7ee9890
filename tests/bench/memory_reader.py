# SPDX-License-Identifier: GPL-2.0-or-later
"""memory_reader - reads the memory of processes that do not let their own user look

How it works: processes that hold secrets or capabilities are not dumpable, and only root may read
their smaps_rollup. Where the benchmark is started as root, it forks a reader before it drops to an
ordinary user; otherwise it reads by itself, and the proportional share (PSS) may stay unknown. A
request is a list of PIDs as JSON, the answer [rss, pss], pss null where it is unknown.
"""

import json
import os
import socket
from collections.abc import Iterable

import processes

MESSAGE_SIZE = 65536


def _serve(requests: socket.socket) -> None:
    while request := requests.recv(MESSAGE_SIZE):
        used = processes.memory(json.loads(request))
        requests.send(json.dumps([used.rss, used.pss]).encode())


class MemoryReader:
    """Reads memory with the rights that its creator had."""

    def __init__(self) -> None:
        self.socket, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.pid = os.fork()
        if self.pid == 0:
            self.socket.close()
            try:
                _serve(other)
            finally:
                os._exit(0)
        other.close()

    def read(self, pids: Iterable[int]) -> processes.Memory:
        self.socket.send(json.dumps(sorted(pids)).encode())
        rss, pss = json.loads(self.socket.recv(MESSAGE_SIZE))
        return processes.Memory(rss, pss)

    def close(self) -> None:
        self.socket.close()
        os.waitpid(self.pid, 0)
