# SPDX-License-Identifier: GPL-2.0-or-later
"""servers - netbench's and iperf3's on the host's loopback, at ports next to each other"""

import json
import subprocess
from pathlib import Path


class Servers:
    """netbench's is at port, iperf3's at the next one."""

    def __init__(self, netbench: Path) -> None:
        self.netbench = subprocess.Popen(
            [netbench, "server", "-a", "127.0.0.1", "-p", "0", "-t", "3600"],
            stdout=subprocess.PIPE, text=True)
        self.port = json.loads(self.netbench.stdout.readline())["port"]
        self.iperf3 = subprocess.Popen(
            ["stdbuf", "-oL", "iperf3", "-s", "-B", "127.0.0.1", "-p", str(self.port + 1)],
            stdout=subprocess.PIPE, text=True)
        if not any("listening" in line for line in self.iperf3.stdout):
            self.__exit__()
            raise OSError(f"iperf3 cannot take port {self.port + 1}")

    def __enter__(self) -> "Servers":
        return self

    def __exit__(self, *_: object) -> None:
        for process in (self.netbench, self.iperf3):
            process.kill()
            process.wait()
