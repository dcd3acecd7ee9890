#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""screen - runs a command on a terminal of which one sees the screen, and talks to it

screen.py [--size ROWS COLUMNS] [--ascii] [--svg FILE] CMD... with steps on standard input, one a line:
  expect REGEX   waits until the screen, lines ended by newlines, matches
  lacks REGEX    waits until it does not
  send TEXT      types the text (with Python's escapes: \\r, \\x03 is Ctrl-C, \\x1b[B is Down)
  resize R C     gives the terminal another size
  quiet BYTES    fails if more than that is written to the terminal within a second
  clean          fails if a character on the screen is a control character
  picture        writes what is to be seen to the file of --svg
  signal NAME    sends it to what the terminal belongs to
  hangup         takes the terminal away
  end            waits for the command's end
Prints the screen of the end and the exit status. Fails after 10 seconds without what is expected.
The size is 24 80.
"""
import argparse
import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
import unicodedata

import pyte

from screen_svg import svg

PATIENCE = float(os.environ.get("NETNS_TEST_PATIENCE", "10"))


class Session:
    def __init__(self, arguments):
        rows, columns = arguments.size
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.ended = False
        self.written = 0
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            self.set_size(0, rows, columns)
            os.environ["TERM"] = "linux"  # xterm knows more than pyte does
            os.environ["LC_ALL"] = "C" if arguments.ascii else "C.UTF-8"
            os.execvp(arguments.command[0], arguments.command)

    @staticmethod
    def set_size(fd, rows, columns):
        fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def text(self):
        return "".join(line.rstrip() + "\n" for line in self.screen.display)

    def read(self, deadline):
        """False when the time is over, or the command."""
        if not select.select([self.fd], [], [], max(0, deadline - time.monotonic()))[0]:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b""
        self.ended = not data
        self.written += len(data)
        self.stream.feed(data)
        return not self.ended

    def wait_for(self, pattern, wanted):
        deadline = time.monotonic() + PATIENCE
        while bool(re.search(pattern, self.text(), re.MULTILINE)) != wanted:
            if not self.read(deadline):
                sys.exit(f"{'no' if wanted else 'still'} '{pattern}' on the screen:\n{self.text()}")

    def resize(self, rows, columns):
        self.screen.resize(rows, columns)
        self.set_size(self.fd, rows, columns)

    def foreground(self):
        """The process that was started last, of which a shell may be waiting."""
        children = subprocess.run(["pgrep", "-P", str(self.pid)], stdout=subprocess.PIPE, check=False)
        return int((children.stdout.split() or [self.pid])[-1])

    def quiet(self, limit):
        self.written = 0
        deadline = time.monotonic() + 1
        while self.read(deadline):
            pass
        if self.written > limit:
            sys.exit(f"{self.written} bytes in a second, not {limit}")

    def clean(self):
        for character in "".join(self.screen.display):
            if unicodedata.category(character) in ("Cc", "Cf"):
                sys.exit(f"U+{ord(character):04x} on the screen")

    def end(self):
        deadline = time.monotonic() + PATIENCE
        while self.read(deadline):
            pass
        if not self.ended:
            sys.exit(f"it does not end:\n{self.text()}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, nargs=2, default=(24, 80))
    parser.add_argument("--ascii", action="store_true")
    parser.add_argument("--svg")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    session = Session(arguments)
    for step in sys.stdin:
        verb, _, rest = step.rstrip("\n").partition(" ")
        if verb in ("expect", "lacks"):
            session.wait_for(rest, verb == "expect")
        elif verb == "send":
            os.write(session.fd, codecs.decode(rest, "unicode_escape").encode())
        elif verb == "resize":
            session.resize(*map(int, rest.split()))
        elif verb == "quiet":
            session.quiet(int(rest))
        elif verb == "clean":
            session.clean()
        elif verb == "picture":
            with open(arguments.svg, "w", encoding="utf-8") as file:
                file.write(svg(session.screen))
        elif verb == "signal":
            os.kill(session.foreground(), getattr(signal, "SIG" + rest))
        elif verb == "hangup":
            os.close(session.fd)
        elif verb == "end":
            session.end()
        else:
            sys.exit(f"unknown step '{verb}'")
    status = os.waitstatus_to_exitcode(os.waitpid(session.pid, 0)[1])
    print(session.text(), end="")
    print(status)


main()
