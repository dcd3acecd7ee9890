#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""pty_session - runs a command on a terminal and talks to it

pty_session.py CMD... with steps on standard input, one a line:
  expect REGEX   waits until the output matches, and forgets it up to there
  send TEXT      types the text (with Python's escapes: \\r, \\x03 is Ctrl-C)
  resize R C     gives the terminal another size
  end            waits for the command's end
Prints the exit status. Fails after 10 seconds without what is expected. The size is 24 80.
"""
import codecs
import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time

PATIENCE = float(os.environ.get("NETNS_TEST_PATIENCE", "10"))


class Session:
    def __init__(self, command):
        self.seen = ""
        self.ended = False
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            self.set_size(0, 24, 80)
            os.execvp(command[0], command)

    @staticmethod
    def set_size(fd, rows, columns):
        fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, deadline):
        if not select.select([self.fd], [], [], max(0, deadline - time.monotonic()))[0]:
            sys.exit(f"too late; seen since the last match: {self.seen!r}")
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # EIO: nobody has the terminal any more
            data = b""
        self.ended = not data
        self.seen += data.decode(errors="replace")

    def expect(self, regex):
        deadline = time.monotonic() + PATIENCE
        while not (match := re.search(regex, self.seen)):
            if self.ended:
                sys.exit(f"ended without {regex!r}; seen: {self.seen!r}")
            self.read(deadline)
        self.seen = self.seen[match.end():]

    def send(self, text):
        os.write(self.fd, codecs.decode(text, "unicode_escape").encode())

    def resize(self, size):
        self.set_size(self.fd, *map(int, size.split()))

    def end(self, _):
        deadline = time.monotonic() + PATIENCE
        while not self.ended:
            self.read(deadline)

    def status(self):
        os.close(self.fd)  # hangs up on what is still there
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


session = Session(sys.argv[1:])
for line in sys.stdin:
    verb, _, rest = line.strip().partition(" ")
    getattr(session, verb)(rest)
print(session.status())
