# SPDX-License-Identifier: GPL-2.0-or-later
"""sweep - does a transfer of any size, at any MTU, in any direction ever pause

For each MTU and both TAP subjects: outgoing and published, up and down, one connection for each
size. A stall shows as a long pause between two reads of the receiver, or as a damaged stream.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from measure import Bench, ends_of, free_port, run_netbench
from remote import BenchError
from report import align
from subjects import Subject, open_session, tap_subjects

MTUS = [1500, 4000, 16384, 32768, 65520]
SIZES = [1, 10, 100, 1000, 1400, 10**4, 65536, 10**5, 10**6, 10**7, 10**8]
TRANSFER_SECONDS = 30
SWEEP_SECONDS = 90


@dataclass(frozen=True)
class Row:
    """One subject and direction: the longest pause by size in ms, the speed of the largest."""

    subject: str
    way: str
    pauses: dict[int, float]
    gbps: float | None
    trouble: str


def _row(subject: Subject, way: str, transfers: list[dict[str, Any]]) -> Row:
    whole = [transfer for transfer in transfers if transfer.get("intact")]
    trouble = "; ".join(f"{transfer['bytes']} B: {transfer.get('error', 'damaged')}"
                        for transfer in transfers if not transfer.get("intact"))
    gbps = next((transfer["bytes"] * 8 / transfer["seconds"] / 1e9 for transfer in whole
                 if transfer["bytes"] == SIZES[-1]), None)
    return Row(subject.name, way, {transfer["bytes"]: transfer["pause_ms"] for transfer in whole},
               gbps, trouble)


def _sweep_one(bench: Bench, subject: Subject, outgoing: bool, down: bool) -> Row:
    way = f"{'out' if outgoing else 'published'} {'down' if down else 'up'}"
    arguments = ["sweep", "-t", str(TRANSFER_SECONDS), "-s", ",".join(map(str, SIZES))]
    arguments += ["-R"] if down else []
    try:
        with open_session(bench.setting, bench.host, subject, free_port(),
                          publish=not outgoing) as session:
            result = run_netbench(bench, ends_of(session, outgoing), arguments, SWEEP_SECONDS)
    except BenchError as error:
        return Row(subject.name, way, {}, None, f"n/a: {error}")
    transfers = result["transfers"]
    assert isinstance(transfers, list)
    return _row(subject, way, transfers)


def sweep(bench: Bench, wanted: Callable[[str], bool],
          progress: Callable[[str], None]) -> list[Row]:
    """Sweeps the subjects whose names are wanted."""
    rows = []
    for mtu in MTUS:
        for subject in filter(lambda subject: wanted(subject.name), tap_subjects(mtu)):
            for outgoing in (True, False):
                for down in (False, True):
                    progress(f"sweep {subject.name}")
                    rows.append(_sweep_one(bench, subject, outgoing, down))
    return rows


def _size_label(size: int) -> str:
    for factor, unit in ((10**6, "MB"), (10**3, "kB")):
        if size >= factor and size % factor == 0:
            return f"{size // factor} {unit}"
    return f"{size} B"


def sweep_table(rows: list[Row]) -> str:
    head = ["longest pause, ms", "", *map(_size_label, SIZES), "Gbit/s", ""]
    cells = [[row.subject, row.way,
              *[f"{row.pauses[size]:.1f}" if size in row.pauses else "-" for size in SIZES],
              "-" if row.gbps is None else f"{row.gbps:.2f}", row.trouble] for row in rows]
    return "\n".join(align([head, *cells]))


def sweep_document(rows: list[Row]) -> list[dict[str, Any]]:
    return [asdict(row) for row in rows]
