# SPDX-License-Identifier: GPL-2.0-or-later
"""processes - who runs, what it costs: /proc, and nothing else, is read here (proc(5))"""

import ctypes
import os
import select
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36  # prctl(2)
TICKS = os.sysconf("SC_CLK_TCK")


def adopt_orphans() -> None:
    """Makes daemons that our children leave behind our children, so that none gets lost."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "PR_SET_CHILD_SUBREAPER")


def _stat_fields(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from `state` on; empty when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _command_line(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
    except (FileNotFoundError, ProcessLookupError):
        return []


def descendants(root: int) -> set[int]:
    """All living processes below root, which is not among them."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        fields = _stat_fields(int(entry)) if entry.isdigit() else []
        if fields and fields[0] != "Z":
            children.setdefault(int(fields[1]), []).append(int(entry))
    found: set[int] = set()
    pending = [root]
    while pending:
        below = children.get(pending.pop(), [])
        found.update(below)
        pending.extend(below)
    return found


def find_command(argv: list[str], among: Iterable[int]) -> int | None:
    """The process whose command line is argv, and not one that has it among its arguments."""
    return next((pid for pid in among if _command_line(pid) == argv), None)


def wait_gone(pids: Iterable[int], seconds: float) -> None:
    """Waits until the processes have ended, and reaps those that are our children."""
    for pid in pids:
        try:
            pidfd = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        select.select([pidfd], [], [], seconds)
        os.close(pidfd)
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            pass  # another one's child


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time of the processes, all threads."""
    stats = [_stat_fields(pid) for pid in pids]
    return sum(int(fields[11]) + int(fields[12]) for fields in stats if fields) / TICKS


def system_cpu_seconds() -> float:
    """Time that all CPUs of the machine were busy, interrupts and kernel threads included."""
    with open("/proc/stat", encoding="ascii") as stat:
        user, nice, system, _idle, _iowait, irq, softirq = map(int, stat.readline().split()[1:8])
    return (user + nice + system + irq + softirq) / TICKS


def udp_sockets() -> int:
    """UDP sockets of our user in our network namespace (proc_net_udp: the 8th column is the UID)."""
    count, uid = 0, str(os.geteuid())
    for table in ("/proc/self/net/udp", "/proc/self/net/udp6"):
        with suppress(FileNotFoundError), open(table, encoding="ascii") as lines:
            next(lines)
            count += sum(line.split()[7] == uid for line in lines)
    return count


@dataclass(frozen=True)
class Memory:
    """Bytes. pss is None where a process does not let us look (it is not dumpable)."""

    rss: int
    pss: int | None


def _kilobytes(path: str, key: str) -> int:
    for line in Path(path).read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) * 1024
    return 0


def memory(pids: Iterable[int]) -> Memory:
    rss = 0
    pss: int | None = 0
    for pid in pids:
        try:
            rss += _kilobytes(f"/proc/{pid}/status", "VmRSS")
        except (FileNotFoundError, ProcessLookupError):
            continue
        try:
            share = _kilobytes(f"/proc/{pid}/smaps_rollup", "Pss")
            pss = None if pss is None else pss + share
        except OSError:
            pss = None
    return Memory(rss, pss)
