#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
tally - sums test results over suites: tally.py DIRECTORY

How it works: a suite NAME leaves its exit status in NAME.status and its results in NAME.tap or in
NAME.json, a log of meson test (one object a line, with the TAP that the program printed in it). A
suite that announced more tests than it reported, gave no plan, or ended with an error although no
test failed, has crashed: what is missing counts as failed. Only results at the top level count;
indented ones belong to a subtest. The last line that is printed is "N passed, N failed, N skipped";
the exit status is 1 if anything failed.
"""

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

RESULT = re.compile(r"(not )?ok\b(.*)")
PLAN = re.compile(r"1\.\.(\d+)\s*(# *skip)?", re.IGNORECASE)
DIRECTIVE = re.compile(r"#\s*(skip|todo)", re.IGNORECASE)


@dataclass
class Tally:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, other: "Tally") -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def count_result(tally: Tally, is_bad: bool, rest: str) -> None:
    directive = DIRECTIVE.search(rest)
    if directive and (directive[1].lower() == "skip" or is_bad):
        tally.skipped += 1
    elif is_bad:
        tally.failed += 1
    else:
        tally.passed += 1


def count_tap(text: str) -> Tally:
    tally = Tally()
    planned = None
    reported = 0
    for line in text.splitlines():
        if match := RESULT.match(line):
            count_result(tally, bool(match[1]), match[2])
            reported += 1
        elif match := PLAN.match(line):
            planned = int(match[1])
            tally.skipped += planned == 0
    tally.failed += 1 if planned is None else max(planned - reported, 0)
    return tally


def count_meson_test(line: str) -> tuple[str, Tally]:
    test = json.loads(line)
    output = test.get("stdout", "")
    has_failed = test["result"] not in ("OK", "SKIP", "EXPECTEDFAIL")
    # meson lets no TAP without a plan pass: this test speaks by its exit status alone.
    if not has_failed and not re.search(r"^1\.\.\d", output, re.MULTILINE):
        return test["name"], Tally(passed=1)
    tally = count_tap(output)
    if has_failed and tally.failed == 0:
        tally.failed = 1
    return test["name"], tally


def count_suite(base: Path) -> Tally:
    total = Tally()
    tap, log = base.with_suffix(".tap"), base.with_suffix(".json")
    if tap.exists():
        total.add(count_tap(tap.read_text(errors="replace")))
    elif log.exists():
        for line in log.read_text(errors="replace").splitlines():
            name, tally = count_meson_test(line)
            if tally.failed:
                print(f"FAILED {base.name}: {name}: {tally}")
            total.add(tally)
    return total


def main() -> int:
    total = Tally()
    for path in sorted(Path(sys.argv[1]).glob("*.status")):
        tally = count_suite(path.with_suffix(""))
        status = path.read_text().strip()
        if status != "0" and tally.failed == 0:
            print(f"CRASHED {path.stem}: exit status {status}")
            tally.failed = 1
        print(f"{path.stem}: {tally}")
        total.add(tally)
    print(total)
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
