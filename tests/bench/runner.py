# SPDX-License-Identifier: GPL-2.0-or-later
"""runner - starts programs where it runs, on behalf of the benchmark

How it works: the benchmark starts one runner on the host and one as the command of each subject.
A call is one line of JSON on standard input, its answer one line on standard output:
{"call": "start", "arguments": {...}} gets {"result": ...} or {"error": "reason"}. When standard
input ends, the runner ends its programs and itself. It stands alone (no import from here),
because it runs inside the subjects.
"""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

TAIL = 400  # characters of an error output that make a reason


class RunnerError(Exception):
    """A program did not do what it was asked to."""


class Programs:
    """The running programs, by the name that the caller gave them."""

    def __init__(self) -> None:
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, argv: list[str], ready: str, timeout: float) -> str:
        """Starts a program. With a ready text: waits for the output that holds it, returns it."""
        try:
            self.running[name] = subprocess.Popen(
                argv, bufsize=0, stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        except OSError as error:
            raise RunnerError(f"{argv[0]}: {error.strerror}") from error
        return self.expect(name, ready, 1, timeout) if ready else ""

    def expect(self, name: str, text: str, count: int, timeout: float) -> str:
        """Waits for so many occurrences of text in further output. Returns that output."""
        stdout = self.running[name].stdout
        assert stdout is not None
        deadline = time.monotonic() + timeout
        output = ""
        while output.count(text) < count or not output.endswith("\n"):
            left = max(0.0, deadline - time.monotonic())
            if not select.select([stdout], [], [], left)[0]:
                self.stop(name)
                raise RunnerError(f"{name}: no '{text}' ({count}) within {timeout:g} s")
            data = os.read(stdout.fileno(), 65536)
            if not data:
                raise RunnerError(f"{name}: {self._reason(self._end(name, timeout))}")
            output += data.decode(errors="replace")
        return output

    def finish(self, name: str, timeout: float) -> str:
        """Closes the program's input and waits for its end. Returns what it has printed since."""
        outcome = self._end(name, timeout)
        if outcome[0] != 0:
            raise RunnerError(f"{name}: {self._reason(outcome)}")
        return outcome[1]

    def _end(self, name: str, timeout: float) -> tuple[int, str, str]:
        program = self.running.pop(name)
        try:
            output, errors = program.communicate(timeout=timeout)
        except subprocess.TimeoutExpired as error:
            program.kill()
            program.communicate()
            raise RunnerError(f"{name}: still running after {timeout:g} s") from error
        return program.returncode, output.decode(), errors.decode(errors="replace")

    @staticmethod
    def _reason(outcome: tuple[int, str, str]) -> str:
        status, output, errors = outcome
        try:
            text = json.loads(output)["error"]  # iperf3 --json
        except (ValueError, KeyError, TypeError):
            text = errors.strip() or output.strip()
        return f"{text[-TAIL:]} (status {status})"

    def stop(self, name: str) -> str:
        """Kills the program if it still runs."""
        program = self.running.pop(name, None)
        if program:
            program.kill()
            program.communicate()
        return ""

    def stop_all(self) -> None:
        for name in list(self.running):
            self.stop(name)


def answer(programs: Programs, line: str) -> dict[str, Any]:
    request = json.loads(line)
    calls: dict[str, Callable[..., str]] = {
        "start": programs.start, "expect": programs.expect,
        "finish": programs.finish, "stop": programs.stop}
    try:
        return {"result": calls[request["call"]](**request["arguments"])}
    except RunnerError as error:
        return {"error": str(error)}


def main() -> None:
    programs = Programs()
    # The terminal sends ^C to all of us: the benchmark decides when it is over.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        for line in sys.stdin:
            print(json.dumps(answer(programs, line)), flush=True)
    finally:
        programs.stop_all()


if __name__ == "__main__":
    main()
