# SPDX-License-Identifier: GPL-2.0-or-later
"""remote - the benchmark's end of a runner"""

import json
import os
import select
import subprocess
import time
from pathlib import Path
from typing import Any

RUNNER = Path(__file__).resolve().with_name("runner.py")
READY_SECONDS = 5.0
ANSWER_GRACE = 5.0


class BenchError(Exception):
    """A subject or a program failed; the text is the reason that the report shows."""


def runner_argv(token: str) -> list[str]:
    """The command line of a runner. The token tells it from others in /proc."""
    return ["/usr/bin/python3", "-IS", str(RUNNER), token]


class Remote:
    """Calls to a runner that is reached through the pipes of a process."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdin is not None and process.stdout is not None
        self.process = process
        self.input = process.stdin
        self.output = process.stdout
        self.buffer = b""

    def start(self, name: str, argv: list[str], ready: str = "",
              ready_seconds: float = READY_SECONDS) -> str:
        """Starts a program, waits for its ready text if there is one, and returns that output."""
        arguments = {"name": name, "argv": argv, "ready": ready, "timeout": ready_seconds}
        return self._call("start", arguments, ready_seconds)

    def expect(self, name: str, text: str, count: int, timeout: float) -> None:
        """Waits until a program has printed the text so many times since it was started."""
        self._call("expect", {"name": name, "text": text, "count": count, "timeout": timeout},
                   timeout)

    def finish(self, name: str, timeout: float) -> str:
        """Closes the program's input, waits for its end and returns the rest of its output."""
        return self._call("finish", {"name": name, "timeout": timeout}, timeout)

    def stop(self, name: str) -> None:
        """Kills the program if it still runs."""
        self._call("stop", {"name": name}, READY_SECONDS)

    def run(self, name: str, argv: list[str], timeout: float) -> str:
        """Starts a program and waits for its end; returns its output."""
        self.start(name, argv)
        return self.finish(name, timeout)

    def close(self) -> None:
        """Ends the runner, and with it all that it has started."""
        try:
            self.input.close()
        except BrokenPipeError:
            pass  # it has ended already

    def _call(self, call: str, arguments: dict[str, Any], timeout: float) -> str:
        line = json.dumps({"call": call, "arguments": arguments}) + "\n"
        try:
            self.input.write(line.encode())
            self.input.flush()
        except BrokenPipeError as error:
            raise BenchError("the command inside has ended") from error
        answer = json.loads(self._read_line(timeout + ANSWER_GRACE))
        if "error" in answer:
            raise BenchError(answer["error"])
        return str(answer["result"])

    def _read_line(self, timeout: float) -> bytes:
        deadline = time.monotonic() + timeout
        while b"\n" not in self.buffer:
            left = max(0.0, deadline - time.monotonic())
            if not select.select([self.output], [], [], left)[0]:
                raise BenchError(f"the command inside is silent for {timeout:g} s")
            data = os.read(self.output.fileno(), 65536)
            if not data:
                raise BenchError("the command inside has ended")
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line
